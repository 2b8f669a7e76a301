// Values and gradients of an RNN over long sequences: `node --expose-gc packages/interpreter/bench/recurrence.mjs [T …]` prints a table.
import { performance } from "node:perf_hooks";
import { pathToFileURL } from "node:url";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { rolldown } from "rolldown";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "sequent-bench-"));
const bundle = await rolldown({
  input: new URL("../../compiler/src/index.ts", import.meta.url).pathname, platform: "node", logLevel: "silent",
  resolve: { conditionNames: ["@sequent/source", "import", "default"] },
});
await bundle.write({ dir: folder, format: "esm", entryFileNames: "compiler.mjs" });
const { compile, evaluate } = await import(pathToFileURL(path.join(folder, "compiler.mjs")).href);
process.on("exit", () => fs.rmSync(folder, { recursive: true, force: true }));

const WIDTH = 16;
const source = `x_t : [${WIDTH}] ; y_t : [1]\nC : dense[${WIDTH}]\n0 -> h_0\nh_{t-1}|x_t --[C|tanh]-> h_t\nh_t --[M]-> p_t => y_t\n`;
const nowhere = { file: "", from: 0, to: 0 };
const random = (length) => Float64Array.from({ length }, (_, k) => Math.sin(12.9898 * k) * 0.5);

console.log(`RNN of width ${WIDTH}, batch 1, f32, values and gradients of all weights`);
console.log("       T   seconds   µs/step   peak MB (resident)");
const lengths = process.argv.slice(2).map(Number).filter((n) => n > 0);
for (const T of lengths.length > 0 ? lengths : [1000, 10_000, 100_000]) {
  const arrays = new Map([
    ["x", { name: "x", dtype: "float", shape: [1, T, WIDTH], data: random(T * WIDTH) }],
    ["y", { name: "y", dtype: "float", shape: [1, T, 1], data: random(T) }],
  ]);
  const compiled = compile(source, "rnn.seq", { arrays });
  if (compiled._tag === "Left") throw new Error(JSON.stringify(compiled.left));
  const request = {
    inputs: arrays, params: new Map(), precision: "f32", steps: 0, mode: "train", at: { inputs: nowhere, params: nowhere, shown: () => nowhere },
    show: ["loss", "^C.weight", "^C.bias", "^M.weight", "^M.bias"],
  };
  const start = performance.now();
  const result = evaluate(compiled.right, request);
  const seconds = (performance.now() - start) / 1000;
  if (result._tag === "Left") throw new Error(JSON.stringify(result.left));
  const peak = process.resourceUsage().maxRSS / 1024;
  console.log(`${String(T).padStart(8)} ${seconds.toFixed(2).padStart(9)} ${((seconds / T) * 1e6).toFixed(1).padStart(9)} ${peak.toFixed(0).padStart(9)}`);
}
