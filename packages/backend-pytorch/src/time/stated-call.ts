/** What is left of a call that states gradients: an `autograd.Function` of one step, which gives results their gradients and the rest what the macro says. */
import { demandOrder, dependentOn, holdsStep, intersectSteps, isEmptySteps, isNow, NEVER, operandsOf, pieceSteps, read, readableOn, sameSteps, shiftMoment } from "@sequent/ir";
import type { Call, CallId, Env, Interval, Node, NodeId, Operand, Piece, Program, TableBuilder } from "@sequent/ir";
import type { LeftOfCall } from "../model/emission.js";
import { createCarries } from "./carries.js";
import type { Carry } from "./carries.js";
import { sameRead } from "./functions.js";
import { aheadOf, domainsWith, fromHere, isZero, laterBy, readsOfGradients } from "./gradient-steps.js";
import { createMasks } from "./step-masks.js";
import { isZeroOf } from "./vanishing.js";

interface Given {
  readonly id: CallId;
  /** The steps of the call, the same for all that it states. */
  readonly on: Interval;
  /** What the call gives of each result. */
  readonly handed: ReadonlyMap<NodeId, NodeId>;
  readonly isWithin: readonly boolean[];
  /** What depends on the gradients of the results. */
  readonly dependent: ReadonlySet<NodeId>;
  /** Whether the program is of one window, whose steps a gradient counts and `t` does not. */
  readonly isWindow: boolean;
}
interface Left {
  readonly call: Call;
  readonly left: LeftOfCall;
  readonly own: ReadonlySet<NodeId>;
  readonly carries: readonly Carry[];
  /** Something is given back even where nothing reaches the results. */
  readonly isForced: boolean;
  readonly names: ReadonlyMap<NodeId, string>;
}

/** What is computed backward, and what later steps have to bring, of the values that a gradient is made of. */
const backwardOf = (
  program: Program, env: Env, { handed, isWithin, dependent }: Pick<Given, "handed" | "isWithin" | "dependent">, laterBySteps: (x: Operand) => number | null, isThroughout: (x: Operand) => boolean,
) => {
  const forward = new Set(demandOrder(program.nodes, [...handed.keys(), ...program.nodes.flatMap((_, at) => (isWithin[at] === true ? [at] : []))].map((node) => read(node))));
  const elsewhere = new Set(program.nodes.flatMap((node) => operandsOf(node).flatMap((x) => (isNow(x.at) ? [] : [x.node]))));
  /** What the call's own results lead to: in a loop, later steps of it are not there yet. */
  const behind = dependentOn(program.nodes, program.nodes.flatMap((node, at) => (isWithin[at] !== true && operandsOf(node).some((x) => handed.has(x.node)) ? [at] : [])));
  const isLater = (x: Operand): boolean => { const by = laterBySteps(x); return by !== null && by > 0 && (behind.has(x.node) || !isThroughout(x)); };
  const known = new Map<NodeId, boolean>();
  const isBackward = (node: NodeId): boolean => {
    const found = known.get(node), made = program.nodes[node];
    if (found !== undefined) return found;
    known.set(node, false);
    const isPure = made?.tag === "op" && made.ins.length > 0 && env.ops.get(made.op)?.effect === "pure" && env.ops.get(made.op)?.overBatch !== true;
    /** It is made of what there is not yet. */
    const isOfLater = (x: Operand): boolean => isLater(x) || (isNow(x.at) && forward.has(node) && !dependent.has(x.node) && isBackward(x.node));
    const isAlone = isPure && ((!forward.has(node) && !elsewhere.has(node)) || made.ins.some(isOfLater));
    const backward = made !== undefined && operandsOf(made).length > 0 && (dependent.has(node) || isAlone);
    known.set(node, backward);
    return backward;
  };
  return { isLater, isBackward, behind };
};

/**
 * What the gradients alone are computed from is computed backward, too, from what the body and its surroundings make anyway: in a loop there is
 * nothing else yet. Null: a gradient needs what no step before or behind it has.
 */
