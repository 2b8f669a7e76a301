/** A model that learns window by window: what a window leaves for the next, as a NamedTuple of tensors. */
import { FIRST_STEP, invariant, moment } from "@sequent/ir";
import type { Horizon as Windows, Interval, Moment, NodeId, Operand, Program } from "@sequent/ir";
import { isSingle, laterBy } from "@sequent/transform-time";
import type { Windowed, WindowPart, WindowParts } from "@sequent/transform-time";
import type { Body } from "../model/body.js";
import { atom, call, method } from "../model/code.js";
import type { Code } from "../model/code.js";
import { defineFunction, typed } from "../model/definition.js";
import type { FunctionText } from "../model/definition.js";
import { inputName, unqualified } from "../model/emission.js";
import type { Emission } from "../model/emission.js";
import { createNames } from "../model/identifier.js";
import { plusText, readKept, subscript } from "./read.js";
import { keptOf } from "./reading.js";
import { fromFront } from "./slices.js";
import { spreadRow } from "./step.js";

/** The program of one window, and what its windows are. */
export interface WindowRequest extends Omit<Windowed, "program"> {
  readonly horizon: Windows;
  /** The steps of the shortest sequence of which every range has an element. */
  readonly leastSequence: number;
  /** The number that the user gives the first step of sequences, which is 1 in the program. */
  readonly from: number;
}

/** The same in parts: the program of the first window, and those of windows behind it with their gradients by our own equations, if these are asked for. */
export interface PartsRequest extends Pick<WindowParts, "left" | "causal"> {
  readonly horizon: Windows;
  readonly leastSequence: number;
  readonly from: number;
  readonly first: WindowPart;
  readonly later: readonly { readonly part: WindowPart; readonly program: Program; readonly equations: Program | null }[];
}

export interface CarriedField {
  /** Its name in `Carry`. */
  readonly field: string;
  /** Its name in checkpoints, and which steps it has. */
  readonly name: string;
  readonly steps: FieldSteps;
  /** The value that it is of, the first step that has it, and the last step of the shortest sequence that does. */
  readonly of: NodeId;
  readonly begins: number;
  readonly least: number;
  /** What is given to the program; null: it does not ask for it. */
  readonly input: NodeId | null;
  /** What stands there before the first window; null: nothing. */
  readonly start: Operand | null;
  readonly leaves: Leaves;
}

/** How many steps before the window, or which of the sequence, the first step first; whether it is one, which then has no axis. */
export interface FieldSteps {
  readonly tag: "before" | "at";
  readonly first: number;
  readonly last: number;
  readonly isOne: boolean;
}

/** Where a window has what it leaves: it stays, or these steps of a value, counted on with the steps of the window or not. */
type Leaves = { readonly tag: "stays" } | { readonly tag: "steps"; readonly from: NodeId; readonly lower: Moment; readonly upper: Moment; readonly moves: boolean };

export interface WindowPlan {
  readonly horizon: Windows;
  readonly first: number;
  readonly fields: readonly CarriedField[];
  /** What stands for the masks in arguments. */
  readonly masks: ReadonlyMap<NodeId, string>;
  readonly froms: readonly (number | null)[];
  readonly counts: readonly (NodeId | null)[];
  readonly causal: boolean;
  /** The number that the user gives the first step of sequences. */
  readonly from: number;
  /** The row at which the windows of this program begin; null: it serves all, and is given what stands before the first one. */
  readonly row: number | null;
}

export const CARRY = "carry";
/** What stands for a mask of steps or of sequences' ends in arguments. */
export const maskName = (from: number | null): string => (from === null ? "ends" : from === FIRST_STEP ? "counted" : `counted_from_${String(from)}`);

const masksOf = ({ masks }: Pick<Windowed, "masks">) =>
  ({ masks: new Map(masks.map(({ input, from }): [NodeId, string] => [input, maskName(from)])), froms: masks.map(({ from }) => from) });
