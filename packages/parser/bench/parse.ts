// How fast programs are read. Bundle it (`npx rolldown bench/parse.ts`, export condition `@sequent/source`) and run the result with Node.
import { performance } from "node:perf_hooks";
import { format } from "../src/syntax/format.js";
import { parse } from "../src/syntax/parse.js";

const BLOCK = [
  "O_t --[Policy|softmax]-> pi_t --[sample]-> a_t  # act",
  "h_{t-1}|x_t --[C|tanh]-> c_t",
  "h_{t-1} * (1 - z_t) + z_t * l_t -> h_t",
  "V_{t+1} * gamma * (1 - d_{t+1}) + r_{t+1} - V_t -> TD_t",
  "X --[M_1|relu]-> h_1 --[M_2|softmax]-> p => one_hot(y)",
  "pi_t $ A_t * log(pi_t[a_t]) + 1e-3 * entropy(pi_t)",
  "0 -> h_0 ; h_1 := 0 ; 0.99 -> gamma",
  "K : conv[32, kernel=3, stride=1, pad=same]",
  "@data \"digits.npz\" test=0.2 seed=0",
  "",
];

const program = (lines: number): string => Array.from({ length: lines }, (_, i) => BLOCK[i % BLOCK.length] ?? "").join("\n");

const median = (run: () => unknown, times: number): number => {
  const all = Array.from({ length: times }, () => {
    const start = performance.now();
    run();
    return performance.now() - start;
  }).sort((a, b) => a - b);
  return all[times >> 1] ?? 0;
};

console.log("lines     parse ms  format ms   (median of ten, after ten to warm up)");
for (const lines of [1_000, 5_000, 50_000]) {
  const text = program(lines);
  median(() => parse(text), 10);
  const [p, f] = [median(() => parse(text), 10), median(() => format(text), 10)];
  console.log(`${String(lines).padEnd(8)}  ${p.toFixed(1).padStart(8)}  ${f.toFixed(1).padStart(9)}`);
}
