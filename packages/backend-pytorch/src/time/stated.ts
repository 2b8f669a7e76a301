/**
 * A gradient that a macro states for itself, where the macro's body can be no function of one instance: it holds a recurrence, reads other steps,
 * or draws. The body then stands in the scope around it and reads detached what has a gradient of its own, and what is left of the call is an
 * `autograd.Function` of one instance behind it, of its results, of what the gradients go to, and of what they are computed from. Forward it
 * passes the results on; backward it gives the body their gradient, and to the rest what the macro says.
 */
import { createBuilder, demandOrder, intersectSteps, isEmptySteps, isNow, operandsOf, read, sameSteps, shiftMoment, shiftSteps, stepsOf } from "@sequent/ir";
import type { Call, CallId, Domain, Env, Interval, Node, NodeId, Operand, Override, Program, TableBuilder } from "@sequent/ir";
import { dependentOn } from "../model/custom.js";
import { keepFunctions, sameRead } from "./functions.js";
import { chainOf, planOf } from "./plan.js";

export interface Stated {
  readonly program: Program;
  /** What is read, from outside of the body, in place of a result. */
  readonly passed: ReadonlyMap<NodeId, NodeId>;
  /** What new values are called that have no name of the user's. */
  readonly names: ReadonlyMap<NodeId, string>;
  /** Calls that are left as nothing but a gradient: by the values that their backward begins with, the places of these among what is given. */
  readonly gradients: ReadonlyMap<CallId, ReadonlyMap<NodeId, number>>;
}
type Custom = Extract<Override, { readonly tag: "custom" }>;

export const unparted = (program: Program): Stated => ({ program, passed: new Map(), names: new Map(), gradients: new Map() });

/** Calls with a gradient of their own that are not kept as functions. */
const dissolvedGradients = (program: Program, env: Env): ReadonlySet<CallId> => {
  if (!program.calls.some((call) => call.override?.tag === "custom")) return new Set();
  const kept = keepFunctions(program, env, wholePlan(program, env), false).program;
  const left = new Set(kept.callOf.flatMap((call) => chainOf(kept, call)));
  return new Set(program.callOf.flatMap((call) => chainOf(program, call).filter((id) => program.calls[id]?.override?.tag === "custom" && !left.has(id))));
};
const wholePlan = (program: Program, env: Env) => planOf(program, env, program.nodes.flatMap((node, id) => (node.tag === "param" || node.tag === "input" ? [] : [read(id)])));

export const partGradients = (program: Program, env: Env): Stated =>
  [...dissolvedGradients(program, env)].reduce((made, id): Stated => {
    const { program: next, passed, names, gradients } = partOne(made.program, env, id);
    return {
      program: next, names: new Map([...made.names, ...names]), gradients: new Map([...made.gradients, ...gradients]),
      passed: new Map([...passed, ...[...made.passed].map(([from, to]) => [from, passed.get(to) ?? to] as const)]),
    };
  }, unparted(program));

/** Calls whose gradient neither a function nor what is left of it can state: of other steps, or computed from what a loop has not made yet. */
export const unstated = ({ program, gradients }: Stated, env: Env): readonly CallId[] => {
  const { loops, loopOf } = wholePlan(program, env);
  const dissolved = dissolvedGradients(program, env);
  const isTooEarly = (id: CallId): boolean => (program.calls[id]?.outs ?? []).some((out) => {
    const loop = loopOf(out.node);
    if (loop === null) return false;
    const made = dependentOn(program, loops[loop]?.order ?? []);
    return (program.calls[id]?.ins ?? []).some((x) => made.has(x.node) && loopOf(x.node) !== loop);
  });
  return [...dissolved, ...[...gradients.keys()].filter((id) => !dissolved.has(id) && isTooEarly(id))];
};

/** What the calls are given that are left, by what they give. */
export const argumentsOf = (program: Program, { gradients }: Pick<Stated, "gradients">): ReadonlyMap<NodeId, readonly Operand[]> =>
  new Map([...gradients.keys()].flatMap((id) => (program.calls[id]?.outs ?? []).map((x) => [x.node, program.calls[id]?.ins ?? []] as const)));