const baseOf = (name: string): string => (name.startsWith("#") ? "state" : unqualified(name));

export const windowPlan = (request: WindowRequest): WindowPlan => {
  const names = createNames();
  const fields = request.carried.map(({ name, place, input, start, step, of, begins, least, from }): CarriedField => {
    const field = names.take(place.tag === "at" ? `${baseOf(name)}_at_${String(place.step - laterBy(request.from))}` : place.steps === 1 ? baseOf(name) : `${baseOf(name)}_${String(place.steps)}_before`);
    const at = place.tag === "at" ? place.step : place.steps, steps: FieldSteps = { tag: place.tag, first: at, last: at, isOne: true };
    return { field, name, steps, input, start, of, begins, least, leaves: place.tag === "at" ? { tag: "stays" } : { tag: "steps", from, lower: step, upper: step, moves: true } };
  });
  return { ...masksOf(request), horizon: request.horizon, first: request.first, fields, counts: request.counts, causal: request.causal, from: request.from, row: null };
};

/** The plan of one part: all have the same `Carry`, of which each is given what was left by then. */
export const partPlan = ({ left, horizon, causal, from }: PartsRequest, part: WindowPart): WindowPlan => {
  const names = createNames(), { row } = part;
  const fields = left.map((one): CarriedField => {
    const { name, of, begins, least, steps } = one;
    const base = baseOf(name);
    const field = names.take(steps.tag === "before" ? base : steps.lower === steps.upper ? `${base}_at_${String(steps.lower - laterBy(from))}` : `${base}_from_${String(Math.max(0, steps.lower - laterBy(from)))}`);
    const kept = part.leaving.get(one) ?? of;
    const leaves: Leaves = steps.tag === "before" ? { tag: "steps", from: kept, lower: moment("0", row + 1 - steps.count), upper: moment("0", row), moves: true }
      : row > 0 && steps.upper <= row ? { tag: "stays" }
      : { tag: "steps", from: kept, lower: moment("0", steps.lower), upper: moment("0", steps.upper), moves: false };
    const own: FieldSteps = steps.tag === "before" ? { tag: "before", first: steps.count, last: 1, isOne: isSingle(one) } : { tag: "at", first: steps.lower, last: steps.upper, isOne: isSingle(one) };
    return { field, name, steps: own, of, begins, least, input: part.given.find((given) => given.left === one)?.input ?? null, start: null, leaves };
  });
  return { ...masksOf(part), horizon, first: row + FIRST_STEP, fields, counts: part.counts, causal, from, row };
};

/** What a part is given. */
const givenTo = ({ fields }: WindowPlan): readonly (CarriedField & { readonly input: NodeId })[] => fields.flatMap((one) => (one.input === null ? [] : [{ ...one, input: one.input }]));
/** Whether a program is of windows behind the first alone. */
export const isLater = (plan: WindowPlan | null): boolean => (plan?.row ?? 0) > 0;
export const takesCarry = (plan: WindowPlan | null): boolean => plan !== null && givenTo(plan).length > 0;
export const isGiven = (plan: WindowPlan | null, id: NodeId): boolean => plan?.fields.some(({ input }) => input === id) === true;

/** What is carried and what counts, as it stands in a function's arguments. */
export const givenByWindow = (plan: WindowPlan | null): ReadonlyMap<NodeId, Code> =>
  new Map(plan === null ? [] : [
    ...givenTo(plan).map(({ input, field }): [NodeId, Code] => [input, atom(`${CARRY}.${field}`)]),
    ...[...plan.masks].map(([id, name]): [NodeId, Code] => [id, { ...atom(name), boolean: true }]),
  ]);

export const carryText = (plan: WindowPlan): string => [
  "class Carry(NamedTuple):", '    """What a window leaves for the next one."""', "", ...plan.fields.map(({ field }) => `    ${field}: Tensor`),
].join("\n");

