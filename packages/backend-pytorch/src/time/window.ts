/** A model that learns window by window: what a window leaves for the next, as a NamedTuple of tensors. */
import { FIRST_STEP, invariant } from "@sequent/ir";
import type { Horizon as Windows, Moment, NodeId, Operand } from "@sequent/ir";
import type { Windowed } from "@sequent/transform-time";
import type { Body } from "../model/body.js";
import { atom, call, method } from "../model/code.js";
import type { Code } from "../model/code.js";
import { defineFunction, typed } from "../model/definition.js";
import type { FunctionText } from "../model/definition.js";
import { unqualified } from "../model/emission.js";
import type { Emission } from "../model/emission.js";
import { createNames } from "../model/identifier.js";
import { readKept, subscript } from "./read.js";
import { keptOf } from "./reading.js";
import { fromFront } from "./slices.js";
import { spreadRow } from "./step.js";

/** The program of one window, and what its windows are. */
export interface WindowRequest extends Omit<Windowed, "program"> {
  readonly horizon: Windows;
  /** The steps of the shortest sequence of which every range has an element. */
  readonly leastSequence: number;
}

export interface CarriedField {
  /** Its name in `Carry`. */
  readonly field: string;
  /** Its name in checkpoints, and how many steps before the window it stands, or at which step. */
  readonly name: string;
  readonly place: Windowed["carried"][number]["place"];
  readonly input: NodeId;
  /** The states, or inputs, whose value it is after a window; null: it stays. */
  readonly from: NodeId | null;
  /** Where it stood before the window. */
  readonly step: Moment;
  readonly start: Operand | null;
  /** The value that it is of, and the first step that has it. */
  readonly of: NodeId;
  readonly begins: number;
}

export interface WindowPlan {
  readonly horizon: Windows;
  readonly first: number;
  readonly fields: readonly CarriedField[];
  /** What stands for the masks in arguments. */
  readonly masks: ReadonlyMap<NodeId, string>;
  readonly froms: readonly (number | null)[];
  readonly counts: readonly (NodeId | null)[];
  readonly causal: boolean;
}

export const CARRY = "carry";
/** What stands for a mask of steps or of sequences' ends in arguments. */
export const maskName = (from: number | null): string => (from === null ? "ends" : from === FIRST_STEP ? "counted" : `counted_from_${String(from)}`);

export const windowPlan = (request: WindowRequest): WindowPlan => {
  const names = createNames();
  const fields = request.carried.map((one): CarriedField => {
    const base = one.name.startsWith("#") ? "state" : unqualified(one.name);
    const { place } = one;
    const field = names.take(place.tag === "at" ? `${base}_at_${String(place.step)}` : place.steps === 1 ? base : `${base}_${String(place.steps)}_before`);
    return { field, name: one.name, place, input: one.input, start: one.start, step: one.step, of: one.of, begins: one.begins, from: place.tag === "at" ? null : one.from };
  });
  const masks = new Map(request.masks.map(({ input, from }): [NodeId, string] => [input, maskName(from)]));
  return { froms: request.masks.map(({ from }) => from), horizon: request.horizon, first: request.first, fields, masks, counts: request.counts, causal: request.causal };
};

/** What is carried and what counts, as it stands in a function's arguments. */
export const givenByWindow = (plan: WindowPlan | null): ReadonlyMap<NodeId, Code> =>
  new Map(plan === null ? [] : [
    ...plan.fields.map(({ input, field }): [NodeId, Code] => [input, atom(`${CARRY}.${field}`)]),
    ...[...plan.masks].map(([id, name]): [NodeId, Code] => [id, { ...atom(name), boolean: true }]),
  ]);

export const carryText = (plan: WindowPlan): string => [
  "class Carry(NamedTuple):", '    """What a window leaves for the next one."""', "", ...plan.fields.map(({ field }) => `    ${field}: Tensor`),
].join("\n");

/** The value before the first window: of each row. */
export const startCode = (emission: Emission, body: Body, { input, start }: CarriedField): Code => {
  const shape = ((emission.program.types ?? [])[input]?.[0]?.shape ?? []).map(String);
  const { rows, horizon } = body.reading;
  if (start === null) return call("torch.zeros", [rows, ...shape].join(", ") + horizon.device);
  const steps = emission.time.stepsOf(start.node);
  const kept = body.reading.value(start);
  if (steps !== null) return readKept(keptOf(emission, start.node, kept, steps), start.at, null, horizon);
  return spreadRow({ emission, reading: body.reading }, input, start.node, kept);
};

/** `carried`: the states after so many steps of a window, as constants. */
export const printCarried = (emission: Emission, plan: WindowPlan, fields: ReadonlyMap<NodeId, string>): FunctionText => {
  const sources = new Map<string, NodeId>();
  const stays = plan.fields.some(({ from }) => from === null);
  const values = plan.fields.map(({ field, from, step }) => {
    if (from === null) return `${field}=${CARRY}.${field}.detach()`;
    const name = fields.get(from);
    invariant(name !== undefined, "what is carried is kept");
    sources.set(name, from);
    const has = emission.time.stepsOf(from);
    const index = has === null ? null : fromFront(has, step);
    invariant(index !== null && index >= 0, "what is carried stands at known places");
    const value = subscript(atom(name), index === 0 ? "steps" : `steps + ${String(index)}`);
    return `${field}=${emission.live[from] === 1 ? method(value, "detach").text : value.text}`;
  });
  return defineFunction({
    name: "carried", arguments: [...typed(sources.keys()), ...typed(stays ? [CARRY] : [], "Carry"), ["steps", "int"]], returns: "Carry",
    doc: "What the first steps of a window leave for the next one, as constants.", lines: [`return Carry(${values.join(", ")})`],
  });
};

/** The states that are carried on. */
export const rowsCarried = (plan: WindowPlan): readonly NodeId[] => [...new Set(plan.fields.flatMap(({ from }) => from ?? []))];