/** With these: the text computes them, too. */
export const withArguments = (program: Program, stated: Pick<Stated, "gradients">, reads: readonly Operand[]): readonly Operand[] => {
  const given = argumentsOf(program, stated), all = [...reads];
  for (let before = -1; given.size > 0 && before < all.length;) {
    before = all.length;
    for (const id of demandOrder(program.nodes, all)) for (const x of given.get(id) ?? []) if (!all.some((one) => one.node === x.node)) all.push(read(x.node));
  }
  return all;
};

const partOne = (program: Program, env: Env, id: CallId): Stated => {
  const call = program.calls[id];
  if (call?.override?.tag !== "custom") return unparted(program);
  const { override } = call;
  const b = createBuilder(program, env);
  const isWithin = program.callOf.map((one) => chainOf(program, one).includes(id));
  const dependent = dependentOn(program, override.seeds);
  const outs = [...new Set(call.outs.map((x) => x.node))].filter((node) => isWithin[node] === true && !dependent.has(node));
  const on = stepsOfGradients(program, call, override, outs);
  const handed = on === null ? null : new Map(outs.map((node) => [node, handOn(b, program, call, id, node, on)]));
  const left = handed === null ? null : gradientCall(b, program, env, id, handed, isWithin, dependent);
  if (on === null || handed === null || left === null) return unparted(program);
  const passed = new Map([...handed].map(([node, { result }]) => [node, result]));
  const names = new Map([...handed].map(([node, { within }]) => [within, program.names.find((one) => one.node === node)?.name.split(".").at(-1) ?? "y"]));

  b.within(call.parent, call.span);
  const own = call.ins.flatMap((x, k) => ((override.ins[k] ?? null) === null ? [] : [{ x, formal: call.formals[k] ?? "x" }]));
  const params = new Set(override.params.map(({ param }) => paramNode(program, param)));
  const detached = (x: Operand): Operand => {
    const formal = own.find((one) => sameRead(one.x, x))?.formal;
    if (formal === undefined && !params.has(x.node)) return x;
    const made = b.op("core.detach", [x]);
    if (formal !== undefined) names.set(made.node, formal);
    return made;
  };
  /** What the body reads of what has a gradient of its own is a constant; a function of which one parameter has one is given all of them. */
  const inBody = (x: Operand, reader: Node): Operand => {
    const isBeside = reader.tag === "op" && program.nodes[x.node]?.tag === "param" && !params.has(x.node) && reader.ins.some((other) => params.has(other.node));
    return isBeside ? b.op("core.here", [x]) : detached(x);
  };
  const outside = (x: Operand): Operand => ({ ...x, node: passed.get(x.node) ?? x.node });
  const isOuter = (name: string): boolean => !name.startsWith(`${call.instance}.`);
  const named = new Set([...program.names.flatMap((name) => (isOuter(name.name) ? [name.node] : [])), ...program.calls.flatMap((one) => one.ins.map((x) => x.node))]);
  /** Who reads the gradient's own steps alone needs no others; what the user sees is one value, and so is an argument. */
  const readOutside = (x: Operand, steps: Interval | null): Operand => {
    const within = named.has(x.node) ? undefined : handed.get(x.node)?.within;
    const seen = steps === null || x.at.tag !== "at" || x.at.time.from !== "t" ? null : shiftSteps(steps, x.at.time.plus);
    return within !== undefined && seen !== null && sameSteps(intersectSteps(seen, on), seen) ? { ...x, node: within } : outside(x);
  };
  const nodes = program.nodes.map((node, at): Node =>
    left.own.has(at) ? node : isWithin[at] === true ? mapped(node, (x) => inBody(x, node)) : mapped(node, (x, holds) => readOutside(x, holds === undefined ? (program.domains?.[at]?.time ?? null) : holds)));
  const calls = program.calls.map((one, inner): Call => {
    if (inner === id) return left.call;
    if (!chainOf(program, inner).includes(id)) return { ...one, ins: one.ins.map(outside), outs: one.outs.map(outside) };
    return { ...one, parent: one.parent === id ? call.parent : one.parent, ins: one.ins.map(detached) };
  });
  const built = b.finish({});
  const within = new Set([...handed.values()].map((one) => one.within));
  return {
    passed, names, gradients: new Map([[id, left.places]]),
    program: {
      ...built, calls,
      nodes: built.nodes.map((node, at) => nodes[at] ?? node),
      ...(built.domains === undefined ? {} : { domains: built.domains.map((one, at) => (within.has(at) ? { ...one, time: on } : one)) }),
      callOf: built.callOf.map((one, at) => (one === id && at < program.nodes.length && !left.own.has(at) ? call.parent : one)),
      names: built.names.map((name) => (!isOuter(name.name) ? name : { ...name, node: passed.get(name.node) ?? name.node })),
      objectives: program.objectives.map((one) => (one.tag === "match" ? { ...one, from: outside(one.from), target: outside(one.target) } : { ...one, from: one.from.map(outside), objective: outside(one.objective) })),
      metrics: program.metrics.map((one) => ({ ...one, value: outside(one.value) })),
    },
  };
};

