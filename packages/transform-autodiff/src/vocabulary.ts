/** The few ops that adjoint equations need beside what the records' own rules build. One place, so that no driver spells an op's name. */
import type { Builder, Operand } from "@sequent/ir";

/** The sum of a value over all its instances. */
export const totalOf = (b: Builder, x: Operand): Operand => b.op("core.total", [b.all(x)]);

/** The sum over the steps of each sample. */
export const totalOverTime = (b: Builder, x: Operand): Operand =>
  b.op("core.total", [{ node: x.node, at: { tag: "over", axes: "time" }, old: false }]);

/** The mean over all instances; of a value that all instances share, the value. */
export const averageOf = (b: Builder, x: Operand): Operand => (b.isStatic(x) ? x : b.op("core.average", [b.all(x)]));

/** The number of instances, as a float. */
export const countOf = (b: Builder, x: Operand): Operand => b.op("core.count", [b.all(x)]);

/** A value that all instances share, at each instance of `like`. */
export const spreadOver = (b: Builder, x: Operand, like: Operand): Operand => b.op("core.expand_as", [x, like], { axes: [] });

export { detach } from "@sequent/ir";

export const add = (b: Builder, x: Operand, y: Operand): Operand => b.op("core.add", [x, y]);
export const sub = (b: Builder, x: Operand, y: Operand): Operand => b.op("core.sub", [x, y]);
export const mul = (b: Builder, x: Operand, y: Operand): Operand => b.op("core.mul", [x, y]);
export const div = (b: Builder, x: Operand, y: Operand): Operand => b.op("core.div", [x, y]);
export const neg = (b: Builder, x: Operand): Operand => b.op("core.neg", [x]);
export const sqrt = (b: Builder, x: Operand): Operand => b.op("core.sqrt", [x]);
export const scale = (b: Builder, factor: number, x: Operand): Operand => (factor === 1 ? x : mul(b, b.constant(factor), x));

export const pow = (b: Builder, x: Operand, y: Operand): Operand => b.op("core.pow", [x, y]);
export const tanh = (b: Builder, x: Operand): Operand => b.op("core.tanh", [x]);
export const cos = (b: Builder, x: Operand): Operand => b.op("core.cos", [x]);
export const smaller = (b: Builder, x: Operand, y: Operand): Operand => b.op("core.minimum", [x, y]);
export const clip = (b: Builder, x: Operand, low: number, high: number): Operand =>
  b.op("core.clip", [x, b.constant(low), b.constant(high)]);
export const where = (b: Builder, c: Operand, x: Operand, y: Operand): Operand => b.op("core.where", [c, x, y]);
/** √Σx² over all elements of all values. */
export const normOf = (b: Builder, xs: readonly Operand[]): Operand => b.op("core.norm_of", xs);
/** The number of Updates done before this one. */
export const updateCount = (b: Builder): Operand => b.op("core.update_count", []);
/** 1 at each `period`-th Update, else 0. */
export const everyUpdate = (b: Builder, period: number): Operand => b.op("core.every", [], { period });
