import type { AnyOp, Attrs, Context, Diagnostic, Env, NodeId, Objective, Operand, Param, Program, Span, TableBuilder } from "@sequent/ir";
import { createBuilder, directives, EMPTY, losses, moment, ops, read } from "@sequent/ir";

export const testEnv = (notes: Diagnostic[] = []): Env => ({
  ops: new Map(ops.map((op) => [op.name, op] as const)),
  transforms: new Map(),
  losses: new Map(losses.map((loss) => [loss.name, loss] as const)),
  initialisers: new Map(),
  directives: new Map(directives.map((d) => [d.name, d] as const)),
  facts: new Map(),
  note: (d) => { notes.push(d); },
});

/** Programs by hand: each statement gets ten characters of an imagined file. */
export interface Board {
  readonly b: TableBuilder;
  readonly input: (name: string, time?: true) => Operand;
  readonly dense: (name: string, x: Operand, features?: number) => Operand;
  readonly name: (x: Operand, name: string) => Operand;
  readonly declare: (x: Operand, shape: readonly number[] | null, classes?: number) => void;
  readonly match: (from: Operand, target: Operand, weight?: Operand) => void;
  readonly ascend: (objective: Operand) => void;
  readonly finish: (more?: Partial<Program>) => Program;
}

export const board = (env: Env): Board => {
  const b = createBuilder(EMPTY, env);
  let line = 0;
  const span = (): Span => ({ file: "main.seq", from: line * 10, to: line * 10 + 9 });
  const next = (): Span => {
    line += 1;
    b.within(null, span());
    return span();
  };
  const declared: Program["declared"][number][] = [];
  const objectives: Objective[] = [];
  const metrics: Program["metrics"][number][] = [];
  const param = (name: string, of: number | null): Operand => {
    const init = { name: "uniform_fan_in", attrs: {}, fanOf: of };
    const made: Param = { name, role: "weight", of: null, init, renewedBy: null, type: null, span: span() };
    return b.readParam(b.param(made));
  };
  return {
    b,
    input: (name, time) => {
      next();
      const x = read(b.node(time === undefined ? { tag: "input", name } : { tag: "input", name, time }));
      b.name(x, name, null);
      return x;
    },
    dense: (name, x, features) => {
      next();
      const attrs: Attrs = features === undefined ? {} : { features };
      const known = b.size();
      const weight = param(`${name}.weight`, null);
      return b.op("core.dense", [x, weight, param(`${name}.bias`, known)], attrs);
    },
    name: (x, name) => {
      b.name(x, name, null);
      return x;
    },
    declare: (x, shape, classes) => {
      declared.push({ node: x.node, shape, dtype: classes === undefined ? null : "int", classes: classes ?? null, span: next() });
    },
    match: (from, target, weight) => {
      const at = next();
      const loss = { name: "match", attrs: {} };
      objectives.push({ tag: "match", text: "p => y", value: null, mean: null, span: at, from, target, loss, weight: weight ?? null });
    },
    ascend: (objective) => {
      objectives.push({ tag: "ascend", text: "$ J", value: null, mean: null, span: next(), from: [], objective });
    },
    finish: (more = {}) => b.finish({ declared, objectives, metrics, ...more }),
  };
};

export const shifted = (x: Operand, by: number): Operand => at(x, { tag: "at", time: moment("t", by) });
export const at = (x: Operand, context: Context): Operand => ({ ...x, at: context });
export const steps = (x: Operand, from: number, to: number): Operand =>
  at(x, { tag: "range", on: { lower: moment("t", from), upper: moment("t", to) } });

export const idOf = (program: Program, name: string): NodeId => program.names.find((n) => n.name === name)!.node;
export type { AnyOp };
