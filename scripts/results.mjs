// Trains the examples whose figures docs/results.md shows, through `sequent train` and `sequent eval`, and writes that page.
//
//   node scripts/results.mjs [--only digits,gan] [--target pytorch] [--seeds 5] [--keep] [--page] [--validation]
//
// A seed sets the split, or where an example has files of its own the points that they hold, and weights, order and draws.
// Runs are kept in runs/results; --keep leaves alone those that are there, --page only writes the page. --validation writes no
// page: a fifth of the digits that are trained on stands in for the test part, which is how settings are chosen.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { readNpz, writeNpz } from "./npz.mjs";
import { randomFrom } from "./random.mjs";
import { adding, copying } from "./sequences.mjs";
import { heldOutOfTraining } from "./validation.mjs";

const root = path.dirname(import.meta.dirname);
const runs = path.join(root, "runs", "results");
const page = path.join(root, "docs", "results.md");

const { values: options } = parseArgs({
  options: {
    only: { type: "string" },
    target: { type: "string" },
    seeds: { type: "string", default: "5" },
    keep: { type: "boolean", default: false },
    page: { type: "boolean", default: false },
    validation: { type: "boolean", default: false },
  },
});

/** Files of a seed's own: what is trained on, and fresh samples. */
const made = (name, train, test) => (folder, seed) =>
  [[`${name}.npz`, train, 1], [`${name}_test.npz`, test, 2]].map(([file, make, stream]) => {
    const place = path.join(folder, file);
    fs.mkdirSync(folder, { recursive: true });
    if (!fs.existsSync(place)) fs.writeFileSync(place, writeNpz(make(randomFrom(100000 * stream + seed))));
    return place;
  });

const percent = (share) => `${(100 * share).toFixed(2)} %`;
const both = ["interpreter", "pytorch"];
const accuracy = (run) => run.test.metrics.accuracy;

/** What is measured: of the last checkpoint, on the test part. */
const FIGURES = [
  { example: "digits", targets: both, split: "digits.npz", says: "test accuracy", measure: accuracy, least: 0.97, show: percent, seconds: 60 },
  { example: "digits_conv", targets: both, split: "digits.npz", says: "test accuracy", measure: accuracy, least: 0.985, show: percent, seconds: 300 },
  { example: "two_spirals", targets: both, files: ["two_spirals.npz", "two_spirals_test.npz"], says: "accuracy on fresh points", measure: accuracy, least: 0.99, show: percent, seconds: 20 },
  { example: "vae", targets: both, split: "digits.npz", says: "−ELBO in nats a test image", measure: (run) => -run.test.metrics.elbo, most: 25, show: (x) => x.toFixed(2) },
  { example: "gan", targets: both, files: ["ring.npz"], says: "modes with ≥ 1 % of 4,096 samples; share within 4σ", measure: ringOf, least: [7, 0.8], show: ([modes, near]) => `${modes}; ${percent(near)}` },
  { example: "digits_rows", targets: both, seeds: 3, split: "digits_rows.npz", says: "test accuracy", measure: accuracy, least: 0.96, show: percent },
  { example: "adding", targets: ["pytorch"], seeds: 3, made: made("adding", (random) => adding(random, 8192, 100), (random) => adding(random, 1024, 100)), says: "squared error of fresh sequences of 100", measure: (run) => run.test.metrics.error, most: 0.01, show: (x) => x.toFixed(5) },
  { example: "copying", targets: ["pytorch"], seeds: 3, made: made("copying", (random) => copying(random, 16384), (random) => copying(random, 512)), says: "symbols of fresh sequences that are copied", measure: (run) => run.test.metrics.copied, least: 0.99, show: percent },
  { example: "siamese", targets: both, files: ["triplets.npz", "triplets_test.npz"], says: "nearest neighbour, test digits among training digits", measure: nearestNeighbour, least: 0.96, show: percent },
];

/** How many of the eight modes have at least 1 % of the samples within 4σ of their centre, and the share of all samples that are. */
function ringOf(run) {
  const X = readNpz(fs.readFileSync(run.files[0])).X;
  const points = run.evaluate({ X: rowsOf(X) }, "x'", run.seed + 1000);
  const counts = Array(8).fill(0);
  for (const [x, y] of points) {
    const nearest = (Math.round((8 * Math.atan2(y, x)) / (2 * Math.PI)) + 8) % 8;
    const angle = (2 * Math.PI * nearest) / 8;
    if (Math.hypot(x - 2 * Math.cos(angle), y - 2 * Math.sin(angle)) <= 4 * 0.05) counts[nearest] += 1;
  }
  const share = (count) => count / points.length;
  return [counts.filter((count) => share(count) >= 0.01).length, share(counts.reduce((a, b) => a + b))];
}

