import * as t from "io-ts/lib/index.js";
import * as E from "fp-ts/lib/Either.js";
import type { Diagnostic, Env, Node, Operand, Program, Transform } from "@sequent/ir";
import { attributes, custom, directives, INITIALISERS, losses, NO_ATTRIBUTES, number, ops, positive } from "@sequent/ir";
import { elaborate, parse } from "../../src/index.js";

/** A number or a schedule; what a rate is stands in the transforms' own package. */
const rate = (fallback: number) => custom(t.unknown, "a rate")("the learning rate", fallback);

const base = { aliases: [], doc: "", attributes: NO_ATTRIBUTES, forward: null, autodiff: null, update: null, treat: null, renew: null };
const none = () => () => [];
const treat = (order: "gradient" | "optimizer") => ({ order, build: (_: unknown, group: unknown) => group }) as never;
const transforms = [
  { ...base, name: "nograd", autodiff: none },
  { ...base, name: "frozen", update: none },
  { ...base, name: "target", attributes: attributes({ every: positive("Updates", 500) }), renew: (_: unknown, live: Operand) => live },
  { ...base, name: "ema", attributes: attributes({ tau: positive("rate", 0.005) }), renew: (_: unknown, live: Operand) => live },
  { ...base, name: "clip_grad", attributes: attributes({ c: positive("norm", 1) }), treat: treat("gradient") },
  { ...base, name: "adam", aliases: ["adam_opt"], attributes: attributes({ lr: rate(1e-3), beta1: number("decay", 0.9) }), treat: treat("optimizer") },
  { ...base, name: "adamw", attributes: attributes({ lr: rate(1e-3), weight_decay: number("decay", 0.01) }), treat: treat("optimizer") },
  { ...base, name: "sgd", attributes: attributes({ lr: rate(1e-2) }), treat: treat("optimizer") },
] as unknown as Transform[];

export const environment = (notes: Diagnostic[]): Env => ({
  ops: new Map(ops.map((op) => [op.name, op])),
  transforms: new Map(transforms.flatMap((one) => [one.name, ...one.aliases].map((name) => [name, one] as const))),
  losses: new Map(losses.map((one) => [one.name, one])),
  initialisers: new Map(INITIALISERS.map((one) => [one.name, one])),
  directives: new Map(directives.map((one) => [one.name, one])),
  facts: new Map(),
  note: (diagnostic) => notes.push(diagnostic),
});

export interface Outcome {
  readonly program: Program | null;
  readonly all: readonly Diagnostic[];
  readonly codes: readonly string[];
}

/** Reads and elaborates a text; diagnostics of both stages, in one list. */
export const outcome = (text: string): Outcome => {
  const notes: Diagnostic[] = [];
  const parsed = parse(text, "main.seq");
  const result = elaborate(parsed.program, text)(environment(notes));
  const all = [...parsed.diagnostics, ...(E.isLeft(result) ? result.left : []), ...notes];
  return { program: E.isRight(result) ? result.right : null, all, codes: all.map((one) => one.code) };
};

/** The program of a text that has no errors. */
export const programOf = (text: string): Program => {
  const { program, all } = outcome(text);
  if (program === null || all.some((one) => one.severity === "error")) throw new Error(JSON.stringify(all, null, 1));
  return program;
};

const context = (x: Operand): string => {
  const { at } = x;
  const m = (t: { from: string; plus: number }): string => `${t.from}${t.plus === 0 ? "" : t.plus > 0 ? `+${String(t.plus)}` : String(t.plus)}`;
  if (at.tag === "over") return `@all`;
  if (at.tag === "at") return at.time.from === "t" && at.time.plus === 0 ? "" : `@${m(at.time)}`;
  const { lower, upper } = at.tag === "fan" ? at.range : at.on;
  return `@${m(lower)}..${m(upper)}`;
};

/** A value written out, down to names; what a test compares, free of numbering. */
export const show = (p: Program, x: Operand, depth = 12): string => {
  const named = p.names.find((name) => name.node === x.node)?.name;
  const text = named ?? showNode(p, p.nodes[x.node]!, depth);
  return `${x.old ? "old " : ""}${text}${context(x)}`;
};

export const showNode = (p: Program, node: Node, depth = 12): string => {
  if (depth === 0) return "…";
  const inner = (x: Operand): string => show(p, x, depth - 1);
  const m = (t: { from: string; plus: number }): string => `${t.from}${t.plus === 0 ? "" : t.plus > 0 ? `+${String(t.plus)}` : String(t.plus)}`;
  switch (node.tag) {
    case "input":
      return `input ${node.name}${node.time === true ? "_t" : ""}`;
    case "param":
      return p.params[node.param]!.name;
    case "pick":
      return `${inner({ node: node.of, at: { tag: "at", time: { from: "t", plus: 0 } }, old: false })}.${String(node.result)}`;
    case "op":
      if (node.op === "core.constant") return JSON.stringify(node.attrs["value"]);
      return `${node.op.replace("core.", "")}${Object.keys(node.attrs).length > 0 ? JSON.stringify(node.attrs) : ""}(${node.ins.map(inner).join(", ")})`;
    default:
      return `{${node.pieces.map((piece) => `${piece.on === null ? "" : `${m(piece.on.lower)}..${m(piece.on.upper)}: `}${inner(piece.value)}`).join("; ")}}`;
  }
};

/** The equation of a name. */
export const equation = (p: Program, name: string): string => {
  const found = p.names.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no name ${name} among ${p.names.map((one) => one.name).join(", ")}`);
  return showNode(p, p.nodes[found.node]!);
};

export const paramNames = (p: Program): readonly string[] => p.params.map((param) => param.name).sort();
