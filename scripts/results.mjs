// Trains the examples whose figures docs/results.md shows, through `sequent train` and `sequent eval`, and writes that page.
//
//   node scripts/results.mjs [--only digits,gan] [--target pytorch] [--seeds 5] [--keep] [--page] [--check] [--validation]
//
// A seed sets the split, or where an example has files of its own the points that they hold, and weights, order and draws.
// Runs are kept in runs/results, what they gave in docs/results.json; --keep leaves alone what stands there, --page only writes
// the page, --check writes nothing and fails when the page is not what docs/results.json gives (all but the facts of the text that
// char_lm reads, which take that text). --validation writes no page: a fifth of the digits that are trained on stands in for the test part, which is how
// settings are chosen.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { FIGURES, corpusFacts } from "./figures.mjs";
import { heldOutOfTraining } from "./validation.mjs";

const { values: options } = parseArgs({
  options: {
    only: { type: "string" },
    target: { type: "string" },
    seeds: { type: "string", default: "5" },
    keep: { type: "boolean", default: false },
    page: { type: "boolean", default: false },
    check: { type: "boolean", default: false },
    validation: { type: "boolean", default: false },
  },
});

const root = path.dirname(import.meta.dirname);
const runs = path.join(root, "runs", "results");
const page = path.join(root, "docs", "results.md");
/** What each run gave, a line each. */
const table = options.validation ? path.join(runs, "validation.json") : path.join(root, "docs", "results.json");

/** `sequent` as it is built now, so that all figures of one call come from the same sources. */
function builtCli() {
  const cli = path.join(root, "packages", "cli");
  execFileSync(process.execPath, [path.join(cli, "bin", "sequent.js"), "--version"]);
  const copy = path.join(root, "node_modules", ".cache", "sequent", "results", "cli");
  fs.mkdirSync(path.join(copy, "dist"), { recursive: true });
  for (const name of ["package.json", "dist/sequent.cjs"]) fs.copyFileSync(path.join(cli, name), path.join(copy, name));
  return path.join(copy, "dist", "sequent.cjs");
}

// One thread: more only wait for each other where other work runs beside.
const env = { ...process.env, OMP_NUM_THREADS: "1" };
const run = (file, args) => execFileSync(process.execPath, [file, ...args], { cwd: root, env, stdio: ["ignore", "pipe", "pipe"], maxBuffer: 2 ** 28, encoding: "utf8" });

/** The data files of a seed: ours are made anew, those that are measured are split by the run. */
function filesOf(figure, seed) {
  if (figure.split !== undefined) {
    const file = path.join(root, "examples", "data", figure.split);
    return [options.validation ? heldOutOfTraining(file, seed, figure.example === "vae", path.join(runs, "validation")) : file];
  }
  const folder = path.join(runs, "data", String(seed));
  if (figure.made !== undefined) return figure.made(folder, seed);
  if (!figure.files.every((name) => fs.existsSync(path.join(folder, name)))) run(path.join(root, "scripts", "make-data.mjs"), ["--seed", String(seed), "--out", folder]);
  return figure.files.map((name) => path.join(folder, name));
}

const known = () => (fs.existsSync(table) ? JSON.parse(fs.readFileSync(table, "utf8")) : []);
const keep = (results) => {
  const place = (one) => FIGURES.findIndex((figure) => figure.example === one.example);
  const sorted = [...results].sort((a, b) => place(a) - place(b) || a.target.localeCompare(b.target) || a.seed - b.seed);
  fs.mkdirSync(path.dirname(table), { recursive: true });
  fs.writeFileSync(table, `[\n${sorted.map((one) => JSON.stringify(one)).join(",\n")}\n]\n`);
};

/** Trains with one seed unless that is done, measures, and keeps what was measured beside the run. */
function trainOnce(cli, figure, target, seed) {
  const folder = path.join(runs, options.validation ? "validation" : "test", `${figure.example}-${target}-${seed}`);
  const isIt = (one) => one.example === figure.example && one.target === target && one.seed === seed;
  if (options.keep && known().some(isIt)) return;
  const program = path.join("examples", figure.example);
  const files = filesOf(figure, seed);
  const data = ["--data", files[0], ...(files[1] === undefined ? [] : ["--set", `test=${files[1]}`])];
  const common = [program, ...data, "--seed", String(seed)];
  fs.rmSync(folder, { recursive: true, force: true });
  run(cli, ["train", ...common, "-t", target, "--out", folder]);
  const last = JSON.parse(fs.readFileSync(path.join(folder, "metrics.jsonl"), "utf8").trimEnd().split("\n").at(-1));
  const evaluate = (inputs, name, drawn) => {
    const file = path.join(folder, "inputs.json");
    fs.writeFileSync(file, JSON.stringify(inputs));
    const args = ["--inputs", file, "--params", path.join(folder, "checkpoint.safetensors"), "--show", name, "--json", "--seed", String(drawn)];
    return shown(JSON.parse(run(cli, ["eval", program, ...args])), name);
  };
  const generate = (prompt, length, temperature) =>
    run(cli, ["generate", ...common, "--params", path.join(folder, "checkpoint.safetensors"), "--prompt", prompt, "--length", String(length), "--temperature", String(temperature)]);
  const done = { ...last, files, seed, evaluate, generate };
  const figures = figure.measure(done);
  const rounded = [figures].flat().map((x) => Number(x.toPrecision(6)));
  const sample = seed === 0 && figure.sample !== undefined ? { sample: figure.sample(done) } : {};
  keep([...known().filter((one) => !isIt(one)), { example: figure.example, target, seed, figure: Array.isArray(figures) ? rounded : rounded[0], seconds: Number(last.seconds.toFixed(1)), ...sample }]);
  console.log(`${figure.example} ${target} seed ${seed}: ${figure.show(figures)} in ${last.seconds.toFixed(1)} s`);
}

