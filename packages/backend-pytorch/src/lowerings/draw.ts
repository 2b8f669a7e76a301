/** Draws: our own numbers by `noise`, or torch's. A draw has the batch in front. */
import type { OpName } from "@sequent/ir";
import { call, literal, method, quoted } from "../model/code.js";
import type { Code } from "../model/code.js";
import type { Lowering, Use } from "./lowering.js";
import { plusText } from "../time/read.js";
import { input, lower, numberOf, typeOf } from "./support.js";

const streamOf = (use: Use): string => {
  const { stream } = use.attrs;
  return quoted(typeof stream === "string" ? stream : "");
};
/** `noise.normal("z", 8)`, or `torch.randn(rows, 8)`. */
const drawn = (use: Use, ours: string, theirs: string, shape: readonly (number | string)[]): Code =>
  use.random === "philox"
    ? call(`${noiseOf(use)}.${ours}`, streamOf(use), ...shape.map(String))
    : call(`torch.${theirs}`, ...sizesBefore(use), ...shape.map(String));
/** The numbers of a step, or of all. */
const noiseOf = (use: Use): string => {
  const clock = use.clock();
  return clock === null ? "noise" : `noise.at(${plusText(clock.text, -use.laterBy)})`;
};
const sizesBefore = (use: Use): readonly string[] => (use.lead === 2 ? [use.steps(), use.rows] : [use.rows]);

const draw = (op: OpName, print: (use: Use) => Code, more: Partial<Lowering> = {}): Lowering => lower(op, print, { forward: true, ...more });
const asFloat = (x: Code): Code => method({ text: `(${x.text})`, level: 11 }, "to", "torch.get_default_dtype()");

export const DRAWS: readonly Lowering[] = [
  draw("core.uniform", (use) => drawn(use, "uniform", "rand", use.type.shape)),
  draw("core.normal", (use) => drawn(use, "normal", "randn", use.type.shape)),
  draw("core.bernoulli", (use) => {
    const u = drawn(use, "uniform", "rand", typeOf(use).shape);
    return asFloat({ text: `${u.text} < ${input(use).text}`, level: 3 });
  }),
  draw("core.choice", (use) => {
    const n = String(numberOf(use.attrs["n"], 1));
    if (use.random === "torch") return call("torch.randint", n, `(${[...sizesBefore(use), ""].join(", ").trim()})`);
    return method({ text: `(${drawn(use, "uniform", "rand", []).text} * ${n})`, level: 11 }, "long");
  }),
  draw("core.sample", (use) => {
    const p = input(use);
    const shape = typeOf(use).shape;
    if (use.attrs["from"] === "sigmoid") return method({ text: `(${drawn(use, "uniform", "rand", shape).text} < ${p.text})`, level: 11 }, "long");
    const u = drawn(use, "uniform", "rand", shape.slice(0, -1));
    const below = `(${method(p, "cumsum", "-1").text} <= ${method(u, "unsqueeze", "-1").text})`;
    return method(method({ text: below, level: 11 }, "sum", "-1"), "clamp", `max=${String(Number(shape.at(-1)) - 1)}`);
  }),
  draw("core.dropout_mask", (use) => {
    const kept = 1 - numberOf(use.attrs["p"], 0.5);
    if (use.random === "philox") return call(`${noiseOf(use)}.dropout_mask`, streamOf(use), literal(1 - kept), ...typeOf(use).shape.map(String));
    const u = drawn(use, "uniform", "rand", typeOf(use).shape);
    return { text: `(${u.text} < ${literal(kept).text}) / ${literal(kept).text}`, level: 8 };
  }),
  draw("core.dropout", (use) => {
    const p = numberOf(use.attrs["p"], 0.5);
    if (use.random === "torch") {
      use.needs("F");
      return call("F.dropout", input(use), literal(p), "self.training");
    }
    const keeps = call(`${noiseOf(use)}.dropout`, input(use), streamOf(use), literal(p), "self.training");
    return keeps;
  }),
];
