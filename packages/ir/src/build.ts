/** The table builder: makes equations, interns equal ones, and keeps every column of the program in step. */
import * as E from "fp-ts/lib/Either.js";
import { produce } from "immer";
import type { Builder } from "./builder.js";
import { invariant } from "./diagnostic.js";
import type { AnyOp } from "./op.js";
import type { Env } from "./pass.js";
import { frozen, operandsOf } from "./program.js";
import type { Attrs, Call, CallId, Domain, Name, Node, OpName, Param, ParamId, Program, Update, Varies } from "./program.js";
import { readType, typesOf } from "./solve.js";
import { NOWHERE } from "./span.js";
import type { Span } from "./span.js";
import { stepsOf } from "./steps.js";
import { isFixed, readAll, read } from "./time.js";
import type { Context, Interval, NodeId, Operand } from "./time.js";
import { float, typeKey } from "./type.js";
import type { TensorType } from "./type.js";
import { horizonOf } from "./window.js";

/** A builder with what passes need beside what rules need. */
export interface TableBuilder extends Builder {
  /** A row to be defined later, so that a recurrence can read ahead; what is known of it may be given. */
  readonly reserve: (type?: TensorType, varies?: Varies, domain?: Domain) => NodeId;
  readonly define: (row: NodeId, node: Node) => void;
  readonly node: (node: Node) => NodeId;
  /** The value as a row that no other equation is: a copy where an equal one was written elsewhere; states, inputs and parameters as they are. */
  readonly own: (x: Operand) => Operand;
  readonly nodeAt: (id: NodeId) => Node;
  /** Where a value exists; undefined before that is known. */
  readonly domainAt: (id: NodeId) => Domain | undefined;
  readonly param: (param: Param) => ParamId;
  readonly paramAt: (id: ParamId) => Param;
  /** The node that reads a parameter. */
  readonly readParam: (id: ParamId) => Operand;
  readonly call: (call: Call) => CallId;
  readonly setCall: (id: CallId, call: Call) => void;
  readonly names: () => readonly Name[];
  readonly updates: () => readonly Update[];
  readonly size: () => number;
  /** The program with all that was added; other fields may be changed in the same step. */
  readonly finish: (more?: Partial<Program>) => Program;
}

export interface BuilderOptions {
  /**
   * Whether a new equation that equals a state's may be that state's row. `apart` (the default): it may not, for `^u` is what reaches `u`
   * alone. `shared`: where gradients are equations already, equal values are one.
   */
  readonly states?: "apart" | "shared";
}

const STATIC: Varies = { space: { tag: "static" }, time: false };
const SAMPLES: Varies = { space: { tag: "data" }, time: false };
const TIMELESS: Domain = { space: { tag: "static" }, time: null };
/** Data over time start here, unless they say otherwise. */
export const FIRST_STEP = 1;
const TIMED_SAMPLES: Varies = { ...SAMPLES, time: true };

const intervalKey = (on: Interval): string => `${on.lower.from}${String(on.lower.plus)}..${on.upper.from}${String(on.upper.plus)}`;
const contextKey = (at: Context): string => {
  switch (at.tag) {
    case "at":
      return at.time.from === "t" && at.time.plus === 0 ? "" : `@${at.time.from}${String(at.time.plus)}`;
    case "over":
      return `*${at.axes}`;
    case "range":
      return `range${intervalKey(at.on)}`;
    case "fan":
      return `fan${String(at.of)}${intervalKey(at.range)}`;
  }
};
const operandKey = (x: Operand): string => `${String(x.node)}${contextKey(x.at)}${x.old ? "o" : ""}`;

/** What equal values have in common at the least; the colon tells a tag from an op's name. */
const kindOf = (node: Node): string => (node.tag === "op" ? node.op : `:${node.tag}`);

