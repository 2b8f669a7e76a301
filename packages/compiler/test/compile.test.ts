import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { expect, test } from "vitest";
import { compile, createRenderer, trainingOf } from "../src/index.js";

const examples = path.resolve(import.meta.dirname, "../../../examples");
for (const name of readdirSync(examples).filter((one) => one !== "data")) {
  test(`${name} compiles without an error or a lint, and can be trained`, () => {
    const file = path.join(examples, name, "main.seq");
    const source = readFileSync(file, "utf8");
    const { render } = createRenderer(new Map([[file, source]]));
    const compiled = compile(source, file);
    if (E.isLeft(compiled)) throw new Error(compiled.left.map(render).join("\n"));
    expect(compiled.right.notes.filter((one) => one.severity !== "note").map(render)).toEqual([]);
    const training = trainingOf(compiled.right);
    if (E.isLeft(training)) throw new Error(training.left.map(render).join("\n"));
  });
}

test("a state that is made of scalars is a scalar, whatever it stands beside", () => {
  const compiled = compile("x_t : [2]\ny_t : [2]\n0 -> z_0\nz_{t-1} + sum(x_t) -> z_t\nx_t|z_t --[Out]-> p_t => y_t\n", "z.seq");
  if (E.isLeft(compiled)) throw new Error(JSON.stringify(compiled.left));
  expect(compiled.right.program.params.find((one) => one.name === "Out.weight")?.type?.shape).toEqual([2, 3]);
});
