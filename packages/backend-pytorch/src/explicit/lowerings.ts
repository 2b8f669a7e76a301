/** The tables for equations without autograd: the ops of adjoints too, and numbers of Python's own kept apart from tensors. */
import type { AnyOp, Env, OpName } from "@sequent/ir";
import { ADJOINTS, COUNT_EVERYWHERE } from "../lowerings/adjoint.js";
import { LOWERINGS, tableOf } from "../lowerings/index.js";
import { input, rankOf, typeOf, wide } from "../lowerings/support.js";
import type { Lowering, Lowerings, Use } from "../lowerings/lowering.js";
import { at, call, code, LEVEL, isLiteral, literal, method, number } from "../model/code.js";
import type { Code } from "../model/code.js";
import { defineFunction } from "../model/definition.js";

/** A number that is computed: from the count of Updates, or of rows. */
const isComputed = (x: Code): boolean => x.number === true && !isLiteral(x);

const apply = (name: string) => (...xs: readonly Code[]): Code => number(call(name, ...xs));
/** Ops whose lowerings are Python's operators, for numbers as for tensors. */
const OPERATORS: ReadonlySet<OpName> = new Set(["core.add", "core.sub", "core.mul", "core.div", "core.neg"]);
/** How Python writes an op of numbers alone. */
const OF_NUMBERS: ReadonlyMap<OpName, (...xs: readonly Code[]) => Code> = new Map([
  ["core.tanh", apply("math.tanh")], ["core.cos", apply("math.cos")], ["core.sqrt", apply("math.sqrt")],
  ["core.minimum", apply("min")], ["core.maximum", apply("max")],
]);

type Arithmetic = (a: number, b: number) => number;
const test = (holds: (a: number, b: number) => boolean): Arithmetic => (a, b) => (holds(a, b) ? 1 : 0);
/** Ops of two written numbers, which are done here: rules make `2 - 1` of the exponent of a square. */
const OF_LITERALS: ReadonlyMap<OpName, Arithmetic> = new Map([
  ["core.add", (a, b) => a + b], ["core.sub", (a, b) => a - b], ["core.mul", (a, b) => a * b], ["core.div", (a, b) => a / b],
  ["core.eq", test((a, b) => a === b)], ["core.ne", test((a, b) => a !== b)], ["core.lt", test((a, b) => a < b)],
  ["core.le", test((a, b) => a <= b)], ["core.gt", test((a, b) => a > b)], ["core.ge", test((a, b) => a >= b)],
]);

const ofLiterals = (op: OpName, ins: readonly Code[]): Code | null => {
  const [a, b] = ins;
  const value = a !== undefined && b !== undefined && isLiteral(a) && isLiteral(b) ? OF_LITERALS.get(op)?.(Number(a.text), Number(b.text)) : undefined;
  return value === undefined || !Number.isFinite(value) ? null : literal(value);
};

const printed = (lowering: Lowering, use: Use): Code => {
  const ins = use.ins();
  const done = ofLiterals(lowering.op, ins);
  if (done !== null) return done;
  if (!ins.some(isComputed) || OPERATORS.has(lowering.op)) return lowering.print(use);
  const ofNumbers = ins.every((x) => x.number === true) ? OF_NUMBERS.get(lowering.op) : undefined;
  if (ofNumbers !== undefined) return ofNumbers(...ins);
  const tensors = ins.map((x) => (isComputed(x) ? call("torch.tensor", x) : x));
  return lowering.print({ ...use, ins: () => tensors });
};

/** A choice by a number is Python's. */
const choose = (lowering: Lowering): Lowering => ({
  ...lowering,
  print: (use) => {
    const [condition, yes, no] = use.ins();
    if (condition === undefined || yes === undefined || no === undefined || condition.number !== true) return printed(lowering, use);
    if (isLiteral(condition)) return known(use, Number(condition.text) !== 0 ? 1 : 2);
    return code(`${at(yes, LEVEL.compare)} if ${at(condition, LEVEL.compare)} else ${at(no, LEVEL.compare)}`, LEVEL.ternary);
  },
});

/** The branch that is always taken, in the shape of the choice. */
const known = (use: Use, k: 1 | 2): Code => {
  const [taken, left] = [input(use, k), input(use, 3 - k)];
  if (taken.number === true) return left.number === true ? taken : call("torch.full_like", left, taken);
  const fits = rankOf(typeOf(use, k)) === rankOf(use.type) && (use.batched[k] === true || use.batched[3 - k] !== true);
  return fits || left.number === true ? taken : method(wide(use, k), "expand_as", left);
};

/** The slope of a square has an exponent of 1. */
const raise = (lowering: Lowering): Lowering => ({
  ...lowering,
  print: (use) => (use.ins()[1]?.text === "1" && rankOf(typeOf(use)) === rankOf(use.type) ? input(use) : printed(lowering, use)),
});

/** What more is known of some ops where numbers are written. */
const KNOWN: ReadonlyMap<OpName, (lowering: Lowering) => Lowering> = new Map([["core.where", choose], ["core.pow", raise]]);

const adapt = (lowering: Lowering): Lowering => {
  if (lowering.inline === true) return lowering;
  return KNOWN.get(lowering.op)?.(lowering) ?? { ...lowering, print: (use) => printed(lowering, use) };
};

export const explicitLowerings = (more: readonly Lowering[] = []): Lowerings => tableOf([...[...LOWERINGS, ...more].map(adapt), ...ADJOINTS]);

/** For programs that autograd goes back through from values that our equations have made. */
export const surrogateLowerings: readonly Lowering[] = [...ADJOINTS, ...LOWERINGS.map(adapt)];

/**
 * What the equations keep whole: all that have a lowering, but what behaves otherwise in training, changes its parameters itself, or
 * computes over the whole batch, of which a process has but a part.
 */
export const loweredExplicitly = (more: readonly Lowering[] = []): ((op: AnyOp) => boolean) => {
  const table = explicitLowerings(more);
  return (op) => op.forward.tag === "primitive" || (table.has(op.name) && op.effect === "pure" && op.statistics === undefined && op.overBatch !== true);
};

/** What each process has of a value over all rows is its part of a sum. */
export const overProcesses = (lowerings: Lowerings, env: Env): Lowerings =>
  new Map([...lowerings].map(([name, lowering]) => {
    if (env.ops.get(name)?.collective !== true) return [name, lowering];
    const print = (use: Use): Code => {
      const part = lowering.print(use);
      return use.batched.includes(true) && part.number !== true && use.over.some((over) => over === "batch" || over === "both") ? call(EVERYWHERE, part) : part;
    };
    return [name, { ...lowering, print }];
  }));
const EVERYWHERE = "everywhere";

export const countEverywhere = defineFunction({
  name: COUNT_EVERYWHERE, arguments: [["part", "Tensor"]], returns: "int", doc: "How many instances all processes have of a value, of one process those that it has.",
  lines: ["if not dist.is_initialized():", "    return len(part)", "count = torch.tensor(len(part), device=part.device)", "dist.all_reduce(count)", "return int(count.item())"],
});

export const everywhere = defineFunction({
  name: EVERYWHERE, arguments: [["part", "Tensor"]], returns: "Tensor", doc: "The sum of the parts that all processes have, of one process the part itself.",
  lines: ["whole = part.contiguous()", "if dist.is_initialized():", "    dist.all_reduce(whole)", "return whole"],
});
