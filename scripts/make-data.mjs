// Makes the data sets of examples/data that are not measured but computed. Everything follows from the seed.
//
//   node scripts/make-data.mjs [--seed N] [--out FOLDER] [--check]
//
// --check writes nothing and fails when a file differs from what this script makes.
import fs from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { readNpz, writeNpz } from "./npz.mjs";
import { randomFrom } from "./random.mjs";
import { adding, copying, driven, oscillator, rows, walks, words } from "./sequences.mjs";

const data = path.join(import.meta.dirname, "..", "examples", "data");

/** Two interleaved spirals of 1.5 turns in the unit disc, evenly dense in area, noise 0.02: X [1000, 2], y 0 or 1. */
function twoSpirals(random, perArm = 500, turns = 1.5, noise = 0.02) {
  const X = [];
  const y = [];
  for (let i = 0; i < 2 * perArm; i++) {
    const arm = i % 2;
    const radius = Math.sqrt(random.uniform());
    const angle = 2 * Math.PI * turns * radius + Math.PI * arm;
    X.push(radius * Math.cos(angle) + noise * random.normal(), radius * Math.sin(angle) + noise * random.normal());
    y.push(arm);
  }
  return { X: { shape: [2 * perArm, 2], data: Float32Array.from(X) }, y: { shape: [2 * perArm], data: Uint8Array.from(y) } };
}

/** Eight Gaussians, centres evenly on a circle of radius 2, standard deviation 0.05, equally many points each: X [4096, 2]. */
function ring(random, points = 4096, radius = 2, sigma = 0.05) {
  const X = [];
  for (let i = 0; i < points; i++) {
    const angle = (2 * Math.PI * (i % 8)) / 8;
    X.push(radius * Math.cos(angle) + sigma * random.normal(), radius * Math.sin(angle) + sigma * random.normal());
  }
  return { X: { shape: [points, 2], data: Float32Array.from(X) } };
}

/**
 * Triplets of digits, `each` per anchor: the positive has the anchor's class, the negative another; y is the anchor's class.
 * The digits are split first (80/20, stratified), so that no image of the test file is in the training file.
 */
function triplets(random, digits, part, each) {
  const X = digits.X.data;
  const y = digits.y.data;
  const byClass = Array.from({ length: 10 }, (_, c) => random.shuffled([...y.keys()].filter((i) => y[i] === c)));
  const cut = (rows) => Math.round(rows.length / 5);
  const chosen = random.shuffled(byClass.flatMap((rows) => (part === "test" ? rows.slice(0, cut(rows)) : rows.slice(cut(rows)))));
  const rows = [];
  // Partners come from the anchor's own group: a group's images fit the compressor's window, which makes the file small.
  const groups = Math.ceil(chosen.length / 450);
  for (let g = 0; g < groups; g++) {
    const group = chosen.filter((_, i) => i % groups === g);
    for (let n = 0; n < each; n++) {
      for (const anchor of group) {
        const positive = random.pick(group.filter((i) => y[i] === y[anchor] && i !== anchor));
        const negative = random.pick(group.filter((i) => y[i] !== y[anchor]));
        rows.push({ anchor, positive, negative });
      }
    }
  }
  const images = (role) => {
    const out = new Uint8Array(rows.length * 64);
    rows.forEach((row, i) => out.set(X.subarray(64 * row[role], 64 * row[role] + 64), 64 * i));
    return { shape: [rows.length, 64], data: out };
  };
  return {
    anchor: images("anchor"), positive: images("positive"), negative: images("negative"),
    y: { shape: [rows.length], data: Uint8Array.from(rows, (row) => y[row.anchor]) },
  };
}

const { values: options } = parseArgs({
  options: {
    seed: { type: "string", default: "0" },
    out: { type: "string", default: data },
    check: { type: "boolean", default: false },
  },
});
const seed = Number(options.seed);
const digits = readNpz(fs.readFileSync(path.join(data, "digits.npz")));
const files = {
  "two_spirals.npz": twoSpirals(randomFrom(1000 + seed)),
  "two_spirals_test.npz": twoSpirals(randomFrom(2000 + seed)),
  "ring.npz": ring(randomFrom(3000 + seed)),
  // The same stream, hence the same split.
  "triplets.npz": triplets(randomFrom(4000 + seed), digits, "train", 8),
  "triplets_test.npz": triplets(randomFrom(4000 + seed), digits, "test", 1),
  "digits_rows.npz": rows(digits),
  "driven.npz": driven(randomFrom(5000 + seed)),
  "words.npz": words(randomFrom(6000 + seed)),
  "adding.npz": adding(randomFrom(7000 + seed)),
  "copying.npz": copying(randomFrom(8000 + seed)),
  "oscillator.npz": oscillator(randomFrom(9000 + seed)),
  "walks.npz": walks(randomFrom(10000 + seed)),
};

fs.mkdirSync(options.out, { recursive: true });
for (const [name, arrays] of Object.entries(files)) {
  const file = path.join(options.out, name);
  const bytes = Buffer.from(writeNpz(arrays));
  const same = fs.existsSync(file) && fs.readFileSync(file).equals(bytes);
  if (!options.check) fs.writeFileSync(file, bytes);
  else if (!same) process.exitCode = 1;
  const state = options.check ? (same ? "same" : "differs") : "written";
  console.log(`${name}: ${bytes.length} bytes, ${state}`);
}
