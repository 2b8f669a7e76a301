/** The same program with its steps counted from another number on, so that what follows may take it that data begin with step 1. */
import { createBuilder, FIRST_STEP, isEmptySteps, isStepNumber, moment, NOWHERE, operandsOf, shiftMoment } from "@sequent/ir";
import type { Call, Context, Dim, Domain, Env, Interval, Moment, Node, NodeId, Objective, Operand, Override, Piece, Program, TensorType } from "@sequent/ir";

export const shifted = (m: Moment, by: number): Moment => (m.from === "0" ? shiftMoment(m, by) : m);
/** Steps that are counted from the beginning, by so many later. */
export const shiftedSteps = (on: Interval, by: number): Interval => ({ lower: shifted(on.lower, by), upper: shifted(on.upper, by) });
export const shiftedContext = (at: Context, by: number): Context => {
  if (at.tag === "at") return { ...at, time: shifted(at.time, by) };
  return at.tag === "range" ? { ...at, on: shiftedSteps(at.on, by) } : at;
};

/** The length of a range, of which the numbers are steps. */
const shiftedExtent = (dim: Dim, by: number): Dim => {
  if (typeof dim === "number") return dim;
  const [lower = "", upper = ""] = dim.split("..").map((end) => (/^-?\d+$/.test(end) ? String(Number(end) + by) : end));
  return `${lower}..${upper}`;
};

/** The earliest step that a value may have: what reads others begins with step 0, a boundary equation may give the one before. */
const earliest = (node: Node | undefined): number => (node?.tag === "op" || node?.tag === "pick" ? 0 : -1);

/** The domains, without steps that are too early and that nothing needs; null: something does. */
const shiftedDomains = (program: Program, by: number): readonly Domain[] | null => {
  const early = new Set<NodeId>();
  const domains = (program.domains ?? []).map((one, id): Domain => {
    const time = one.time === null ? null : shiftedSteps(one.time, by), least = earliest(program.nodes[id]);
    if (time === null || isEmptySteps(time) || time.lower.from !== "0" || time.lower.plus >= least) return { ...one, time };
    early.add(id);
    return { ...one, time: { ...time, lower: moment("0", least) } };
  });
  const lowerOf = (id: NodeId): number => { const lower = domains[id]?.time?.lower; return lower?.from === "0" ? lower.plus : Infinity; };
  const isNeeded = (reader: NodeId, { node, at }: Operand): boolean =>
    early.has(node) && (at.tag !== "at" || at.time.from === "0" || (at.time.from === "t" && lowerOf(reader) + at.time.plus < lowerOf(node)));
  const counts = [...program.objectives, ...program.metrics].some(({ mean }) => mean !== null && early.has(mean));
  return counts || program.nodes.some((node, reader) => operandsOf(node).some((x) => isNeeded(reader, x))) ? null : domains;
};

/**
 * Each step counted from the beginning is called by a number that is `by` greater; the program's own numbers of steps (`t`) stay what they are. The
 * fact `timed` holds: what exists where is not found again, for the steps that an episode begins with are others now. Null: a value begins too early to be counted.
 */
export const renumbered = (program: Program, env: Env, by: number): Program | null => {
  if (by === 0) return program;
  const moveRead = (x: Operand): Operand => ({ ...x, at: shiftedContext(x.at, by) });
  const movePiece = (piece: Piece): Piece => ({ ...piece, on: piece.on === null ? null : shiftedSteps(piece.on, by), value: moveRead(piece.value) });
  const moveNode = (node: Node): Node => {
    if (node.tag === "op") return { ...node, ins: node.ins.map(moveRead) };
    return node.tag === "cases" || node.tag === "sum" ? { ...node, pieces: node.pieces.map(movePiece) } : node;
  };
  const domains = shiftedDomains(program, by);
  if (domains === null) return null;
  const types = (program.types ?? []).map((list) => list.map((type): TensorType => ({ ...type, shape: type.shape.map((dim) => shiftedExtent(dim, by)) })));
  const b = createBuilder({ ...program, domains, types }, env);
  program.nodes.forEach((node, id) => {
    if (isStepNumber(node)) {
      b.within(program.callOf[id] ?? null, program.spans[id] ?? NOWHERE);
      b.define(id, { tag: "op", op: "core.sub", attrs: {}, ins: [b.own(b.op(node.op, [], node.attrs)), b.constant(by)] });
    } else b.define(id, moveNode(node));
  });
  const moveObjective = (one: Objective): Objective => one.tag === "match"
    ? { ...one, from: moveRead(one.from), target: moveRead(one.target), weight: one.weight === null ? null : moveRead(one.weight) }
    : { ...one, from: one.from.map(moveRead), objective: moveRead(one.objective) };
  const moveOverride = (one: Override): Override => one.tag === "transform" ? one
    : { ...one, ins: one.ins.map((x) => (x === null ? null : moveRead(x))), params: one.params.map((param) => ({ ...param, gradient: moveRead(param.gradient) })) };
  const moveCall = (call: Call): Call => ({ ...call, ins: call.ins.map(moveRead), outs: call.outs.map(moveRead), override: call.override === null ? null : moveOverride(call.override) });
  const made = b.finish({ objectives: program.objectives.map(moveObjective), metrics: program.metrics.map((one) => ({ ...one, value: moveRead(one.value) })) });
  return { ...made, calls: made.calls.map(moveCall) };
};

/** How much later than the user's the numbers are of steps that are counted from 1, of sequences whose first step is `from`. */
export const laterBy = (from: number): number => FIRST_STEP - from;
