import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { describe, expect, it } from "vitest";
import { operandsOf } from "@sequent/ir";
import type { NodeId, Program, Schedule } from "@sequent/ir";
import { at, programOf, right, scheduled, shift, timed } from "./support.js";
import type { Equations } from "./support.js";

const kinds = (given: Equations): readonly string[] =>
  scheduled(right(timed(programOf(given)))).steps.map((step) => (step.tag === "scan" ? `${step.direction} ${String(step.lag)}` : step.tag));

describe("the schedule", () => {
  it("has no loop where nothing is recurrent", () => {
    expect(kinds({ inputs: ["x"], states: { a: [["x", shift(-1)], ["x", shift(0)]] } })).toEqual(["map", "collect"]);
  });
  it("has one loop for each recurrence, in its direction, with the steps it looks back", () => {
    expect(kinds({ inputs: ["x"], boundaries: { h: [at("0")] }, states: { h: [["h", shift(-1)], ["x", shift(0)]] } })).toEqual(["line", "map", "forward 1", "collect"]);
    expect(kinds({ inputs: ["x"], boundaries: { f: [at("0"), at("0", 1), at("0", 2)] }, states: { f: [["f", shift(-3)], ["x", shift(0)]] } })).toContain("forward 3");
    expect(kinds({ inputs: ["x"], boundaries: { b: [at("T")] }, states: { b: [["b", shift(1)], ["x", shift(0)]] } })).toContain("backward 1");
  });
  it("runs both directions of a bidirectional net", () => {
    const both: Equations = {
      inputs: ["x"], boundaries: { f: [at("0")], b: [at("T", 1)] },
      states: { f: [["f", shift(-1)], ["x", shift(0)]], b: [["b", shift(1)], ["x", shift(0)]], y: [["f", shift(0)], ["b", shift(0)]] },
    };
    expect(kinds(both).filter((kind) => kind.includes("ward"))).toEqual(["forward 1", "backward 1"]);
  });
  it("retimes a read against the direction", () => {
    const program = right(timed(programOf({ inputs: ["x"], boundaries: { a: [at("0"), at("0", 1)] }, states: { a: [["b", shift(-2)], ["x", shift(0)]], b: [["a", shift(1)]] } })));
    const scan = scheduled(program).steps.find((step) => step.tag === "scan");
    expect(scan?.tag === "scan" && new Set(scan.nodes.map((one) => one.skew)).size).toBe(2);
    expect(problems(program, scheduled(program))).toEqual([]);
  });
});

/** Every read is of a value that has been computed, by brute force over a few steps. */
const problems = (program: Program, schedule: Schedule): readonly string[] => {
  const done = new Map<NodeId, (step: number) => number>();
  const wrong: string[] = [];
  schedule.steps.forEach((step, k) => {
    const own = step.tag === "scan" ? step.nodes.map(({ node, skew }, place) => ({ node, skew, place })) : step.nodes.map((node, place) => ({ node, skew: 0, place }));
    const inside = new Map(own.map((one) => [one.node, one]));
    for (const { node, skew, place } of own) {
      const made = program.nodes[node];
      if (made === undefined) continue;
      for (const x of operandsOf(made)) {
        const other = inside.get(x.node);
        if (other === undefined || step.tag !== "scan") {
          if (other === undefined ? !done.has(x.node) : other.place >= place) wrong.push(`step ${String(k)}: ${String(node)} reads ${String(x.node)} too early`);
          continue;
        }
        const shiftOf = x.at.tag === "at" && x.at.time.from === "t" ? x.at.time.plus : 0;
        const ago = (step.direction === "forward" ? 1 : -1) * (other.skew - skew - shiftOf);
        if (ago < 0 || (ago === 0 && other.place >= place) || (step.lag !== null && ago > step.lag)) wrong.push(`scan ${String(k)}: ${String(node)} reads ${String(x.node)} ${String(ago)} ago`);
      }
    }
    for (const { node } of own) done.set(node, () => 0);
  });
  return wrong;
};

describe("of random programs", () => {
  const NAMES = ["a", "b", "c", "d"];
  const random = fc.record({
    reads: fc.array(fc.array(fc.tuple(fc.constantFrom(...NAMES, "x"), fc.integer({ min: -3, max: 3 })), { minLength: 2, maxLength: 2 }), { minLength: 4, maxLength: 4 }),
    // As many values as the reads look steps away: with fewer a state has a gap, and is refused.
    ends: fc.array(fc.constantFrom([0, 1, 2, 3].map((k) => at("0", k)), [0, 1, 2, 3].map((k) => at("T", -k)), [1, 0, -1, -2, -3].map((k) => at("T", k))), { minLength: 4, maxLength: 4 }),
  });
  it("every value is read after it is computed, whenever an order exists at all", () => {
    let accepted = 0;
    fc.assert(fc.property(random, ({ reads, ends }) => {
      const states = Object.fromEntries(NAMES.map((name, k) => [name, (reads[k] ?? []).map(([of, plus]) => [of, shift(plus)] as const)]));
      const boundaries = Object.fromEntries(NAMES.map((name, k) => [name, ends[k] ?? []]));
      const program = programOf({ inputs: ["x"], states, boundaries });
      const result = timed(program);
      if (E.isLeft(result)) return;
      accepted += 1;
      expect(problems(result.right, scheduled(result.right))).toEqual([]);
    }), { numRuns: 3000, seed: 11 });
    expect(accepted).toBeGreaterThan(100);
  });
});