/** The value before the first window: of each row. */
export const startCode = (emission: Emission, body: Body, { input, start, of }: CarriedField): Code => {
  const shape = ((emission.program.types ?? [])[input ?? of]?.[0]?.shape ?? []).map(String);
  const { rows, horizon } = body.reading;
  if (start === null) return call("torch.zeros", [rows, ...shape].join(", ") + horizon.device);
  const steps = emission.time.stepsOf(start.node);
  const kept = body.reading.value(start);
  if (steps !== null) return readKept(keptOf(emission, start.node, kept, steps), start.at, null, horizon);
  return spreadRow({ emission, reading: body.reading }, input ?? of, start.node, kept);
};

/** `carried`: the states after so many steps of a window, as constants. */
export const printCarried = (emission: Emission, plan: WindowPlan, fields: ReadonlyMap<NodeId, string>): FunctionText => {
  const sources = new Map<string, NodeId>();
  const stays = plan.fields.some(({ leaves }) => leaves.tag === "stays");
  const values = plan.fields.map((one) => {
    const { field, leaves } = one;
    if (leaves.tag === "stays") return `${field}=${CARRY}.${field}.detach()`;
    const name = fields.get(leaves.from) ?? inputName(emission, leaves.from);
    invariant(name !== null, "what is carried is kept");
    sources.set(name, leaves.from);
    const has = emission.time.stepsOf(leaves.from);
    invariant(has !== null, "what is carried has steps");
    const value = subscript(atom(name), placeOf(plan, one, leaves, has, name));
    return `${field}=${emission.live[leaves.from] === 1 ? method(value, "detach").text : value.text}`;
  });
  return defineFunction({
    name: "carried", arguments: [...typed(sources.keys()), ...typed(stays ? [CARRY] : [], "Carry"), ["steps", "int"]], returns: "Carry",
    doc: "What the first steps of a window leave for the next one, as constants.", lines: [`return Carry(${values.join(", ")})`],
  });
};

/** `steps + 1`, `max(0, steps - 2) : steps + 1`: where what is left stands in a value. What is not there yet, nobody reads. */
const placeOf = ({ horizon, first }: WindowPlan, { steps: { isOne } }: CarriedField, { lower, upper, moves }: Leaves & { readonly tag: "steps" }, has: Interval, name: string): string => {
  const from = fromFront(has, lower), to = fromFront(has, upper);
  invariant(from !== null && to !== null, "what is carried stands at known places");
  // Fewer steps than a window has are left where a burn-in begins within it, and by the burn-in itself.
  const least = horizon.burnIn === 0 ? horizon.back : Math.min(horizon.burnIn, Math.max(0, horizon.back - horizon.burnIn));
  if (!moves && isOne) return from < least ? String(from) : `min(${String(from)}, len(${name}) - 1)`;
  if (!moves) {
    // Steps that the window looks ahead at are left by the next one.
    const before = fromFront(has, moment("0", first));
    invariant(before !== null, "the first row of a window has a place");
    return `${from === 0 ? "" : String(from)}:${to < before + least ? String(to + 1) : `min(${String(to + 1)}, ${plusText("steps", before)})`}`;
  }
  const after = (n: number): string => plusText("steps", n);
  const atLeast = (n: number): string => (least + n >= 0 ? after(n) : `max(0, ${after(n)})`);
  // What looks ahead has no value at the end of a sequence.
  const looksAhead = has.upper.from === "T" && has.upper.plus < 0;
  if (isOne) return looksAhead ? `min(${atLeast(to)}, len(${name}) - 1)` : atLeast(to);
  return looksAhead ? `torch.arange(${atLeast(from)}, ${after(to + 1)}).clamp(max=len(${name}) - 1)` : `${atLeast(from)} : ${after(to + 1)}`;
};

/** The states that are carried on. */
export const rowsCarried = (plan: WindowPlan): readonly NodeId[] => [...new Set(plan.fields.flatMap(({ leaves }) => (leaves.tag === "steps" ? [leaves.from] : [])))];
