/**
 * Matrix products C (+)= A·B on one core. Panels of four rows of A and four columns of B are packed as doubles, so that one micro-kernel
 * serves every layout and both precisions. Every element of C is summed in double, in the order of k, and rounded once: the result of a
 * row doesn't depend on how many rows there are.
 */
export type Floats = Float32Array | Float64Array;

/** Where the elements of a matrix are: element (i, j) at `start + i·row + j·column`. */
export interface Layout {
  readonly start: number;
  readonly row: number;
  readonly column: number;
}

/** Rows of A that are packed together: the panels of a block stay in the cache. */
const BLOCK = 64;
let packedA = new Float64Array(0);
let packedB = new Float64Array(0);
const tile = new Float64Array(16);

/** Packs rows `from..from+count-1` of a matrix in panels of four, [panel][k][4]; missing rows of the last panel are zero. */
const pack = (to: Float64Array, x: Floats, start: number, stride: number, kStride: number, count: number, k: number): void => {
  for (let i = 0, base = 0; i < count; i += 4, base += 4 * k) {
    const lanes = Math.min(4, count - i);
    if (lanes < 4) to.fill(0, base, base + 4 * k);
    for (let lane = 0; lane < lanes; lane++) {
      let at = start + (i + lane) * stride;
      const end = base + 4 * k;
      for (let p = base + lane; p < end; p += 4, at += kStride) to[p] = x[at] ?? 0;
    }
  }
};

/** tile[4×4] = the product of a panel of A and a panel of B. */
const micro = (a: Float64Array, aFrom: number, b: Float64Array, bFrom: number, k: number): void => {
  let c00 = 0, c01 = 0, c02 = 0, c03 = 0;
  let c10 = 0, c11 = 0, c12 = 0, c13 = 0;
  let c20 = 0, c21 = 0, c22 = 0, c23 = 0;
  let c30 = 0, c31 = 0, c32 = 0, c33 = 0;
  const end = aFrom + 4 * k;
  for (let p = aFrom, q = bFrom; p < end; p += 4, q += 4) {
    const b0 = b[q] ?? 0, b1 = b[q + 1] ?? 0, b2 = b[q + 2] ?? 0, b3 = b[q + 3] ?? 0;
    const a0 = a[p] ?? 0;
    c00 += a0 * b0; c01 += a0 * b1; c02 += a0 * b2; c03 += a0 * b3;
    const a1 = a[p + 1] ?? 0;
    c10 += a1 * b0; c11 += a1 * b1; c12 += a1 * b2; c13 += a1 * b3;
    const a2 = a[p + 2] ?? 0;
    c20 += a2 * b0; c21 += a2 * b1; c22 += a2 * b2; c23 += a2 * b3;
    const a3 = a[p + 3] ?? 0;
    c30 += a3 * b0; c31 += a3 * b1; c32 += a3 * b2; c33 += a3 * b3;
  }
  tile[0] = c00; tile[1] = c01; tile[2] = c02; tile[3] = c03;
  tile[4] = c10; tile[5] = c11; tile[6] = c12; tile[7] = c13;
  tile[8] = c20; tile[9] = c21; tile[10] = c22; tile[11] = c23;
  tile[12] = c30; tile[13] = c31; tile[14] = c32; tile[15] = c33;
};

const store = (c: Floats, start: number, row: number, column: number, m: number, n: number, add: boolean): void => {
  for (let i = 0; i < m; i++) {
    for (let j = 0, at = start + i * row; j < n; j++, at += column) {
      const value = tile[4 * i + j] ?? 0;
      c[at] = add ? (c[at] ?? 0) + value : value;
    }
  }
};

/** Of few rows a panel is mostly empty, and packing costs more than it saves: four elements of a row at a time, summed in the same order. */
const FEW = 3;
const gemmOfFewRows = (
  m: number, n: number, k: number, a: Floats, la: Layout, b: Floats, lb: Layout, c: Floats, lc: Layout, add: boolean,
): void => {
  if (packedA.length < k) packedA = new Float64Array(k);
  const row = packedA;
  for (let i = 0; i < m; i++) {
    for (let p = 0, at = la.start + i * la.row; p < k; p++, at += la.column) row[p] = a[at] ?? 0;
    for (let j = 0; j < n; j += 4) {
      const lanes = Math.min(4, n - j);
      let p0 = lb.start + j * lb.column, p1 = p0 + (lanes > 1 ? lb.column : 0), p2 = p0 + (lanes > 2 ? 2 * lb.column : 0), p3 = p0 + (lanes > 3 ? 3 * lb.column : 0);
      let c0 = 0, c1 = 0, c2 = 0, c3 = 0;
      for (let p = 0; p < k; p++, p0 += lb.row, p1 += lb.row, p2 += lb.row, p3 += lb.row) {
        const x = row[p] ?? 0;
        c0 += x * (b[p0] ?? 0); c1 += x * (b[p1] ?? 0); c2 += x * (b[p2] ?? 0); c3 += x * (b[p3] ?? 0);
      }
      tile[0] = c0; tile[1] = c1; tile[2] = c2; tile[3] = c3;
      store(c, lc.start + i * lc.row + j * lc.column, lc.row, lc.column, 1, lanes, add);
    }
  }
};

/** C[m×n] = A[m×k]·B[k×n], or C += A·B if `add`, for any layouts; C may not overlap A or B. */
export const gemm = (
  m: number, n: number, k: number, a: Floats, la: Layout, b: Floats, lb: Layout, c: Floats, lc: Layout, add: boolean,
): void => {
  if (m <= FEW) { gemmOfFewRows(m, n, k, a, la, b, lb, c, lc, add); return; }
  const sizeA = Math.min(BLOCK, m + 3) * k, sizeB = (n + 3) * k;
  if (packedA.length < sizeA) packedA = new Float64Array(sizeA);
  if (packedB.length < sizeB) packedB = new Float64Array(sizeB);
  pack(packedB, b, lb.start, lb.column, lb.row, n, k);
  for (let from = 0; from < m; from += BLOCK) {
    const rows = Math.min(BLOCK, m - from);
    pack(packedA, a, la.start + from * la.row, la.row, la.column, rows, k);
    for (let j = 0; j < n; j += 4) {
      for (let i = 0; i < rows; i += 4) {
        micro(packedA, i * k, packedB, j * k, k);
        store(c, lc.start + (from + i) * lc.row + j * lc.column, lc.row, lc.column, Math.min(4, rows - i), Math.min(4, n - j), add);
      }
    }
  }
};

const dense = (columns: number, start = 0): Layout => ({ start, row: columns, column: 1 });
const transposed = (columns: number, start = 0): Layout => ({ start, row: 1, column: columns });

/** C[m×n] (+)= A[m×k]·B[k×n], all row by row. */
export const nn = (a: Floats, b: Floats, c: Floats, m: number, k: number, n: number, add = false): void => {
  gemm(m, n, k, a, dense(k), b, dense(n), c, dense(n), add);
};

/** C[m×n] (+)= A·Bᵀ for A[m×k] and B[n×k]: a dense layer with weights [out][in]. */
export const nt = (a: Floats, b: Floats, c: Floats, m: number, k: number, n: number, add = false): void => {
  gemm(m, n, k, a, dense(k), b, transposed(k), c, dense(n), add);
};

/** C[m×n] (+)= Aᵀ·B for A[k×m] and B[k×n]: the gradient of weights, summed over k rows. */
export const tn = (a: Floats, b: Floats, c: Floats, m: number, k: number, n: number, add = false): void => {
  gemm(m, n, k, a, transposed(m), b, dense(n), c, dense(n), add);
};
