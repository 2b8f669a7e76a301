/** Scalar functions that Math lacks, in double, stable over the whole range; NaN gives NaN (but for sign), infinities give limits. */

const horner = (x: number, c: readonly number[]): number => {
  let sum = 0;
  for (let i = c.length - 1; i >= 0; i--) sum = sum * x + (c[i] ?? 0);
  return sum;
};

// Minimax coefficients of the error function, from the published tables of fdlibm's s_erf.c (Sun Microsystems, 1993).
const PP = [1.28379167095512558561e-1, -3.25042107247001499370e-1, -2.84817495755985104766e-2, -5.77027029648944159157e-3,
  -2.37630166566501626084e-5];
const QQ = [1, 3.97917223959155352819e-1, 6.50222499887672944485e-2, 5.08130628187576562776e-3, 1.32494738004321644526e-4,
  -3.96022827877536812320e-6];
const ERX = 8.45062911510467529297e-1;
const PA = [-2.36211856075265944077e-3, 4.14856118683748331666e-1, -3.72207876035701323847e-1, 3.18346619901161753674e-1,
  -1.10894694282396677476e-1, 3.54783043256182359371e-2, -2.16637559486879084300e-3];
const QA = [1, 1.06420880400844228286e-1, 5.40397917702171048937e-1, 7.18286544141962662868e-2, 1.26171219808761642112e-1,
  1.36370839120290507362e-2, 1.19844998467991074170e-2];
const RA = [-9.86494403484714822705e-3, -6.93858572707181764372e-1, -1.05586262253232909814e1, -6.23753324503260060396e1,
  -1.62396669462573470355e2, -1.84605092906711035994e2, -8.12874355063065934246e1, -9.81432934416914548592];
const SA = [1, 1.96512716674392571292e1, 1.37657754143519042600e2, 4.34565877475229228821e2, 6.45387271733267880336e2,
  4.29008140027567833386e2, 1.08635005541779435134e2, 6.57024977031928170135, -6.04244152148580987438e-2];
const RB = [-9.86494292470009928597e-3, -7.99283237680523006574e-1, -1.77579549177547519889e1, -1.60636384855821916062e2,
  -6.37566443368389627722e2, -1.02509513161107724954e3, -4.83519191608651397019e2];
const SB = [1, 3.03380607434824582924e1, 3.25792512996573918826e2, 1.53672958608443695994e3, 3.19985821950859553908e3,
  2.55305040643316442583e3, 4.74528541206955367215e2, -2.24409524465858183362e1];

/** The error function 2/√π ∫₀ˣ exp(−s²) ds, to 1 ulp or so. */
export const erf = (x: number): number => {
  const a = Math.abs(x);
  if (a < 0.84375) return x + x * (horner(x * x, PP) / horner(x * x, QQ));
  if (a < 1.25) return Math.sign(x) * (ERX + horner(a - 1, PA) / horner(a - 1, QA));
  if (a >= 6) return Math.sign(x);
  const s = 1 / (a * a);
  const ratio = a < 1 / 0.35 ? horner(s, RA) / horner(s, SA) : horner(s, RB) / horner(s, SB);
  const z = Math.fround(a); // z² is exact
  return Math.sign(x) * (1 - (Math.exp(-z * z - 0.5625) * Math.exp((z - a) * (z + a) + ratio)) / a);
};

/** 1 / (1 + e^−x). */
export const sigmoid = (x: number): number => {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
};

/** ln(1 + e^x). */
export const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** ln sigmoid(x). */
export const logSigmoid = (x: number): number => Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x)));

/** x · sigmoid(x). */
export const silu = (x: number): number => x * sigmoid(x);

/** x · Φ(x), exact (PyTorch's default). */
export const gelu = (x: number): number => 0.5 * x * (1 + erf(x * Math.SQRT1_2));

/** The derivative of gelu: Φ(x) + x φ(x). */
export const geluSlope = (x: number): number =>
  0.5 * (1 + erf(x * Math.SQRT1_2)) + x * Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);

/** x, or α (e^x − 1) below 0. */
export const elu = (x: number, alpha = 1): number => (x < 0 ? alpha * Math.expm1(x) : x);

/** −1, 0 or 1; 0 for NaN, as PyTorch's. */
export const sign = (x: number): number => (x > 0 ? 1 : x < 0 ? -1 : 0);

/** C's pow: 1^y = 1 for every y, and (−1)^±∞ = 1, where Math.pow gives NaN. */
export const power = (x: number, y: number): number => {
  if (y === 2) return x * x; // by far the commonest
  if (x === 1 || (x === -1 && Math.abs(y) === Infinity)) return 1;
  return x ** y;
};
