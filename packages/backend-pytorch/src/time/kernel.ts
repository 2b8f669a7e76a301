/** A recognised recurrence as one call of PyTorch's kernel; the parameters stay where they are, and are put together for it. */
import { invariant, read, sameSteps } from "@sequent/ir";
import type { NodeId, Operand } from "@sequent/ir";
import { add, at, atom, call, LEVEL } from "../model/code.js";
import type { Code } from "../model/code.js";
import type { Scribe } from "../model/body.js";
import { temporary } from "../model/body.js";
import { nameIn } from "../model/emission.js";
import { stepsOfCell } from "./cells.js";
import type { Affine, Columns, Match } from "./cells.js";
import { spreadStep } from "./step.js";
import type { Loop } from "./plan.js";
import { readKept, rowPlace, subscript, validOf } from "./read.js";
import { keptOf } from "./reading.js";
import { isLong } from "./slices.js";

const cat = (parts: readonly Code[], axis = ""): Code => {
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : call("torch.cat", `[${parts.map((x) => x.text).join(", ")}]`, ...(axis === "" ? [] : [axis]));
};

export const printKernel = (scribe: Scribe, loop: Loop, match: Match): void => {
  const { emission, reading, values } = scribe;
  const { program, time } = emission;
  const isForward = loop.direction === "forward";
  const main = stepsOfCell(program, match, time.stepsOf);
  // A kernel wants one step at least.
  reading.horizon.asks({ ...main, upper: { ...main.upper, plus: main.upper.plus - 1 } });
  const node = program.nodes[match.output];
  const gateItem = (node?.tag === "cases" ? node.pieces.find((piece) => piece.on === null || isLong(piece.on))?.value.node : undefined) ?? match.output;
  const name = (base: string, code: Code): Code => {
    if (/^[\w.]+$/.test(code.text)) return code;
    const variable = scribe.names.take(base);
    scribe.tell({ tag: "node", id: gateItem }, `${variable} = ${code.text}`);
    return atom(variable);
  };
  const value = (x: Operand): Code => {
    const steps = time.stepsOf(x.node);
    invariant(steps !== null, "an input of a kernel has steps");
    return readKept(keptOf(emission, x.node, reading.value(read(x.node)), steps), x.at, main, reading.horizon);
  };
  const x = cat(match.inputs.map(value), "-1");
  // Rows of their own lengths are turned around each by itself.
  const ends = isForward || reading.horizon.last === null ? null : rowPlace(reading.horizon.last, main.upper.plus - main.lower.plus + 1);
  const turned = (of: Code): Code => (ends === null ? call(`${at(of, LEVEL.atom)}.flip`, "0") : call("reverse_rows", of, ends));
  const inputs = isForward ? x : turned(x);
  const starts = match.states.map((state) => `${at(startOf(scribe, state), LEVEL.atom)}[None]`);
  const [first] = match.gates;
  invariant(first !== undefined, "a cell has a gate");
  const weightOf = (id: NodeId): Code => reading.value(read(id));
  const biasOf = (gate: Affine): Code => gate.biases.map(weightOf).reduce(add);
  // Where all gates keep theirs alike in one weight, it is put together once.
  const isUniform = match.gates.every((gate) => gate.inputs.every((part, k) =>
    part.weight === gate.carried.weight && part.from === first.inputs[k]?.from && gate.carried.from === first.carried.from));
  const run = first.inputs.every((part, k) => k === 0 || part.from === first.inputs[k - 1]?.to);
  const columns = (part: Columns): Code => (part.whole ? weightOf(part.weight) : subscript(weightOf(part.weight), `:, ${part.from === 0 ? "" : String(part.from)}:${String(part.to)}`));
  const slice = (of: Code, from: number, to: number): string => `${of.text}[:, ${from === 0 ? "" : String(from)}:${String(to)}]`;
  let pair: readonly string[];
  if (isUniform && run) {
    const weight = name("weight", cat(match.gates.map((gate) => weightOf(gate.carried.weight))));
    pair = [slice(weight, first.inputs[0]?.from ?? 0, first.inputs.at(-1)?.to ?? 0), slice(weight, first.carried.from, first.carried.to)];
  } else {
    const inner = name("weight_x", cat(match.gates.map((gate) => cat(gate.inputs.map(columns), "-1"))));
    pair = [inner.text, name("weight_h", cat(match.gates.map((gate) => columns(gate.carried)))).text];
  }
  const hasBias = first.biases.length > 0;
  const bias = hasBias ? name("bias", cat(match.gates.map(biasOf))) : null;
  const weights = `[${[...pair, ...(bias === null ? [] : [bias.text, `torch.zeros_like(${bias.text})`])].join(", ")}]`;
  const start = starts.length === 1 ? (starts[0] ?? "") : `(${starts.join(", ")})`;
  const out = scribe.names.take(nameIn(emission, scribe.around.scope, match.output) ?? temporary(emission, match.output));
  const flags = [`has_biases=${hasBias ? "True" : "False"}`, "num_layers=1", "dropout=0.0", "train=True", "bidirectional=False", "batch_first=False"];
  const rest = match.states.map(() => "_").join(", ");
  scribe.tell({ tag: "node", id: gateItem }, `${out}, ${rest} = ${match.kernel}(${[name("inputs", inputs).text, start, weights, ...flags].join(", ")})`);
  // The kernel gives what the loop makes; where the start is read too, it stands beside it.
  const steps = time.stepsOf(match.output);
  const valid = ends === null ? null : validOf(main, reading.horizon);
  const made = isForward ? out : valid === null ? turned(atom(out)).text : `torch.where(${valid}[..., None], ${turned(atom(out)).text}, ${starts[0] ?? ""})`;
  if (steps !== null && !sameSteps(steps, main)) scribe.tell(null, `${out} = torch.cat([${(isForward ? [starts[0] ?? "", made] : [made, starts[0] ?? ""]).join(", ")}])`);
  else if (!isForward) scribe.tell(null, `${out} = ${turned(atom(out)).text}`);
  values.set(match.output, atom(out));
};

/** A state where it does not come from the loop: [batch, features]. */
const startOf = (scribe: Scribe, state: NodeId): Code => {
  const { emission, reading } = scribe;
  const node = emission.program.nodes[state];
  const piece = node?.tag === "cases" ? node.pieces.find((one) => one.on !== null && !isLong(one.on)) : undefined;
  const on = piece?.on ?? null;
  invariant(piece !== undefined && on !== null, "a state has a start");
  const steps = emission.time.stepsOf(piece.value.node);
  const kept = reading.value(read(piece.value.node));
  const value = steps === null ? kept : subscript(readKept(keptOf(emission, piece.value.node, kept, steps), piece.value.at, on, reading.horizon), piece.value.at.tag === "at" && piece.value.at.time.from !== "t" ? "" : "0");
  const variable = scribe.names.take(`${nameIn(emission, scribe.around.scope, state) ?? "h"}_start`);
  scribe.tell({ tag: "node", id: state }, `${variable} = ${spreadStep(scribe, state, piece, value).text}`);
  return atom(variable);
};
