// How fast and how large: prints a table of medians. Not a test; the figures are this machine's.
//   node scripts/bench.mjs [parse|compile|examples|check|matmul|step …]     (all of them by default)
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { performance } from "node:perf_hooks";
import { build } from "rolldown";

const root = path.dirname(import.meta.dirname);
const wanted = process.argv.slice(2).filter((one) => !one.startsWith("--"));
const runs = (name) => wanted.length === 0 || wanted.includes(name);
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const times = (n, body) => Array.from({ length: n }, () => {
  const start = performance.now();
  body();
  return performance.now() - start;
});
const row = (what, value, unit, limit) => console.log(`${what.padEnd(56)} ${value.padStart(10)} ${unit.padEnd(10)} ${limit}`);

/** The compiler as one file, so that plain Node runs it. */
async function bundled() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "sequent-bench-"));
  const file = path.join(folder, "compiler.mjs");
  await build({
    input: path.join(root, "packages/compiler/src/index.ts"), platform: "node", logLevel: "warn",
    resolve: { conditionNames: ["@sequent/source", "node", "import", "default"], alias: { "fp-ts/lib": "fp-ts/es6", "io-ts/lib": "io-ts/es6" } },
    output: { format: "esm", codeSplitting: false, file },
  });
  return file;
}

const BLOCK = [
  "O_t --[Policy|softmax]-> pi_t --[sample]-> a_t  # act", "h_{t-1}|x_t --[C|tanh]-> c_t", "h_{t-1} * (1 - z_t) + z_t * l_t -> h_t",
  "V_{t+1} * gamma * (1 - d_{t+1}) + r_{t+1} - V_t -> TD_t", "X --[M_1|relu]-> h_1 --[M_2|softmax]-> p => one_hot(y)",
  "pi_t $ A_t * log(pi_t[a_t]) + 1e-3 * entropy(pi_t)", "0 -> h_0 ; h_1 := 0 ; 0.99 -> gamma", "K : conv[32, kernel=3, stride=1, pad=same]",
  "@data \"digits.npz\" test=0.2 seed=0", "",
];
const lines = (n) => Array.from({ length: n }, (_, i) => BLOCK[i % BLOCK.length]).join("\n");

/** n equations that depend on one another, with a layer now and then, and a training statement. */
const equations = (n) => {
  const text = ["x : [8]", "y : [8]", "x -> h_0"];
  for (let i = 1; i < n; i += 1) {
    const last = `h_${i - 1}`;
    if (i % 50 === 0) text.push(`${last} --[M_${i}|tanh]-> h_${i}`, `M_${i} : dense[8]`);
    else if (i % 3 === 0) text.push(`tanh(${last}) + x -> h_${i}`);
    else text.push(`${last} * 0.5 + ${i % 7}.0 -> h_${i}`);
  }
  return `${text.join("\n")}\nh_${n - 1} --[Out]-> p => y\n`;
};

const equationsOf = (compiler, n) => {
  const program = path.join(path.dirname(compiler), `e${n}.seq`);
  fs.writeFileSync(program, equations(n));
  return program;
};

/** One process a program, so that its peak is its own. */
const compileOnce = (compiler, program) => {
  const script = `
    import { compileFully, emitPytorch } from ${JSON.stringify(compiler)};
    import { readFileSync } from "node:fs";
    const text = readFileSync(${JSON.stringify(program)}, "utf8");
    const start = performance.now();
    const { result, notes } = compileFully(text, ${JSON.stringify(program)});
    if (result._tag === "Left") throw new Error(result.left[0].message);
    const emitted = emitPytorch(result.right, { name: "e", folder: "." });
    if (emitted._tag === "Left") throw new Error(emitted.left[0].message);
    console.log(JSON.stringify([performance.now() - start, process.resourceUsage().maxRSS / 1024]));`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  if (stdout === "") {
    console.log(stderr.trim().split("\n").slice(0, 12).join("\n"));
    return null;
  }
  return JSON.parse(stdout);
};

const compiler = await bundled();
const S = await import(compiler);
console.log(`${os.cpus()[0]?.model ?? "unknown"}, Node ${process.version}\n`);