export const gradientCall = (b: TableBuilder, program: Program, env: Env, { id, on, handed, isWithin, dependent, isWindow }: Given): Left | null => {
  const call = program.calls[id];
  if (call?.override?.tag !== "custom" || handed.size === 0) return null;
  const { override } = call;
  const results = call.outs.flatMap((x, k) => { const within = handed.get(x.node), seed = override.seeds[k]; return within === undefined || seed === undefined ? [] : [{ within, seed }]; });
  const stated = [
    ...call.ins.flatMap((x, k) => { const gradient = override.ins[k] ?? null; return gradient === null ? [] : [{ x, gradient, formal: call.formals[k] ?? "x" }]; }),
    ...override.params.map(({ param, gradient }) => ({ x: read(program.nodes.findIndex((node) => node.tag === "param" && node.param === param)), gradient, formal: "weight" })),
  ];
  const seeds = new Set<NodeId>(override.seeds);
  const domainAt = domainsWith(program, dependent, new Map(override.seeds.flatMap((seed, k) => { const out = call.outs[k]; return out === undefined ? [] : [[seed, out.node] as const]; })));
  const isThroughout = (x: Operand): boolean => { const has = domainAt(x.node).time, found = has === null ? null : readableOn(x.at, has); return found === null || sameSteps(intersectSteps(found, on), on); };
  if (!stated.every((one) => isThroughout(one.gradient))) return null;
  const ahead = aheadOf(program, readsOfGradients(program, stated.map((one) => one.gradient), dependent), [...handed.keys()]);
  if (ahead === null) return null;
  const { isLater, isBackward, behind } = backwardOf(program, env, { handed, isWithin, dependent }, (x) => laterBy(x, ahead), isThroughout);
  const carries = createCarries(b, program, { id, call, on, ahead });

  const inCall = <A>(node: NodeId | null, make: () => A): A => {
    b.within(id, (node === null ? undefined : program.spans[node]) ?? call.span);
    return make();
  };
  const fixed: Operand[] = [...[...handed.keys()].map((node) => read(node)), ...stated.map((one) => one.x)], saved: Operand[] = [];
  const placeIn = new Map<NodeId, Operand>();
  const save = (x: Operand): Operand => {
    if (program.nodes[x.node]?.tag === "op" && operandsOf(program.nodes[x.node] ?? { tag: "input", name: "" }).length === 0) return x;
    const made = isNow(x.at) ? x : inCall(null, () => b.op("core.here", [x]));
    if (![...fixed, ...saved].some((one) => sameRead(one, x))) saved.push(x);
    placeIn.set(made.node, x);
    return made;
  };
  const masks = createMasks(b, call);
  const end = ahead === 1 ? on.upper : on.lower;
  const copies = new Map<NodeId, Operand>([...seeds].map((seed) => [seed, read(seed)]));
  const problems = { isTold: true };
  const where = (steps: Interval, value: Operand, other: Operand, at: NodeId | null): Operand => {
    const mask = save(masks.on(steps, on));
    return inCall(at, () => b.op("core.where", [mask, value, other]));
  };
  const copyOf = (node: NodeId): Operand => {
    const known = copies.get(node), made = program.nodes[node];
    if (known !== undefined) return known;
    if (made === undefined || !isBackward(node)) return save(read(node));
    const copy = made.tag === "op" ? opOf(node, made) : made.tag === "cases" ? stateOf(node, made.pieces) : unknown(node);
    copies.set(node, copy);
    return copy;
  };
  const unknown = (node: NodeId): Operand => {
    problems.isTold = false;
    return read(node);
  };
  const opOf = (node: NodeId, made: Extract<Node, { readonly tag: "op" }>): Operand => {
    for (const x of made.ins.toReversed()) if (isNow(x.at) && isBackward(x.node)) copyOf(x.node);
    const has = domainAt(node).time, steps = has === null ? on : intersectSteps(has, on);
    const ins = made.ins.map((x) => through(x, steps));
    return inCall(node, () => read(b.node({ ...made, ins })));
  };
  /** Of several equations the one that holds for most steps, and others where they hold. */
  const stateOf = (node: NodeId, pieces: readonly Piece[]): Operand => {
    const held = pieces.flatMap((piece) => {
      const steps = intersectSteps(pieceSteps(piece, domainAt) ?? on, on);
      return isEmptySteps(steps) ? [] : [{ steps, value: through(fromHere(piece.value, steps), steps) }];
    });
    const longest = held.find(({ steps }) => steps.lower.from !== steps.upper.from) ?? held[0];
    return longest === undefined ? unknown(node) : held.reduce((all, one) => (one === longest ? all : where(one.steps, one.value, all, node)), longest.value);
  };
  /** A value that many steps later: behind the end what is given there, if it is not the 0 that comes there. */
  const laterOf = (node: NodeId, by: number, steps: Interval | null): Operand => {
    const at = shiftMoment(end, by * ahead), last = { lower: end, upper: end }, made = program.nodes[node];
    const given = made?.tag === "cases" ? made.pieces.find((piece) => holdsStep(pieceSteps(piece, domainAt) ?? NEVER, at))?.value : undefined;
    const come = carries.later(node, by);
    if (given === undefined) return steps !== null && holdsStep(steps, end) ? unknown(node) : come;
    return isZero(program.nodes[given.node]) ? come : where(last, through(domainAt(given.node).time === null ? given : fromHere(given, last, by * ahead), last), come, node);
  };
  const through = (x: Operand, steps: Interval): Operand => {
    const isCopied = seeds.has(x.node) || isBackward(x.node), by = laterBy(x, ahead);
    if (isNow(x.at)) return copyOf(x.node);
    if (!isCopied && !isLater(x)) return save(x);
    return by === null || by < 0 ? unknown(x.node) : laterOf(x.node, by, steps);
  };
  for (const { gradient } of stated) if (isNow(gradient.at) && isBackward(gradient.node)) copyOf(gradient.node);
  const found = stated.map((one) => through(one.gradient, on)), carried: Operand[] = [];
  for (const { of, steps } of carries.all) carried.push(steps === 1 ? copyOf(of) : laterOf(of, steps - 1, null));
  if (!problems.isTold || (isWindow && masks.areFromFirst())) return null;
  const isGradient = ({ of }: Carry): boolean => dependent.has(of);
  const given = [...found, ...carried.filter((_, k) => { const one = carries.all[k]; return one !== undefined && isGradient(one); })];
  const zeros = new Set([...seeds, ...carries.all.filter(isGradient).map((one) => one.seed)]);
  const made = Array.from({ length: b.size() }, (_, node) => b.nodeAt(node));
  // Behind the end of its row nothing reaches a step, and it gives nothing back; a step that each row has but once is not there.
  const isSilent = on.upper.from !== "T" || isZeroOf(made, env, new Set([...zeros, ...masks.ofOneStep()]))(given);
  const inRows = (gradient: Operand): Operand => {
    if (isSilent) return gradient;
    const mask = save(masks.until(on.upper));
    return inCall(null, () => b.op("core.where", [mask, gradient, b.constant(0)]));
  };
  const gradients = found.map(inRows), back = carried.map(inRows);
  const { all } = carries;
  const ins = [...[...handed.keys()].map((node) => read(node)), ...all.map((one) => one.given), ...stated.map((one) => one.x), ...saved];
  carries.close(ins.some((x) => behind.has(x.node)) ? null : [...handed.values()]);
  return {
    isForced: !isZeroOf(made, env, zeros)(given), names: masks.names(), own: new Set([...copies.values()].flatMap(({ node }) => (placeIn.has(node) ? [] : [node]))), carries: all,
    left: { places: new Map([...placeIn].map(([node, x]) => [node, ins.findIndex((one) => sameRead(one, x))])), carries: all.length },
    call: {
      ...call, instance: `${call.instance}.gradient_${String(id)}`, outs: [...results.map((one) => one.within), ...all.map((one) => one.within)].map((node) => read(node)), ins,
      formals: [...[...handed].map(() => "y"), ...all.map(() => "later"), ...stated.map((one) => one.formal), ...saved.map((x) => masks.names().get(x.node) ?? "saved")],
      override: {
        tag: "custom", params: [], seeds: [...results.map((one) => one.seed), ...all.map((one) => one.seed)],
        ins: [...[...handed].map(() => null), ...back, ...gradients, ...saved.map(() => null)],
      },
    },
  };
};
