/** Planted mistakes, of the kinds that compilers make. */
import type { AnyOp, Build, Node, Operand, Program, Site, Tensor } from "@sequent/ir";
import { attributeOf, changedRule, computed, inLoss, inOp, inPass, inTransform, ruled, treated, withAttribute } from "./mutation.js";
import type { Mutation } from "./mutation.js";

const first = (site: Site<unknown>): Operand => site.ins[0] ?? { node: 0, at: { tag: "at", time: { from: "t", plus: 0 } }, old: false };
const arrives = (site: Site<unknown>): Operand => site.gradient[0] ?? first(site);

/** The elements of each row, moved by one. */
const rotated = (x: Tensor): Tensor => {
  const size = x.data.length / x.rows;
  return { ...x, data: x.data.map((_, k) => x.data[Math.floor(k / size) * size + ((k % size) + 1) % size] ?? 0) };
};
/** A square matrix's transpose; others as they are. */
const transposed = (x: Tensor): Tensor => {
  const [n = 0, m = 0] = x.shape;
  if (x.shape.length !== 2 || n !== m) return x;
  return { ...x, data: x.data.map((_, k) => x.data[(k % n) * n + Math.floor(k / n)] ?? 0) };
};
const reversed = (x: Tensor): Tensor => ({ ...x, data: x.data.slice().reverse() });
const onFirst = (change: (x: Tensor) => Tensor) => (op: AnyOp): AnyOp =>
  computed(op, (of) => (ins, attrs, run) => of(ins.map((x, k) => (k === 0 ? change(x) : x)), attrs, run));
const onSecond = (change: (x: Tensor) => Tensor) => (op: AnyOp): AnyOp =>
  computed(op, (of) => (ins, attrs, run) => of(ins.map((x, k) => (k === 1 ? change(x) : x)), attrs, run));

/** At a tie the first of two gets all. */
const toTheFirst: Build = (b, site) => {
  const [x, y] = site.ins;
  if (x === undefined || y === undefined) return [];
  const g = arrives(site), zero = b.constant(0), wins = b.op("core.ge", [x, y]);
  const fit = (to: Operand, value: Operand): Operand => (b.typeOf(to).shape.length === 0 && b.typeOf(value).shape.length > 0 ? b.op("core.sum_to_scalar", [value]) : value);
  return [fit(x, b.op("core.where", [wins, g, zero])), fit(y, b.op("core.where", [wins, zero, g]))];
};

const ops: readonly Mutation[] = [
  inOp("core.tanh", "op core.tanh", "a wrong sign in the gradient", (op) => changedRule(op, (b, given) => given.map((g) => g && b.op("core.neg", [g])))),
  inOp("core.mul", "op core.mul", "a dropped term in the gradient", (op) => changedRule(op, (_, [a = null]) => [a, null])),
  inOp("core.sub", "op core.sub", "swapped operands", (op) => computed(op, (of) => ([a, b, ...more], attrs, run) => of(a === undefined || b === undefined ? more : [b, a], attrs, run))),
  inOp("core.div", "op core.div", "swapped gradients", (op) => changedRule(op, (b, [x = null, y = null]) =>
    x !== null && y !== null && b.typeOf(x).shape.length === b.typeOf(y).shape.length ? [y, x] : [x, y])),
  inOp("core.dense", "op core.dense", "a transposed weight", onSecond(transposed)),
  inOp("core.dense", "op core.dense", "a bias without gradient", (op) => changedRule(op, (_, given) => given.slice(0, 2))),
  inOp("core.slice", "slice", "off by one", onFirst(rotated)),
  inOp("core.index", "index", "off by one", onFirst(rotated)),
  inOp("core.conv", "op core.conv", "a kernel the other way round", onSecond(reversed)),
  inOp("core.maximum", "op core.maximum", "at a tie all to the first", (op) => ruled(op, toTheFirst)),
  inOp("core.relu", "op core.relu", "slope 1 at 0", (op) => ruled(op, (b, site) =>
    [b.op("core.where", [b.op("core.lt", [first(site), b.constant(0)]), b.constant(0), arrives(site)])])),
  inOp("core.count", null, "a missing 1/count", (op) => computed(op, (of) => (ins, attrs, run) => of(ins, attrs, run).map((x) => ({ ...x, data: x.data.map(() => 1) })))),
  inOp("core.detach", null, "a missing detach", (op) => ruled(op, (_, site) => [arrives(site)])),
  inOp("core.softmax", "op core.softmax", "along the wrong axis", (op) => computed(op, (of) => (ins, attrs, run) =>
    of(ins, (ins[0]?.shape.length ?? 0) > 1 && attributeOf(attrs, "axis") < 0 ? withAttribute(attrs, "axis", 0) : attrs, run))),
  inOp("core.batch_norm", "op core.batch_norm", "stale running statistics", ({ statistics: _, ...op }) => op),
  inOp("core.dropout_mask", "op core.dropout", "no division by what is kept", (op) =>
    computed(op, (of) => (ins, attrs, run) => of(ins, attrs, run).map((x) => ({ ...x, data: x.data.map((v) => (v > 0 ? 1 : 0)) })))),
  inOp("core.uniform", "op core.uniform", "one draw for all samples", (op) =>
    computed(op, (of) => (ins, attrs, run) => of(ins, attrs, { ...run, samples: run.samples.map(() => 0) }))),
  inOp("core.normal", "op core.normal", "the draws of the Update before", (op) =>
    computed(op, (of) => (ins, attrs, run) => of(ins, attrs, { ...run, update: Math.max(0, run.update - 1) }))),
];

