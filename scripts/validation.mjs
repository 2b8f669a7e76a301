// The part of a data set that a seed trains on, as a file of its own: what settings may be chosen on.
import fs from "node:fs";
import path from "node:path";
import { readNpz, writeNpz } from "./npz.mjs";
import { sources } from "./sources.mjs";

const { splitSamples } = await sources("@sequent/data");

/** Writes the training part of `file` (arrays X and y; a fifth by `seed` is left out, whatever the class if `plain`); gives its path. */
export function heldOutOfTraining(file, seed, plain, folder) {
  const arrays = readNpz(fs.readFileSync(file));
  const labels = Int32Array.from(arrays.y.data);
  const y = { name: "y", classes: plain ? null : 10, shape: [], data: labels, lengths: null };
  const split = splitSamples({ samples: labels.length, inputs: [y] }, 0.2, seed, { file: "", from: 0, to: 0 });
  const rows = [...split.right.train];
  const kept = Object.fromEntries(Object.entries(arrays).map(([name, { shape: [, ...shape], data }]) => {
    const width = shape.reduce((a, b) => a * b, 1);
    const values = rows.flatMap((row) => [...data.subarray(row * width, (row + 1) * width)]);
    return [name, { shape: [rows.length, ...shape], data: data.constructor.from(values) }];
  }));
  fs.mkdirSync(folder, { recursive: true });
  const out = path.join(folder, `${path.basename(file, ".npz")}${plain ? "-plain" : ""}-${seed}.npz`);
  fs.writeFileSync(out, writeNpz(kept));
  return out;
}
