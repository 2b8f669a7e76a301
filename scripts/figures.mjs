// What docs/results.md measures of the examples that learn, and of which files.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { readNpz, writeNpz } from "./npz.mjs";
import { randomFrom } from "./random.mjs";
import { adding, copying } from "./sequences.mjs";

/** Files of a seed's own: what is trained on, and fresh samples. */
const made = (name, train, test) => (folder, seed) =>
  [[`${name}.npz`, train, 1], [`${name}_test.npz`, test, 2]].map(([file, make, stream]) => {
    const place = path.join(folder, file);
    fs.mkdirSync(folder, { recursive: true });
    if (!fs.existsSync(place)) fs.writeFileSync(place, writeNpz(make(randomFrom(100000 * stream + seed))));
    return place;
  });

/** The docstrings of Python's standard library: the last tenth is what is tested, whatever the seed. */
const corpus = (folder) => {
  const whole = path.join(folder, "..", "docstrings.txt");
  if (!fs.existsSync(whole)) execFileSync("python3", [path.join(import.meta.dirname, "make_corpus.py"), "--out", whole]);
  const text = fs.readFileSync(whole, "ascii");
  const cut = Math.floor(0.9 * text.length);
  return [["train", text.slice(0, cut)], ["test", text.slice(cut)]].map(([part, of]) => {
    const place = path.join(folder, "..", part, "docstrings.txt");
    fs.mkdirSync(path.dirname(place), { recursive: true });
    fs.writeFileSync(place, of);
    return place;
  });
};

const percent = (share) => `${(100 * share).toFixed(2)} %`;
const both = ["interpreter", "pytorch"];
const accuracy = (run) => run.test.metrics.accuracy;

/** What is measured: of the last checkpoint, on the test part. */
export const FIGURES = [
  { example: "digits", targets: both, split: "digits.npz", says: "test accuracy", measure: accuracy, least: 0.97, show: percent, seconds: 60 },
  { example: "digits_conv", targets: both, split: "digits.npz", says: "test accuracy", measure: accuracy, least: 0.985, show: percent, seconds: 300 },
  { example: "two_spirals", targets: both, files: ["two_spirals.npz", "two_spirals_test.npz"], says: "accuracy on fresh points", measure: accuracy, least: 0.99, show: percent, seconds: 20 },
  { example: "vae", targets: both, split: "digits.npz", says: "−ELBO in nats a test image", measure: (run) => -run.test.metrics.elbo, most: 25, show: (x) => x.toFixed(2) },
  { example: "gan", targets: both, files: ["ring.npz"], says: "modes with ≥ 1 % of 4,096 samples; share within 4σ", measure: ringOf, least: [7, 0.8], show: ([modes, near]) => `${modes}; ${percent(near)}` },
  { example: "digits_rows", targets: both, seeds: 3, split: "digits_rows.npz", says: "test accuracy", measure: accuracy, least: 0.96, show: percent },
  { example: "adding", targets: ["pytorch"], seeds: 3, made: made("adding", (random) => adding(random, 8192, 100), (random) => adding(random, 1024, 100)), says: "squared error of fresh sequences of 100", measure: (run) => run.test.metrics.error, most: 0.01, show: (x) => x.toFixed(5) },
  { example: "copying", targets: ["pytorch"], seeds: 3, made: made("copying", (random) => copying(random, 16384), (random) => copying(random, 512)), says: "symbols of fresh sequences that are copied", measure: (run) => run.test.metrics.copied, least: 0.99, show: percent },
  { example: "char_lm", targets: ["pytorch"], seeds: 3, made: corpus, says: "bits a character, last tenth of the corpus", measure: (run) => run.test.metrics.bits, most: 2.3, show: (x) => x.toFixed(3), sample: (run) => run.generate("Return ", 600, 0.7) },
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

/** The corpus: its size and hash, and the bits that `xz -9e` takes for a character of the whole, of the last tenth alone, and of that behind the rest. */
export function corpusFacts(folder) {
  const [train, test] = corpus(path.join(folder, "data", "0"));
  const bits = (...files) => {
    const args = ["-c", "import lzma, sys; print(8 * len(lzma.compress(b''.join(open(f, 'rb').read() for f in sys.argv[1:]), preset=9 | lzma.PRESET_EXTREME)))", ...files];
    return Number(execFileSync("python3", args, { encoding: "utf8" }));
  };
  const [a, b] = [train, test].map((file) => fs.statSync(file).size);
  const hash = createHash("sha256").update(fs.readFileSync(train)).update(fs.readFileSync(test)).digest("hex");
  return { size: a + b, hash, whole: bits(train, test) / (a + b), alone: bits(test) / b, behind: (bits(train, test) - bits(train)) / b };
}
