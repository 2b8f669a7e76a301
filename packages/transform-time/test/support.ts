/** Programs from text, typed, with their domains and schedule. */
import * as E from "fp-ts/lib/Either.js";
import { createBuilder, EMPTY, float, invariant, moment, NOWHERE, ops, read } from "@sequent/ir";
import type { Diagnostics, Env, Interval, NodeId, Operand, Piece, Program, Schedule } from "@sequent/ir";
import { inferDomains, scheduleFor } from "../src/index.js";

export const env: Env = {
  ops: new Map(ops.map((op) => [op.name, op])), transforms: new Map(), losses: new Map(), initialisers: new Map(), directives: new Map(), facts: new Map(),
  note: () => undefined,
};

/** Scalars over time by name, each built from reads of others: `h: (at) => [...]`. */
export interface Equations {
  /** Boundary equations by state: the step, and a constant. */
  readonly boundaries?: Readonly<Record<string, readonly Interval[]>>;
  readonly inputs: readonly string[];
  /** Each state as the sum of what it reads. */
  readonly states: Readonly<Record<string, readonly (readonly [string, Operand["at"]])[]>>;
}

export const shift = (plus: number): Operand["at"] => ({ tag: "at", time: moment("t", plus) });
export const fixed = (from: "0" | "T", plus = 0): Operand["at"] => ({ tag: "at", time: moment(from, plus) });
export const at = (from: "0" | "T", plus = 0): Interval => ({ lower: moment(from, plus), upper: moment(from, plus) });
export const steps = (a: ["0" | "T", number], b: ["0" | "T", number]): Interval => ({ lower: moment(...a), upper: moment(...b) });

const rest = (boundaries: readonly Interval[]): Interval => {
  let lower = moment("0"), upper = moment("T");
  for (const { lower: b } of boundaries) {
    if (b.from === "0" && b.plus >= lower.plus) lower = moment("0", b.plus + 1);
    if (b.from === "T" && b.plus <= upper.plus) upper = moment("T", b.plus - 1);
  }
  return { lower, upper };
};

export const programOf = (given: Equations): Program => {
  const b = createBuilder({ ...EMPTY, types: [], varies: [] }, env);
  const OVER_TIME = { space: { tag: "data" }, time: true } as const;
  const rows = new Map<string, NodeId>();
  for (const name of given.inputs) {
    const row = b.reserve(float(), OVER_TIME);
    b.define(row, { tag: "input", name, time: true });
    rows.set(name, row);
  }
  for (const name of Object.keys(given.states)) rows.set(name, b.reserve(float(), OVER_TIME));
  for (const [name, row] of rows) b.name(read(row), name, null);
  for (const [name, reads] of Object.entries(given.states)) {
    const row = rows.get(name) ?? 0;
    const ins = reads.map(([of, context]) => read(rows.get(of) ?? 0, context));
    const boundaries = given.boundaries?.[name] ?? [];
    const op = b.reserve(float(), OVER_TIME);
    b.define(op, { tag: "op", op: ins.length > 1 ? "core.add" : "core.neg", attrs: {}, ins: ins.slice(0, 2) });
    const pieces: Piece[] = [...boundaries.map((on) => ({ on, value: b.constant(0) })), { on: boundaries.length > 0 ? rest(boundaries) : null, value: read(op) }];
    b.define(row, { tag: "cases", pieces });
  }
  return b.finish({ metrics: Object.keys(given.states).map((name) => ({ name, value: read(rows.get(name) ?? 0), mean: b.op("core.average", [b.all(read(rows.get(name) ?? 0))]).node, span: NOWHERE })) });
};

export const timed = (program: Program): E.Either<Diagnostics, Program> => inferDomains().run(program)(env);
export const right = (result: E.Either<Diagnostics, Program>): Program => {
  invariant(E.isRight(result), E.isLeft(result) ? result.left.map((one) => `${one.code} ${one.message} ${one.help}`).join("; ") : "");
  return result.right;
};
export const domainOf = (program: Program, name: string): Interval | null =>
  program.domains?.[program.names.find((one) => one.name === name)?.node ?? -1]?.time ?? null;
export const scheduled = (program: Program): Schedule => scheduleFor(program, env, program.metrics.map((metric) => read(metric.mean ?? 0)));
