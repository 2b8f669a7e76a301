/** Puts one op into a program, in one of the ways the notation writes it. */
import * as E from "fp-ts/lib/Either.js";
import { typesOf } from "@sequent/ir";
import type { AnyOp, AttrValue, Attrs, Sample, TensorType } from "@sequent/ir";
import { define, flow, fresh, want, within } from "./draft.js";
import type { Draft } from "./draft.js";

/** Attributes that the elaborator gives, not the user. */
const GIVEN = new Set(["stream", "from", "time"]);
/** Ops that take only what another op has made: `sample` takes probabilities. */
const MADE_BY: Readonly<Record<string, string>> = { "core.sample": "softmax" };

export const writeValue = (value: AttrValue): string => {
  if (Array.isArray(value)) return `[${value.map(writeValue).join(", ")}]`;
  if (typeof value === "number" && value < 0) return `-${String(-value)}`;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
};
const keywords = (attrs: Attrs): string[] =>
  Object.entries(attrs)
    .filter(([name, value]) => !GIVEN.has(name) && value !== null)
    .map(([name, value]) => `${name}=${writeValue(value)}`);

/** The type of the result for a sample, or null if the op refuses it (its record is wrong then, and other tests say so). */
const resultType = (op: AnyOp, ins: readonly TensorType[], given: Attrs): TensorType | null => {
  const attrs = op.attributes.decode(given);
  if (E.isLeft(attrs)) return null;
  const types = typesOf(op, ins, attrs.right);
  return E.isRight(types) ? (types.right[0] ?? null) : null;
};

/** Ops that a user may write and that need nothing but values. */
export const isWritable = (op: AnyOp): boolean =>
  op.notation.tag !== "internal" && (op.effect === "pure" || op.effect === "draw") && op.samples.length > 0 && op.results === 1;

/** Statistics over the batch want several samples; a record says so by asking for them. */
const fits = (draft: Draft, sample: Sample): boolean => draft.rows > 1 || (sample.rows ?? 1) === 1;

export const applyOp = (draft: Draft, op: AnyOp): void => {
  const [first, ...rest] = op.samples.filter((sample) => fits(draft, sample));
  if (first === undefined) return;
  const sample = draft.choices.pick([first, ...rest]);
  const type = resultType(op, sample.ins.map((input) => input.type), sample.attrs);
  if (type === null) return;
  const attrs = op.attributes.decode(sample.attrs);
  const parameters = E.isRight(attrs) ? op.params(attrs.right).length : 0;
  const inputs = sample.ins.slice(0, sample.ins.length - parameters);
  const maker = sample.attrs["from"] === "sigmoid" ? "sigmoid" : MADE_BY[op.name];
  const names = inputs.map((input) => {
    const name = want(draft, input.type);
    // Now and then as it is: kinks and ties are met, and where an op is not defined the program is replaced.
    if (maker === undefined) return draft.choices.chance(0.25) ? name : within(draft, name, input.type, input.range);
    draft.tags.add(`op core.${maker}`);
    return flow(draft, name, maker, input.type);
  });
  draft.tags.add(`op ${op.name}`);
  write(draft, op, sample, names, type, parameters > 0);
};

const write = (draft: Draft, op: AnyOp, sample: Sample, names: readonly string[], type: TensorType, parametrised: boolean): void => {
  const { notation } = op;
  const [left = "", right = ""] = names;
  if (notation.tag === "infix") define(draft, names.length > 2 ? names.join(` ${notation.symbol} `) : `${left} ${notation.symbol} ${right}`, type);
  else if (notation.tag === "prefix") define(draft, `${notation.symbol}${left}`, type);
  else if (notation.tag === "call" && parametrised) applyParametrised(draft, op, notation.name, sample, names, type);
  else if (notation.tag === "call") {
    const attrs = keywords(sample.attrs);
    const inBrackets = names.length === 1 && draft.choices.chance(0.4);
    if (inBrackets) flow(draft, left, `${notation.name}${attrs.length > 0 ? `(${attrs.join(", ")})` : ""}`, type);
    else define(draft, `${notation.name}(${[...names, ...attrs].join(", ")})`, type);
  }
};

/** The width of a function whose parameters decide it, as an attribute: whichever gives this result. */
const widthOf = (op: AnyOp, sample: Sample, type: TensorType): Attrs => {
  if (!op.attributes.list.some((one) => one.name === "features")) return {};
  for (const size of [type.shape.at(-1), type.shape[0]]) {
    if (typeof size !== "number") continue;
    if (resultType(op, sample.ins.map((one) => one.type), { ...sample.attrs, features: size }) !== null) return { features: size };
  }
  return {};
};

/** A declared function; now and then one that is declared already, whose parameters are then tied. */
const applyParametrised = (draft: Draft, op: AnyOp, call: string, sample: Sample, names: readonly string[], type: TensorType): void => {
  const input = JSON.stringify([sample.ins.slice(0, names.length).map((one) => one.type), sample.attrs, type]);
  const known = draft.ties.find((tie) => tie.op === op.name && tie.input === input);
  if (known !== undefined && draft.choices.chance(0.7)) {
    draft.tags.add("tied parameter");
    flow(draft, names.join(", "), known.name, type);
    return;
  }
  const name = fresh(draft, "F");
  const kernel = kernelOf(op, sample);
  const attrs = keywords({ ...kernel, ...widthOf(op, sample, type), ...sample.attrs });
  draft.declarations.push(`${name} : ${call}${attrs.length > 0 ? `[${attrs.join(", ")}]` : ""}`);
  draft.ties.push({ name, op: op.name, input, output: type });
  flow(draft, names.join(", "), name, type);
};

/** The kernel size that a sample's weight implies where its attributes leave it out. */
const kernelOf = (op: AnyOp, sample: Sample): Attrs => {
  const weight = sample.ins[1];
  if (weight === undefined || !op.attributes.list.some((one) => one.name === "kernel")) return {};
  return { kernel: weight.type.shape.slice(2).map(Number) };
};
