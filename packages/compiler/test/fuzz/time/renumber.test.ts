/** A program whose steps are counted from another number on means the same, step by step. */
import { generateOverTime } from "@sequent/conformance";
import type { Program } from "@sequent/ir";
import { createInterpreter } from "@sequent/interpreter";
import { renumbered } from "@sequent/transform-time";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { expect, test } from "vitest";
import { environment } from "../../../src/registry.js";
import { isSeries } from "../../../src/shown.js";
import type { Value } from "../../../src/shown.js";
import { decisions } from "../suite.js";
import { vocabularyOf } from "../subject.js";
import { differ, statesOf, timeSubject, valuesOf } from "./subject.js";

const env = environment();
const isDrawn = ({ nodes }: Program): boolean => nodes.some((node) => node.tag === "op" && node.attrs["time"] === true);

test("in random programs whose data begin with step 0 or 1", () => {
  let from0 = 0, compared = 0;
  for (const decided of fc.sample(decisions, { seed: 5, numRuns: 400 })) {
    const subject = timeSubject(generateOverTime(vocabularyOf(env), decided), env);
    // A draw is that of its step's number.
    if (E.isLeft(subject) || isDrawn(subject.right.compiled.program)) continue;
    const { compiled: { program }, generated: { start }, batch, seed } = subject.right, by = 1 - start + (start === 1 ? 1 : 0);
    const other = renumbered(program, env, by);
    expect(other, subject.right.generated.text).not.toBeNull();
    if (other === null) continue;
    const names = statesOf(program);
    const ours = valuesOf(program, createInterpreter(program, env, { seed, precision: "f64" }), names, batch);
    const from = new Map([...(batch.from ?? [])].map(([name, step]) => [name, step + by]));
    const theirs = valuesOf(other, createInterpreter(other, env, { seed, precision: "f64" }), names, { ...batch, from, last: batch.last?.map((end) => end + by) ?? new Int32Array(0) });
    for (const name of names) {
      const [a, b] = [ours.get(name), theirs.get(name)];
      if (a === undefined || b === undefined) continue;
      const back: Value = isSeries(b) ? { ...b, from: b.from - by } : b;
      expect(differ(a, back, (x, y) => x === y || (Number.isNaN(x) && Number.isNaN(y))), `${name}\n${subject.right.generated.text}`).toBeNull();
      compared += 1;
    }
    if (start === 0) from0 += 1;
  }
  expect(from0).toBeGreaterThan(30);
  expect(compared).toBeGreaterThan(500);
}, 300_000);
