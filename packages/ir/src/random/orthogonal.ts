/**
 * Makes the columns of an n×m matrix (n ≥ m, column by column in `a`) orthonormal, as QR with a positive diagonal of R does, by classical
 * Gram–Schmidt done twice with sums in order of the index. In Python, for A of n×m in float64 (NumPy gives the same bits, PyTorch to 1e-14):
 *
 *     for j in range(m):
 *         v = A[:, j]
 *         for _ in range(2 if j else 0):
 *             c = (A[:, :j] * v[:, None]).cumsum(0)[-1]
 *             v = v - (A[:, :j] * c).cumsum(1)[:, -1]
 *         A[:, j] = v / (v * v).cumsum(0)[-1] ** 0.5
 */
export const orthonormalise = (a: Float64Array, n: number, m: number): void => {
  const c = new Float64Array(m), sums = new Float64Array(n);
  for (let j = 0; j < m; j++) {
    const v = a.subarray(j * n, (j + 1) * n);
    for (let pass = 0; pass < 2 && j > 0; pass++) {
      for (let i = 0; i < j; i++) c[i] = dot(a, i * n, v);
      sums.fill(0);
      for (let i = 0; i < j; i++) {
        const ci = c[i] ?? 0;
        for (let r = 0, at = i * n; r < n; r++, at++) sums[r] = (sums[r] ?? 0) + (a[at] ?? 0) * ci;
      }
      for (let r = 0; r < n; r++) v[r] = (v[r] ?? 0) - (sums[r] ?? 0);
    }
    const norm = Math.sqrt(dot(v, 0, v));
    for (let r = 0; r < n; r++) v[r] = (v[r] ?? 0) / norm;
  }
};

const dot = (a: Float64Array, from: number, v: Float64Array): number => {
  let sum = 0;
  for (let r = 0; r < v.length; r++) sum += (a[from + r] ?? 0) * (v[r] ?? 0);
  return sum;
};