const losses: readonly Mutation[] = [
  inLoss("mse", "half as much", (loss) => ({ ...loss, build: (b, from, target, attrs) => b.op("core.mul", [b.constant(0.5), loss.build(b, from, target, attrs)]) })),
  inLoss("huber", "delta doubled", (loss) => ({ ...loss, build: (b, from, target, attrs) => loss.build(b, from, target, withAttribute(attrs, "delta", 2 * attributeOf(attrs, "delta"))) })),
  inLoss("poisson", "not from the pre-activation, and without the target", (loss) => {
    const { stable: _, ...rest } = loss;
    return { ...rest, build: (b, from) => (b.typeOf(from).shape.length === 0 ? from : b.op("core.sum_to_scalar", [from])) };
  }),
];

const setting = (name: string, value: number | boolean) => (of: Parameters<Parameters<typeof treated>[1]>[0]): typeof of =>
  (b, group, attrs) => of(b, group, withAttribute(attrs, name, value));

const transforms: readonly Mutation[] = [
  inTransform("adamw", "weight decay dropped", (one) => treated(one, setting("weight_decay", 0))),
  inTransform("adam", "bias correction one Update late", (one) => treated(one, (of) => (b, group, attrs) => {
    const late = { ...b, op: (...given: Parameters<typeof b.op>): Operand =>
      (given[0] === "core.update_count" ? b.op("core.add", [b.op("core.update_count", []), b.constant(1)]) : b.op(...given)) };
    return of(late, group, attrs);
  })),
  inTransform("sgd", "momentum dropped", (one) => treated(one, setting("momentum", 0))),
  inTransform("sgd", "Nesterov's step left out", (one) => treated(one, setting("nesterov", false))),
  inTransform("rmsprop", "not centered", (one) => treated(one, setting("centered", false))),
  inTransform("clip_grad", "no effect", (one) => treated(one, () => (_, group) => group)),
  inTransform("clip_value", "no effect", (one) => treated(one, () => (_, group) => group)),
  inTransform("ema", "moves by 1 − tau", (one) => ({ ...one, renew: one.renew && ((b, live, copy, attrs) => one.renew?.(b, copy, live, attrs) ?? live) })),
  inTransform("target", "renewed at every Update", (one) => ({ ...one, renew: (_, live) => live })),
  inTransform("nograd", "no effect", (one) => ({ ...one, autodiff: null })),
  inTransform("frozen", "no effect", (one) => ({ ...one, update: null })),
];

/** The second reader of a parameter reads one of its own. */
const untied = (program: Program): Program => {
  const readers = new Map<number, number[]>();
  program.nodes.forEach((node, id) => {
    if (node.tag === "op") for (const x of node.ins) if (program.nodes[x.node]?.tag === "param") readers.set(x.node, [...(readers.get(x.node) ?? []), id]);
  });
  const shared = [...readers].find(([, list]) => list.length > 1);
  const source = shared === undefined ? undefined : program.nodes[shared[0]];
  const reader = shared?.[1][1];
  const param = source?.tag === "param" ? program.params[source.param] : undefined;
  if (shared === undefined || reader === undefined || param === undefined) return program;
  const added = program.nodes.length;
  const nodes: readonly Node[] = [...program.nodes, { tag: "param", param: program.params.length }];
  const moved = (node: Node): Node =>
    node.tag === "op" ? { ...node, ins: node.ins.map((x) => (x.node === shared[0] ? { ...x, node: added } : x)) } : node;
  return {
    ...program,
    nodes: nodes.map((node, id) => (id === reader ? moved(node) : node)),
    params: [...program.params, { ...param, name: `${param.name}.untied` }],
    callOf: [...program.callOf, null],
    spans: [...program.spans, param.span],
    ...(program.types === undefined ? {} : { types: [...program.types, program.types[shared[0]] ?? []] }),
    ...(program.varies === undefined ? {} : { varies: [...program.varies, { space: { tag: "static" as const }, time: false }] }),
  };
};

/** The first two states with equal equations become one. */
const merged = (program: Program): Program => {
  const known = new Map<string, number>();
  const states = new Set(program.names.flatMap((one) => (program.nodes[one.node]?.tag === "op" ? [one.node] : [])));
  const pair = [...states].flatMap((id): readonly (readonly [number, number])[] => {
    const key = JSON.stringify([program.nodes[id], program.callOf[id]]);
    const first = known.get(key);
    if (first === undefined) known.set(key, id);
    return first === undefined ? [] : [[first, id]];
  })[0];
  if (pair === undefined) return program;
  const [first, second] = pair;
  const moved = (x: Operand): Operand => (x.node === second ? { ...x, node: first } : x);
  return {
    ...program,
    nodes: program.nodes.map((node) => (node.tag === "op" ? { ...node, ins: node.ins.map(moved) } : node)),
    names: program.names.map((one) => (one.node === second ? { ...one, node: first } : one)),
  };
};

const passes: readonly Mutation[] = [
  inPass("choose-losses", "tied parameter", "an untied parameter", untied),
  inPass("elaborate", null, "the weight of a loss dropped", (program) =>
    ({ ...program, objectives: program.objectives.map((one) => (one.tag === "match" ? { ...one, weight: null } : one)) })),
  inPass("elaborate", "equal equations", "two states with equal equations are one", merged),
  inPass("elaborate", "custom gradient", "a custom gradient ignored", (program) =>
    ({ ...program, calls: program.calls.map((call) => (call.override?.tag === "custom" ? { ...call, override: null } : call)) })),
  inPass("choose-losses", "ascend", "`x $ J` also trains what is on its paths", (program) =>
    ({ ...program, objectives: program.objectives.map((one) => (one.tag === "ascend" ? { ...one, from: [] } : one)) })),
];

export const mutations: readonly Mutation[] = [...ops, ...losses, ...transforms, ...passes];