const paramNode = (program: Program, param: number): NodeId => program.nodes.findIndex((node) => node.tag === "param" && node.param === param);

interface Handed {
  /** What the call gives, and what is read in place of the result: at steps that the gradients are not stated for, the result itself. */
  readonly within: NodeId;
  readonly result: NodeId;
}

const handOn = (b: TableBuilder, program: Program, call: Call, id: CallId, node: NodeId, on: Interval): Handed => {
  b.within(id, call.span);
  const within = b.op("core.here", [read(node)]).node;
  b.within(call.parent, call.span);
  const has = (program.domains ?? [])[node]?.time ?? null;
  if (has === null || sameSteps(intersectSteps(has, on), has)) return { within, result: within };
  const before = intersectSteps(has, { lower: has.lower, upper: shiftMoment(on.lower, -1) }), after = intersectSteps(has, { lower: shiftMoment(on.upper, 1), upper: has.upper });
  const pieces = [{ on: before, value: read(node) }, { on, value: read(within) }, { on: after, value: read(node) }].filter((piece) => !isEmptySteps(piece.on));
  return { within, result: b.node({ tag: "cases", pieces }) };
};

/** The steps of all gradients that a call states: where the results that they are of exist, what they go to, and what they are computed from; null: they differ. */
const stepsOfGradients = (program: Program, call: Call, override: Custom, outs: readonly NodeId[]): Interval | null => {
  const domainAt = (node: NodeId): Domain => program.domains?.[node] ?? { space: { tag: "static" }, time: null };
  const stepsWith = (ins: readonly Operand[]): Interval => stepsOf({ tag: "op", op: "core.here", attrs: {}, ins }, domainAt, 0);
  const results = (gradient: Operand): readonly Operand[] =>
    override.seeds.flatMap((seed, k) => { const of = call.outs[k]; return of !== undefined && outs.includes(of.node) && dependentOn(program, [seed]).has(gradient.node) ? [read(of.node)] : []; });
  const found = [
    ...override.ins.flatMap((gradient, k) => { const x = call.ins[k]; return gradient === null || x === undefined ? [] : [stepsWith([x, gradient, ...results(gradient)])]; }),
    ...override.params.map(({ gradient }) => stepsWith([gradient, ...results(gradient)])),
  ];
  const [first, ...rest] = found, whole = outs.map((node) => stepsWith([read(node)]));
  if (first === undefined || isEmptySteps(first) || rest.some((one) => !sameSteps(one, first)) || whole.some((one) => !sameSteps(intersectSteps(one, first), first))) return null;
  return first;
};

/**
 * What is left of the call. What the gradients alone are computed from is computed backward, too, from what the body and its surroundings make
 * anyway: in a loop there is nothing else yet. Null: a gradient needs other steps of the gradients of results.
 */
