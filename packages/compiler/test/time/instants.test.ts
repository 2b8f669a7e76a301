/** `x $ J` from one instance of x, where values lie on the way at several steps: against central differences of the program unrolled in plain numbers. */
import { invariant } from "@sequent/ir";
import * as E from "fp-ts/lib/Either.js";
import { describe, expect, it } from "vitest";
import { compile } from "../../src/compile.js";
import { CASES, FORWARD, TYPES } from "./instants.js";
import type { Case } from "./instants.js";
import { RANGES } from "./ranges.js";
import { arraysOf, gradientsOf, subject } from "./support.js";
import type { Subject } from "./support.js";

const STEPS = 5, ROWS = 2, LENGTHS = [5, 3];

type Table = (name: string, row: number, t: number, element: number) => number | null;

const observe = (one: Subject, names: readonly string[]): Table => {
  const seen = new Map(names.map((name) => [name, one.interpreter.observe([one.node(name)], one.batch, "train")[0]] as const));
  return (name, row, t, element) => {
    const found = seen.get(name);
    invariant(found !== undefined && "steps" in found, `${name} over time`);
    return found.steps[t - found.from]?.[row]?.data[element] ?? null;
  };
};

/** The gradient of −mean J along the members, at one instance of a state, by central differences of J alone. */
const reference = ({ model, members }: Case, given: Table, row: number, last: number, element: number, whole: boolean) => {
  const at = (fixed: ReadonlyMap<string, number>) => {
    const read = (name: string, t: number): number | null => {
      const known = fixed.get(`${name}@${String(t)}`);
      if (known !== undefined) return known;
      if (t < -1 || t > last + 1) return null;
      const state = states[name];
      return state === undefined ? given(name, row, t, element) : state(t);
    };
    const states = model(read, last);
    return read;
  };
  const base = at(new Map());
  const count = (): number => {
    let n = 0;
    for (let t = -1; t <= last + 1; t += 1) if (base("J", t) !== null) n += 1;
    return n;
  };
  const from = (name: string, shift: number, s: number): number => {
    const t = s - shift, x = base(name, s);
    if (x === null || base("J", t) === null) return 0;
    const held = members.flatMap(([other, k]): [string, number][] => {
      const value = base(other, t + k);
      return value === null || (other === name && k === shift) ? [] : [[`${other}@${String(t + k)}`, value]];
    });
    const J = (value: number): number => at(new Map([...held, [`${name}@${String(s)}`, value]]))("J", t) ?? NaN;
    const h = 1e-5;
    return -(J(x + h) - J(x - h)) / (2 * h);
  };
  return { count: whole ? 1 : count(), from };
};

const ALL = { ...CASES, ...RANGES };

describe("x $ J over time", () => {
  const both = Object.keys(ALL).flatMap((name) => [[name, "whole"], [name, "ragged"]] as const);
  it.each(both)("%s, %s", (name, kind) => {
    const one = ALL[name];
    invariant(one !== undefined, "a case");
    const lengths = kind === "ragged" ? LENGTHS : LENGTHS.map(() => STEPS);
    const run = subject(TYPES + one.source, arraysOf({ rows: ROWS, steps: STEPS, timed: { x: [2], y: [2] }, ...(kind === "ragged" ? { lengths } : {}) }));
    const whole = name === "an objective of all steps";
    const own = [...new Set(one.members.map(([member]) => member))];
    const alongs = own.map((member) => run.program.names.find((n) => n.adjointOf?.node === run.node(member) && n.adjointOf.along === 0)?.name ?? "");
    const table = observe(run, ["u", "w", ...alongs]);
    const rows = lengths.map((last, row) => [0, 1].map((element) => reference(one, table, row, last, element, whole)));
    const total = rows.reduce((sum, [first]) => sum + (first?.count ?? 0), 0);
    let compared = 0;
    lengths.forEach((last, row) => {
      own.forEach((member, m) => {
        for (let s = 0; s <= last; s += 1) for (const element of [0, 1]) {
          const expected = one.members.filter(([n]) => n === member)
            .reduce((sum, [n, shift]) => sum + (rows[row]?.[element]?.from(n, shift, s) ?? NaN), 0) / total;
          const found = table(alongs[m] ?? "", row, s, element) ?? 0;
          expect(Math.abs(found - expected), `${member}_${String(s)}[${String(element)}] of row ${String(row)}: ${String(found)}, not ${String(expected)}`).toBeLessThan(1e-7);
          if (expected !== 0) compared += 1;
        }
      });
    });
    expect(compared).toBeGreaterThan(ROWS);
  });

  it("a member without time gets what comes from all steps, the others held constant", () => {
    const text = (statements: string): string => `${TYPES}z : [2]\nz --[S]-> q\nS : dense[2]\nexp(q)*u_t -> v_t\nexp(u_T)*q -> r\n${statements}`;
    const J = "sum(mean(v_{t-1..t}, axis=0)*r*q)";
    const [both, apart] = [`u_t, q $ ${J}\n`, `u_t $ ${J}\nq $ sum(mean(nograd(u_{t-1..t}), axis=0)*exp(q)*nograd(exp(u_T))*q*q)\n`].map((statements) =>
      gradientsOf(subject(text(statements), arraysOf({ rows: ROWS, steps: STEPS, timed: { x: [2], y: [2] }, plain: { z: [2] }, lengths: LENGTHS }))));
    expect(both?.size).toBeGreaterThan(2);
    for (const [name, { data }] of both ?? []) data.forEach((x, k) => { expect(x, name).toBeCloseTo(apart?.get(name)?.data[k] ?? NaN, 10); });
  });

  it.each([
    ["a recurrence read at its end", `${FORWARD}u_t $ sum(exp(g_T)*g_t)`],
    ["a first value that all steps share", "tanh(u_T) -> q\nq -> h_1\n0.5*w_t + h_{t-1} -> h_t\nu_t $ sum(exp(h_t))"],
    ["an average over all steps", "normalize(u_t) -> v_t\nu_t $ sum(exp(v_t))"],
    ["a boundary that computes with the member", "u_T*w_T -> s_T\ns_{t+1} + u_t -> s_t\nu_{t+1} $ sum(exp(s_t))"],
    ["a forward recurrence under a backward one", `${FORWARD}0 -> s_{T+1}\ns_{t+1} + tanh(g_t) -> s_t\nu_t $ sum(s_t)`],
    ["a left side at a fixed step", `${FORWARD}g_1 $ sum(exp(g_t))`],
    ["a recurrent state and an objective of all steps", `${FORWARD}g_t $ sum(exp(g_T))`],
    ["a frozen macro with a state", "F: a\n    0 -> c_0\n    0.5*c_{t-1} + a -> c_t\n    return c_t\nu_t --[frozen(F)]-> g_t\nu_{t-1} $ sum(g_t)"],
  ])("is refused, with what to write: %s", (_, source) => {
    const compiled = compile(TYPES + source + "\n", "test.seq", { arrays: arraysOf({ rows: ROWS, steps: STEPS, timed: { x: [2], y: [2] } }) });
    expect(E.isLeft(compiled) ? compiled.left.filter((d) => d.severity === "error").map((d) => d.code) : []).toEqual(["SQ0407"]);
  });
});