const shown = (result, name) => (result.values ?? result)[name];

/** The middle one; of figures in two parts, each part's. */
function median(figures) {
  if (Array.isArray(figures[0])) return figures[0].map((_, k) => median(figures.map((one) => one[k])));
  const sorted = [...figures].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

const holds = ({ least, most }, figure) =>
  most !== undefined ? figure <= most : Array.isArray(least) ? least.every((bound, k) => figure[k] >= bound) : figure >= least;

function tableOf() {
  const head = ["example", "target", "what", "seeds", "figure of each seed", "median", "required", "", "seconds a run"];
  const rows = FIGURES.flatMap((figure) => figure.targets.flatMap((target) => {
    const results = known().filter((one) => one.example === figure.example && one.target === target);
    if (results.length === 0) return [];
    const seeds = results.map((one) => one.seed);
    const middle = median(results.map((one) => one.figure));
    const bound = figure.most === undefined ? `≥ ${[figure.least].flat().length === 1 ? figure.show(figure.least) : figure.show(figure.least).replace("; ", "; ≥ ")}` : `≤ ${figure.most}`;
    const seconds = median(results.map((one) => one.seconds)).toFixed(1);
    const limit = target === "interpreter" && figure.seconds !== undefined ? ` (≤ ${figure.seconds})` : "";
    return [[figure.example, target, figure.says, seeds.join(", "), results.map((one) => figure.show(one.figure)).join(" · "), figure.show(middle), bound, holds(figure, middle) ? "holds" : "**falls short**", seconds + limit]];
  }));
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

const text = () => `# What the examples learn

Written by \`node scripts/results.mjs\`, which trains each example through \`sequent train\` with the settings that its program
states, and measures the last checkpoint on the test part.

${tableOf()}

* Every seed sets its own split (digits: stratified by class, shuffled, 80/20; the VAE, which reads no classes, shuffled 80/20) and its own
  weights, order and draws. Two spirals, the ring and the triplets have files of their own, which each seed makes anew; the test
  digits of the triplets are held out before triplets are drawn, and the test points of the spirals are fresh.
* Nothing was chosen by looking at a test part. Width, dropout and rate of \`digits\` were settled on a fifth of the training part
  (\`node scripts/results.mjs --only digits --validation\` trains that way), those of the GAN with a seed that is not in the
  table, those of \`char_lm\` on the last tenth of its training part, those of \`copying\` with samples drawn apart: as an LSTM with
  chrono gates it copied 65 % after 8,000 updates (seed 0). The other programs are as they were first written. The checkpoint is
  always the last.
* The GAN draws 4,096 samples from its last checkpoint; a sample counts for a mode within 4σ = 0.2 of its centre. The
  nearest neighbour of a test digit is sought among all training digits, by the distance of their embeddings.
* \`vae\`: the image of the mean pixels has 27.1 nats.
* Programs over time have three seeds. The test sequences of \`adding\` and \`copying\` are fresh, \`digits_rows\` is split as digits are. Where fewer stand than that, or than five, no more have been run.
* Seconds are those of the run with its evaluation after each epoch, on a machine with two cores that were shared with about ten
  other processes, so a quiet machine takes a fraction of them; what stands in parentheses is the limit.
`;

const sampleOf = () => known().find((one) => one.sample !== undefined)?.sample;
/** What the character model writes. */
const sampleText = (sample) => `
\`\`\`text
${sample.trimEnd().replace(/[ ]+$/gm, "")}
\`\`\`
`;

/** What a text of docstrings takes when it is packed, and what the model writes. */
function corpusSection() {
  const sample = sampleOf();
  if (sample === undefined) return "";
  const { size, hash, whole, alone, behind } = corpusFacts(runs);
  return `
## The character model beside \`xz\`, and what it writes

\`char_lm\` reads the docstrings of Python 3.11's standard library (\`scripts/make_corpus.py\`: ${size.toLocaleString("en")} characters, SHA-256
\`${hash}\`), which stand in the order of their hashes, so that the last tenth is no other domain, in pieces, each from a state of zeros. \`xz -9e\` takes ${whole.toFixed(3)} bits for a character of the whole text, ${alone.toFixed(3)} of the last tenth alone, ${behind.toFixed(3)} of the last tenth behind
the rest, which it may look up from. \`sequent generate --temperature 0.7\` on the checkpoint of seed 0:
${sampleText(sample)}`;
}

/** Whether the page says what docs/results.json holds. */
function isCurrent() {
  const written = fs.readFileSync(page, "utf8"), sample = sampleOf();
  return sample === undefined ? written === text() : written.startsWith(text()) && written.endsWith(sampleText(sample));
}

if (options.check) {
  if (isCurrent()) process.exit(0);
  console.error("docs/results.md is not what docs/results.json gives; run: node scripts/results.mjs --page");
  process.exit(1);
}

const chosen = FIGURES.filter((figure) => options.only === undefined || options.only.split(",").includes(figure.example));
if (!options.page) {
  const cli = builtCli();
  for (const figure of chosen) {
    for (const target of figure.targets.filter((one) => options.target === undefined || one === options.target)) {
      for (let seed = 0; seed < Math.min(Number(options.seeds), figure.seeds ?? 5); seed++) trainOnce(cli, figure, target, seed);
    }
  }
}
if (options.validation) console.log(tableOf());
else fs.writeFileSync(page, text() + corpusSection());