/** Equal keys mean equal values, of nodes of one kind. Inputs, parameters and constants belong to no call. */
const keyOf = (node: Node, call: CallId | null): string => {
  switch (node.tag) {
    case "input":
      return node.name;
    case "param":
      return String(node.param);
    case "op": {
      let key = Object.keys(node.attrs).length === 0 ? "" : JSON.stringify(node.attrs);
      for (const operand of node.ins) key += `,${operandKey(operand)}`;
      return node.ins.length === 0 ? key : `${key}/${String(call ?? "")}`;
    }
    case "pick":
      return `${String(node.of)}.${String(node.result)}`;
    default:
      return `${node.pieces.map((p) => `${operandKey(p.value)}${p.on === null ? "" : JSON.stringify(p.on)}`).join(",")}/${String(call ?? "")}`;
  }
};

/**
 * Static if all it reads is; a collective gives one value for all; a draw has one per sample. What varies over time varies over samples too:
 * each has a last step of its own.
 */
export const variesOf = (node: Node, op: AnyOp | null, at: (id: NodeId) => Varies): Varies => {
  if (node.tag === "input") return node.time === true ? TIMED_SAMPLES : SAMPLES;
  if (node.tag === "param") return STATIC;
  let space = STATIC.space;
  let time = op?.effect === "step";
  if (op?.effect === "draw") {
    space = SAMPLES.space;
    if (node.tag === "op" && node.attrs["time"] === true) time = true;
  }
  for (const operand of operandsOf(node)) {
    const from = at(operand.node);
    const over = operand.at.tag === "over" ? operand.at.axes : null;
    if (over !== "both" && over !== "batch" && from.space.tag !== "static") space = from.space;
    const absolute = isFixed(operand.at);
    if (from.time && over === null && !absolute) time = true;
  }
  // A boundary is at a step: a state that has one varies over time, even if all it reads is constant.
  if ((node.tag === "cases" || node.tag === "sum") && node.pieces.some((piece) => piece.on !== null)) time = true;
  if (time && space.tag === "static") space = SAMPLES.space;
  // Few kinds of values for many nodes: the common ones are one object each.
  if (space === STATIC.space) return STATIC;
  return space === SAMPLES.space ? (time ? TIMED_SAMPLES : SAMPLES) : { space, time };
};