const gradientCall = (
  b: TableBuilder, program: Program, env: Env, id: CallId, handed: ReadonlyMap<NodeId, Handed>, isWithin: readonly boolean[], dependent: ReadonlySet<NodeId>,
): { readonly call: Call; readonly places: ReadonlyMap<NodeId, number>; readonly own: ReadonlySet<NodeId> } | null => {
  const call = program.calls[id];
  if (call?.override?.tag !== "custom" || handed.size === 0) return null;
  const { override } = call;
  const results = call.outs.flatMap((x, k) => { const within = handed.get(x.node)?.within, seed = override.seeds[k]; return within === undefined || seed === undefined ? [] : [{ within, seed }]; });
  const stated = [
    ...call.ins.flatMap((x, k) => { const gradient = override.ins[k] ?? null; return gradient === null ? [] : [{ x, gradient, formal: call.formals[k] ?? "x" }]; }),
    ...override.params.map(({ param, gradient }) => ({ x: read(paramNode(program, param)), gradient, formal: "weight" })),
  ];
  const ins: Operand[] = [...[...handed.keys()].map((node) => read(node)), ...stated.map((one) => one.x)];
  const places = new Map<NodeId, number>();
  const seeds = new Set<NodeId>(override.seeds);
  const forward = new Set(demandOrder(program.nodes, [...handed.keys(), ...program.nodes.flatMap((_, at) => (isWithin[at] === true ? [] : [at]))].map((node) => read(node))));
  const isBackward = (node: NodeId): boolean => {
    const made = program.nodes[node];
    return dependent.has(node) || (made?.tag === "op" && !forward.has(node) && env.ops.get(made.op)?.effect === "pure" && env.ops.get(made.op)?.overBatch !== true);
  };
  const save = (x: Operand): Operand => {
    if (program.nodes[x.node]?.tag === "op" && operandsOf(program.nodes[x.node] ?? { tag: "input", name: "" }).length === 0) return x;
    const known = ins.findIndex((one) => sameRead(one, x)), place = known < 0 ? ins.push(x) - 1 : known;
    const made = isNow(x.at) ? x : b.op("core.here", [x]);
    places.set(made.node, place);
    return made;
  };
  const copies = new Map<NodeId, NodeId>([...seeds].map((seed) => [seed, seed]));
  const through = (x: Operand): Operand => {
    const copy = copies.get(x.node);
    return copy === undefined ? save(x) : { ...x, node: copy };
  };
  b.within(id, call.span);
  const backward = new Set<NodeId>(), stack = stated.map((one) => one.gradient.node);
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    const made = program.nodes[node];
    if (made === undefined || backward.has(node) || seeds.has(node) || !isBackward(node) || operandsOf(made).length === 0) continue;
    backward.add(node);
    stack.push(...operandsOf(made).map((x) => x.node));
  }
  for (const node of demandOrder(program.nodes, stated.map((one) => one.gradient))) {
    const made = program.nodes[node];
    if (made === undefined || !backward.has(node)) continue;
    if (made.tag !== "op" || made.ins.some((x) => copies.has(x.node) && !isNow(x.at))) return null;
    copies.set(node, b.node({ ...made, ins: made.ins.map(through) }));
  }
  if (stated.some(({ gradient }) => copies.has(gradient.node) && !isNow(gradient.at))) return null;
  const gradients = stated.map((one) => through(one.gradient));
  return {
    places, own: new Set(copies.values()),
    call: {
      ...call, instance: `${call.instance}.gradient_${String(id)}`, outs: results.map((one) => read(one.within)), ins,
      formals: ins.map((_, k) => (k < handed.size ? "y" : (stated[k - handed.size]?.formal ?? "saved"))),
      override: { tag: "custom", seeds: results.map((one) => one.seed), ins: ins.map((_, k) => gradients[k - handed.size] ?? null), params: [] },
    },
  };
};

/** `moved` is told of the steps on which a piece holds. */
const mapped = (node: Node, moved: (x: Operand, holds?: Interval | null) => Operand): Node => {
  switch (node.tag) {
    case "op":
      return { ...node, ins: node.ins.map((x) => moved(x)) };
    case "pick":
      return { ...node, of: moved(read(node.of)).node };
    case "cases":
    case "sum":
      return { ...node, pieces: node.pieces.map((piece) => ({ ...piece, value: moved(piece.value, piece.on) })) };
    default:
      return node;
  }
};
