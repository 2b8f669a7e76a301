// Prints the speed of matrix products and of elementwise maps on one core: `node packages/ir/bench/matmul.mjs`.
import { performance } from "node:perf_hooks";
import { rolldown } from "rolldown";

const source = new URL("../src/kernels/index.ts", import.meta.url).pathname;
const bundle = await rolldown({ input: source, platform: "node", logLevel: "silent" });
const { output } = await bundle.generate({ format: "esm" });
const { elementwise, matmul } = await import(`data:text/javascript,${encodeURIComponent(output[0].code)}`);

/** Milliseconds per call, warm. */
const time = (run) => {
  for (let i = 0; i < 20; i++) run();
  const start = performance.now();
  let calls = 0;
  for (; performance.now() - start < 300; calls++) run();
  return (performance.now() - start) / calls;
};
const random = (Type, length) => Type.from({ length }, () => Math.random() - 0.5);

const sizes = [[128, 128, 128], [256, 256, 256], [512, 512, 512], [64, 64, 128], [64, 128, 10], [4096, 72, 32]];
for (const [precision, Type] of [["f32", Float32Array], ["f64", Float64Array]]) {
  console.log(`\n${precision}   C[m×n] = A[m×k]·B[k×n]   GFLOP/s: A·B, A·Bᵀ, Aᵀ·B`);
  for (const [m, k, n] of sizes) {
    const a = random(Type, m * k), b = random(Type, k * n), c = new Type(m * n);
    const speeds = [matmul.nn, matmul.nt, matmul.tn].map((f) => (2e-6 * m * n * k / time(() => f(a, b, c, m, k, n))).toFixed(2));
    console.log(`${String(m).padStart(6)} ${String(k).padStart(5)} ${String(n).padStart(5)}   ${speeds.join("  ")}`);
  }
  const x = { shape: [128], rows: 64, batched: true, data: random(Type, 64 * 128) }, w = { ...x, rows: 1, batched: false, data: random(Type, 128) };
  const maps = {
    add: () => elementwise.add(x, x, precision), "add static": () => elementwise.add(x, w, precision),
    multiply: () => elementwise.multiply(x, x, precision), relu: () => elementwise.relu(x, precision), tanh: () => elementwise.tanh(x, precision),
  };
  console.log("64×128 elements   M/s");
  for (const [name, run] of Object.entries(maps)) console.log(`${name.padStart(18)}   ${(8192e-3 / time(run)).toFixed(0)}`);
}