export const createBuilder = (program: Program, env: Env, { states = "apart" }: BuilderOptions = {}): TableBuilder => {
  const nodes = [...program.nodes];
  const callOf = [...program.callOf];
  const spans = [...program.spans];
  const names = [...program.names];
  const params = [...program.params];
  const calls = [...program.calls];
  const types = program.types === undefined ? null : [...program.types];
  const varies = program.varies === undefined ? null : [...program.varies];
  const domains = program.domains === undefined ? null : [...program.domains];
  const updates = [...(program.updates ?? [])];
  const interned = new Map<string, Map<string, NodeId>>();
  const solved = new Map<string, readonly TensorType[]>();
  const paramNode = new Map<ParamId, NodeId>();
  const usedNames = new Set(names.map((name) => name.name));
  /** Rows of states; inputs and parameters are what they are by their own names. */
  const named = new Set<NodeId>();
  /** Rows that an equation written later turned out to be. */
  const met = new Set<NodeId>();
  let call: CallId | null = null;
  let span: Span = NOWHERE;
  const keepApart = (id: NodeId, node: Node): void => {
    if (states === "apart" && node.tag !== "input" && node.tag !== "param") named.add(id);
  };
  for (const name of names) {
    const node = nodes[name.node];
    if (node !== undefined && name.adjointOf === null) keepApart(name.node, node);
  }
  for (let id = 0; id < nodes.length; id += 1) {
    const node = nodes[id];
    if (node?.tag === "param") paramNode.set(node.param, id);
  }
  /** The first equation of each key, of one kind. A kind's keys are made when it is first asked for: a pass that adds a few equations needs few. */
  const internedOf = (kind: string): Map<string, NodeId> => {
    const known = interned.get(kind);
    if (known !== undefined) return known;
    const made = new Map<string, NodeId>();
    nodes.forEach((node, id) => {
      if (kindOf(node) !== kind || named.has(id)) return;
      const key = keyOf(node, callOf[id] ?? null);
      if (!made.has(key)) made.set(key, id);
    });
    interned.set(kind, made);
    return made;
  };

  const opOf = (name: OpName): AnyOp => {
    const op = env.ops.get(name);
    invariant(op !== undefined, `no op is registered as ${name}`);
    return op;
  };
  const nodeAt = (id: NodeId): Node => {
    const node = nodes[id];
    invariant(node !== undefined, `there is no node ${String(id)}`);
    return node;
  };
  const typesAt = (id: NodeId): readonly TensorType[] => types?.[id] ?? [];
  const variesAt = (id: NodeId): Varies => varies?.[id] ?? STATIC;
  const domainAt = (id: NodeId): Domain => domains?.[id] ?? TIMELESS;
  const keep = horizonOf(program)?.back ?? Infinity;
  const domainOf = (node: Node, own: Varies): Domain => ({ space: own.space, time: own.time ? stepsOf(node, domainAt, FIRST_STEP, keep) : null });

  const typeOf = (x: Operand): TensorType => {
    const type = typesAt(x.node)[0];
    invariant(type !== undefined, `node ${String(x.node)} has no type yet`);
    return readType(type, x.at);
  };
  const inferTypes = (node: Node): readonly TensorType[] => {
    switch (node.tag) {
      case "input":
        return [float()];
      case "param": {
        const type = params[node.param]?.type;
        return type === null || type === undefined ? [] : [type];
      }
      case "op": {
        // Long programs repeat few cases: each is solved once.
        const ins = node.ins.map(typeOf);
        const key = `${node.op} ${Object.keys(node.attrs).length === 0 ? "" : JSON.stringify(node.attrs)} ${ins.map(typeKey).join(" ")}`;
        const known = solved.get(key);
        if (known !== undefined) return known;
        const op = opOf(node.op);
        const attrs = decodeAttrs(op, node.attrs);
        const result = typesOf(op, ins, attrs);
        invariant(E.isRight(result), `${node.op}: ${E.isLeft(result) ? result.left : ""}`);
        solved.set(key, result.right);
        return result.right;
      }
      case "pick": {
        const type = typesAt(node.of)[node.result];
        invariant(type !== undefined, `node ${String(node.of)} has no result ${String(node.result)}`);
        return [type];
      }
      default: {
        // A number stands for a value of any shape; a piece that is not made yet has no type.
        const [first, ...rest] = node.pieces.filter(({ value }) => typesAt(value.node).length > 0).map(({ value }) => typeOf(value));
        invariant(first !== undefined, "a join needs a piece, or a reserved row with a type");
        return [rest.reduce((widest, type) => (type.shape.length > widest.shape.length ? type : widest), first)];
      }
    }
  };
  const isShared = (node: Node): boolean =>
    node.tag === "input" || node.tag === "param" || (node.tag === "op" && node.ins.length === 0 && opOf(node.op).effect === "pure");

  const append = (node: Node): NodeId => {
    const id = nodes.length;
    if (types !== null) types.push(inferTypes(node));
    if (varies !== null) varies.push(variesOf(node, node.tag === "op" ? opOf(node.op) : null, variesAt));
    if (domains !== null) domains.push(domainOf(node, variesAt(id)));
    nodes.push(node);
    callOf.push(isShared(node) ? null : call);
    spans.push(span);
    if (node.tag === "param") paramNode.set(node.param, id);
    return id;
  };
  const addNode = (node: Node): NodeId => {
    const equal = internedOf(kindOf(node));
    const key = keyOf(node, call);
    const known = equal.get(key);
    if (known !== undefined) {
      met.add(known);
      return known;
    }
    const id = append(node);
    equal.set(key, id);
    return id;
  };
  const forget = (id: NodeId, node: Node): void => {
    const equal = interned.get(kindOf(node));
    const key = equal === undefined ? "" : keyOf(node, callOf[id] ?? null);
    if (equal?.get(key) === id) equal.delete(key);
  };
  const addParam = (param: Param): ParamId => params.push(param) - 1;
  const readParam = (id: ParamId): Operand => read(paramNode.get(id) ?? addNode({ tag: "param", param: id }));
  const paramAt = (id: ParamId): Param => {
    const param = params[id];
    invariant(param !== undefined, `there is no parameter ${String(id)}`);
    return param;
  };
  const op = (name: OpName, ins: readonly Operand[], attrs: Attrs = {}): Operand => read(addNode({ tag: "op", op: name, attrs, ins }));

  return {
    op,
    pick: (of, result) => read(addNode({ tag: "pick", of: of.node, result })),
    sum: (operands) => {
      const [first, ...rest] = operands;
      invariant(first !== undefined, "a sum needs a term");
      if (rest.length === 0 && first.at.tag === "at") return first;
      return read(addNode({ tag: "sum", pieces: operands.map((value) => ({ on: null, value })) }));
    },
    join: (pieces) => read(addNode({ tag: "sum", pieces })),
    constant: (value) => op("core.constant", [], { value }),
    all: (x) => readAll(x.node),
    typeOf,
    isStatic: (x) => x.at.tag === "over" || variesAt(x.node).space.tag === "static",
    slot: (of, name) => {
      const owner = paramAt(of);
      const init = { name: "zeros", attrs: {}, fanOf: null };
      const id = addParam({ name: `${owner.name}.${name}`, role: "slot", of, init, renewedBy: null, type: owner.type, span: owner.span });
      return readParam(id);
    },
    assign: (slot, next) => {
      const node = nodeAt(slot.node);
      invariant(node.tag === "param", "only a parameter is assigned");
      updates.push({ param: node.param, next });
    },
    within: (inCall, at) => {
      call = inCall;
      span = at;
    },
    name: (x, name, adjointOf) => {
      let unique = name;
      for (let k = 2; usedNames.has(unique); k += 1) unique = `${name}.${String(k)}`;
      usedNames.add(unique);
      names.push({ name: unique, node: x.node, adjointOf: adjointOf === null ? null : { node: adjointOf.node, along: null }, span });
      if (adjointOf !== null || named.has(x.node)) return;
      const node = nodeAt(x.node);
      keepApart(x.node, node);
      if (named.has(x.node)) forget(x.node, node);
    },
    reserve: (type, at, domain) => {
      const id = nodes.length;
      nodes.push({ tag: "sum", pieces: [] });
      callOf.push(call);
      spans.push(span);
      if (types !== null) types.push(type === undefined ? [] : [type]);
      if (varies !== null) varies.push(at ?? STATIC);
      if (domains !== null) domains.push(domain ?? TIMELESS);
      return id;
    },
    define: (row, node) => {
      // Whoever asks for what the row was, too, is given the row.
      internedOf(kindOf(nodeAt(row)));
      const equal = internedOf(kindOf(node));
      nodes[row] = node;
      if (!named.has(row)) equal.set(keyOf(node, callOf[row] ?? null), row);
    },
    node: addNode,
    own: (x) => {
      const node = nodeAt(x.node);
      const shared = met.has(x.node) && !named.has(x.node) && node.tag !== "input" && node.tag !== "param";
      return shared ? { ...x, node: append(node) } : x;
    },
    nodeAt,
    domainAt: (id) => domains?.[id],
    param: addParam,
    paramAt,
    readParam,
    call: (added) => calls.push(added) - 1,
    setCall: (id, changed) => {
      calls[id] = changed;
    },
    names: () => names,
    updates: () => updates,
    size: () => nodes.length,
    finish: (more = {}) =>
      produce(program, (draft) => {
        const tables: Partial<Program> = { nodes, callOf, spans, names, params, calls };
        const columns: Partial<Program> = { ...(types && { types }), ...(varies && { varies }), ...(domains && { domains }), ...(updates.length > 0 && { updates }) };
        Object.assign(draft, frozen(tables), more, frozen(columns));
      }),
  };
};

const decodeAttrs = (op: AnyOp, attrs: Attrs): unknown => {
  const decoded = op.attributes.decode(attrs);
  invariant(E.isRight(decoded), `${op.name}: ${E.isLeft(decoded) ? decoded.left : ""}`);
  return decoded.right;
};
