import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { expect, test } from "vitest";
import type { DataArray } from "@sequent/data";
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

test.each([
  ["a name near the one that is meant", { x: 3, xx_length: 1 }, 'the array "xx_length" says how long the sequences of "xx" are, and there is no "xx"', 'Did you mean "x_length"?'],
  ["a name near no other", { x: 3, x_length: 1, zebra_length: 1 }, 'the array "zebra_length" says how long the sequences of "zebra" are, and there is no "zebra"', null],
  ["the lengths of other data", { x: 3, q: 3, q_length: 1 }, null, null],
  ["its own lengths", { x: 3, x_length: 1 }, null, null],
])("lengths of no sequences are told (SQ0529): %s", (_, axes, says, help) => {
  const arrays = new Map(Object.entries(axes).map(([name, rank]): [string, DataArray] => [name, rank === 1 ? { name, dtype: "int", shape: [2], data: Int32Array.of(1, 2) } : { name, dtype: "float", shape: [2, 2, 1], data: new Float64Array(4) }]));
  const compiled = compile("x_t : [1]\nx_t --[M]-> p_t => 1\n", "z.seq", { arrays });
  if (E.isLeft(compiled)) throw new Error(JSON.stringify(compiled.left));
  const [told] = compiled.right.notes.filter((one) => one.code === "SQ0529");
  expect(told?.message ?? null).toBe(says);
  if (help !== null) expect(told?.help).toBe(help);
});