if (runs("parse")) {
  const text = lines(5000);
  times(10, () => S.parse(text));
  row("parse 5,000 lines (median of ten, warm)", median(times(10, () => S.parse(text))).toFixed(1), "ms", "≤ 50");
}
if (runs("compile")) {
  const small = compileOnce(compiler, equationsOf(compiler, 10_000));
  const large = compileOnce(compiler, equationsOf(compiler, 100_000));
  if (small !== null) {
    row("10,000 equations, text to PyTorch", (small[0] / 1000).toFixed(2), "s", "≤ 2");
    row("  peak memory", small[1].toFixed(0), "MB", "≤ 500");
  }
  if (small !== null && large !== null) {
    row("100,000 equations, in times of 10,000", (large[0] / small[0]).toFixed(1), "×", "≤ 13");
    row("  peak memory, in times of it", (large[1] / small[1]).toFixed(1), "×", "≤ 13");
  }
}
if (runs("examples")) {
  // The first compilation of a process, which is what a user waits for; V8 has seen none of the code before.
  const folder = path.join(root, "examples");
  const programs = fs.readdirSync(folder).filter((name) => fs.existsSync(path.join(folder, name, "main.seq")));
  const cold = (name) => median([1, 2, 3].map(() => compileOnce(compiler, path.join(folder, name, "main.seq"))?.[0] ?? NaN));
  const slowest = programs.map((name) => [name, cold(name)]).reduce((a, b) => (b[1] > a[1] ? b : a));
  row(`the slowest of ${programs.length} examples (${slowest[0]}), text to PyTorch`, slowest[1].toFixed(0), "ms", "≤ 300");
  const compiled = (steps) => {
    const text = "0 -> h_0\nh_{t-1}|x_t --[F|tanh]-> h_t --[Out]-> p_t => y_t\nF : dense[16]\n";
    const array = (name, width) => [name, { name, shape: [2, steps, width], dtype: "float", data: new Float64Array(2 * steps * width) }];
    const compilation = S.compile(text, "p.seq", { arrays: new Map([array("x", 3), array("y", 2)]) });
    return S.emitPytorch(compilation.right, { name: "p", folder: null }).right.files.get("model.py");
  };
  if (compiled(16) !== compiled(4096)) throw new Error("the emitted text depends on the number of steps");
  const [short, long] = [[], []];
  for (let k = 0; k < 25; k += 1) [[short, 16], [long, 4096]].forEach(([list, steps]) => list.push(...times(1, () => compiled(steps))));
  row("a recurrence of 4,096 steps, in times of 16 (same text)", (median(long) / median(short)).toFixed(2), "×", "1");
}
if (runs("check")) {
  const launcher = path.join(root, "packages/cli/bin/sequent.js");
  const check = () => spawnSync(process.execPath, [launcher, "check", path.join(root, "examples/two_spirals")]);
  check();
  row("sequent check on an example, from process start (of 9)", median(times(9, check)).toFixed(0), "ms", "≤ 200");
}
if (runs("matmul")) {
  const result = spawnSync(process.execPath, [path.join(root, "packages/ir/bench/matmul.mjs")], { encoding: "utf8" });
  console.log(`\nf32 matrix products on one core, GFLOP/s (≥ 1)\n${(result.stdout + result.stderr).trim()}\n`);
}
if (runs("step")) {
  const file = path.join(root, "examples/digits/main.seq");
  const one = (batch) => {
    const compiled = S.compile(fs.readFileSync(file, "utf8"), file, { set: [{ key: "batch", value: String(batch) }] });
    const training = S.trainingOf(compiled.right).right;
    const { data, split } = training.source;
    const rows = S.gather(data, split.train.slice(0, batch));
    let update = 0;
    const step = () => training.target.step(rows, update++);
    times(20, step);
    return median(times(100, step));
  };
  row("a training step of the digits example, batch 64", one(64).toFixed(2), "ms", "");
  row("  batch 1: overhead per step", one(1).toFixed(2), "ms", "");
}
fs.rmSync(path.dirname(compiler), { recursive: true, force: true });
