/**
 * Every example compiles without an error or a lint, and each of its stages and emitted files is what stands in examples/NAME/golden.
 * `npm run goldens` writes those files anew.
 */
import fs from "node:fs";
import path from "node:path";
import { ruff } from "@sequent/backend-pytorch";
import { expect, test } from "vitest";
import { createRenderer, emitPytorch, environment, print, toTrainable } from "../src/index.js";
import { compilation, folder, names, right } from "./examples.js";

const env = environment();
const writes = process.env["GOLDENS"] === "write";

/** The stages by `NN-pass.seq`, and the emitted files under `pytorch/`; data are named from there. */
const goldensOf = (name: string): ReadonlyMap<string, string> => {
  const files = new Map<string, string>();
  const { result, sources, notes } = compilation(name, {
    verify: true,
    dump: (stage, program) => { files.set(`${stage}.seq`, print(program, env)); },
  });
  const compiled = right(result, sources);
  const { render } = createRenderer(sources);
  expect(notes.filter((one) => one.severity !== "note").map(render)).toEqual([]);
  right(toTrainable(compiled), sources);
  const emitted = right(emitPytorch(compiled, { name, folder: path.join(folder, name, "golden", "pytorch") }), sources);
  for (const [file, text] of emitted.files) files.set(`pytorch/${file}`, text);
  return files;
};

/** All files below a folder, by their paths in it. */
const filesIn = (place: string): readonly string[] =>
  !fs.existsSync(place) ? [] : fs.readdirSync(place, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesIn(path.join(place, entry.name)).map((file) => `${entry.name}/${file}`) : [entry.name]);

for (const name of names) {
  test(`${name}: its stages and emitted files are its goldens`, () => {
    const golden = path.join(folder, name, "golden");
    const files = goldensOf(name);
    if (writes) {
      fs.rmSync(golden, { recursive: true, force: true });
      for (const [file, text] of files) {
        fs.mkdirSync(path.dirname(path.join(golden, file)), { recursive: true });
        fs.writeFileSync(path.join(golden, file), text);
      }
    }
    expect([...files.keys()].sort()).toEqual([...filesIn(golden)].sort());
    for (const [file, text] of files) expect(text, `${file}; npm run goldens writes what is made now`).toBe(fs.readFileSync(path.join(golden, file), "utf8"));
  });

  test(`${name}: ruff finds nothing in its emitted files`, () => {
    expect(ruff(path.join(folder, name, "golden", "pytorch"))).toBe("");
  });
}