/** The share of test digits whose nearest training digit, by the distance of embeddings, has their class. */
function nearestNeighbour(run) {
  const [train, test] = run.files.map((file) => readNpz(fs.readFileSync(file))).map((arrays) => {
    const seen = new Map(rowsOf(arrays.anchor).map((row, k) => [row.join(), { row, label: arrays.y.data[k] }]));
    const anchor = [...seen.values()].map((one) => one.row);
    const places = run.evaluate({ anchor, positive: anchor, negative: anchor }, "a", run.seed);
    return [...seen.values()].map(({ label }, k) => ({ label, at: places[k] }));
  });
  const squared = (a, b) => a.reduce((sum, x, k) => sum + (x - b[k]) ** 2, 0);
  const nearest = (one) => train.reduce((best, other) => {
    const far = squared(one.at, other.at);
    return far < best.far ? { far, label: other.label } : best;
  }, { far: Infinity, label: -1 });
  return test.filter((one) => nearest(one).label === one.label).length / test.length;
}

const rowsOf = ({ shape: [rows, width], data }) => Array.from({ length: rows }, (_, k) => [...data.subarray(k * width, (k + 1) * width)]);

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
  if (!fs.existsSync(folder)) run(path.join(root, "scripts", "make-data.mjs"), ["--seed", String(seed), "--out", folder]);
  return figure.files.map((name) => path.join(folder, name));
}

/** Trains with one seed unless that is done, measures, and keeps what was measured beside the run. */
function trainOnce(cli, figure, target, seed) {
  const folder = path.join(runs, options.validation ? "validation" : "test", `${figure.example}-${target}-${seed}`);
  const kept = path.join(folder, "result.json");
  if (options.keep && fs.existsSync(kept)) return;
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
  const figures = figure.measure({ ...last, files, seed, evaluate });
  fs.writeFileSync(kept, JSON.stringify({ figure: figures, seconds: last.seconds }));
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

function tableOf(part) {
  const head = ["example", "target", "what", "seeds", "figure of each seed", "median", "required", "", "seconds a run"];
  const rows = FIGURES.flatMap((figure) => both.flatMap((target) => {
    const seeds = [...Array(100).keys()].filter((seed) => fs.existsSync(path.join(runs, part, `${figure.example}-${target}-${seed}`, "result.json")));
    if (seeds.length === 0) return [];
    const results = seeds.map((seed) => JSON.parse(fs.readFileSync(path.join(runs, part, `${figure.example}-${target}-${seed}`, "result.json"), "utf8")));
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

${tableOf("test")}

* Every seed sets its own split (digits: stratified by class, shuffled, 80/20; the VAE, which reads no classes, shuffled 80/20) and its own
  weights, order and draws. Two spirals, the ring and the triplets have files of their own, which each seed makes anew; the test
  digits of the triplets are held out before triplets are drawn, and the test points of the spirals are fresh.
* Nothing was chosen by looking at a test part. Width, dropout and rate of \`digits\` were settled on a fifth of the training part
  (\`node scripts/results.mjs --only digits --validation\` trains that way), those of the GAN with a seed that is not in the
  table; the other programs are as they were first written. The checkpoint is always the last.
* The GAN draws 4,096 samples from its last checkpoint; a sample counts for a mode within 4σ = 0.2 of its centre. The
  nearest neighbour of a test digit is sought among all training digits, by the distance of their embeddings.
* \`vae\`: the image of the mean pixels has 27.1 nats.
* Programs over time have three seeds, their test sequences are fresh. Where fewer stand than that, or than five, no more have been run.
* Seconds are those of the run with its evaluation after each epoch, on a machine with two cores that were shared with about ten
  other processes, so a quiet machine takes a fraction of them; what stands in parentheses is the limit.
`;

const chosen = FIGURES.filter((figure) => options.only === undefined || options.only.split(",").includes(figure.example));
if (!options.page) {
  const cli = builtCli();
  for (const figure of chosen) {
    for (const target of figure.targets.filter((one) => options.target === undefined || one === options.target)) {
      for (let seed = 0; seed < Math.min(Number(options.seeds), figure.seeds ?? 5); seed++) trainOnce(cli, figure, target, seed);
    }
  }
}
if (options.validation) console.log(tableOf("validation"));
else fs.writeFileSync(page, text());
