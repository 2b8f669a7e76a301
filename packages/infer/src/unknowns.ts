/** A program as unknowns and rules: a type variable per value, a rule per equation, objective and stacked read. */
import { createStore, extentOf, invariant, joinTypes } from "@sequent/ir";
import type { AnyOp, Context, Dim, Env, Node, NodeId, Operand, Place, Program, Span, Store, TypeVar } from "@sequent/ir";
import * as E from "fp-ts/lib/Either.js";

/** The type of one array of a data set: `shape` is the whole array's, samples first, then steps if the name occurs with `t`. */
export interface ArrayType {
  readonly shape: readonly number[];
  readonly dtype: "float" | "int";
  readonly classes: number | null;
}
/** The types of the arrays that inputs are bound to, by name. */
export type DataTypes = ReadonlyMap<string, ArrayType>;

/** Says what it implies; true if there is nothing more to say. */
export type Rule = () => boolean;

/** Who else states facts beside equations: where, and what about. */
export interface Source {
  readonly span: Span | null;
  readonly what: string;
}

export interface Unknowns {
  readonly store: Store;
  /** The variable of a node's first result; further ones follow. */
  readonly nodeVar: (id: NodeId) => TypeVar;
  readonly resultsOf: (id: NodeId) => number;
  readonly paramVar: (id: number) => TypeVar;
  readonly read: (operand: Operand) => TypeVar;
  /** Places below `nodes.length` are nodes; the others are sources. */
  readonly source: (place: Place) => Source;
  readonly addSource: (source: Source) => Place;
  /** Adds a rule that speaks for a place. */
  readonly addRule: (place: Place, vars: readonly TypeVar[], rule: Rule) => void;
  /** Runs rules until none has more to say. */
  readonly settle: () => void;
  /** The last round: operands of unknown shape may be taken to have their neighbours'. */
  readonly settleLast: () => void;
}

const NO_SOURCE: Source = { span: null, what: "the program" };

export const createUnknowns = (program: Program, env: Env): Unknowns => {
  const store = createStore();
  const { nodes, params } = program;
  const rules: { readonly place: Place; readonly vars: readonly TypeVar[]; readonly run: Rule }[] = [];
  const done: boolean[] = [];
  const sources: Source[] = [];
  const firsts: TypeVar[] = [];
  const counts: number[] = [];
  const stacked = new Map<string, TypeVar>();

  const opOf = (node: Node): AnyOp | null => {
    if (node.tag !== "op") return null;
    const op = env.ops.get(node.op);
    invariant(op !== undefined, `no op is registered as ${node.op}`);
    return op;
  };
  const addSource = (source: Source): Place => nodes.length + sources.push(source) - 1;
  const addRule = (place: Place, vars: readonly TypeVar[], run: Rule): void => {
    rules.push({ place, vars, run });
  };
  const nodeVar = (id: NodeId): TypeVar => firsts[id] ?? 0;
  const paramVars = params.map(() => store.fresh());

  // Reads ------------------------------------------------------------------------------------------------------------------------

  /** `whole` has one leading axis more than `part`, of the given length (null: any). */
  const stack = (place: Place, whole: TypeVar, part: TypeVar, length: Dim | null): void => {
    store.equalKinds(whole, part);
    const lead = length === null ? store.freshDim() : store.dim(length);
    addRule(place, [whole, part], () => {
      const own = store.dims(part), wide = store.dims(whole);
      if (own !== null) store.setDims(whole, [lead, ...own]);
      else if (wide !== null) {
        const [first, ...rest] = wide;
        if (first === undefined) store.fail("a range of steps was expected, with a leading axis, and a scalar was found");
        else {
          store.equalDims(first, lead);
          store.setDims(part, rest);
        }
      } else return false;
      return true;
    });
  };
  const readAt = (node: NodeId, at: Context): TypeVar => {
    const own = nodeVar(node);
    if (at.tag !== "range" && at.tag !== "fan") return own;
    const extent = extentOf(at.tag === "fan" ? at.range : at.on);
    const key = `${String(node)} ${at.tag} ${String(extent)}`;
    const had = stacked.get(key);
    if (had !== undefined) return had;
    const made = store.fresh();
    stacked.set(key, made);
    if (at.tag === "range") stack(node, made, own, extent);
    else stack(node, own, made, null);
    return made;
  };
  const read = (operand: Operand): TypeVar => readAt(operand.node, operand.at);

  // Equations --------------------------------------------------------------------------------------------------------------------

  const addOp = (id: NodeId, node: Node & { readonly tag: "op" }, op: AnyOp): void => {
    const attrs = op.attributes.decode(node.attrs);
    invariant(E.isRight(attrs), `${node.op}: ${E.isLeft(attrs) ? attrs.left : ""}`);
    const ins = node.ins.map(read);
    const outs = Array.from({ length: op.results }, (_, k) => nodeVar(id) + k);
    addRule(id, [...ins, ...outs], () => op.type(store, ins, outs, attrs.right));
  };
  const addNode = (id: NodeId, node: Node): void => {
    store.by(id);
    const own = nodeVar(id);
    switch (node.tag) {
      case "input":
        return;
      case "param": {
        const param = paramVars[node.param];
        invariant(param !== undefined, `there is no parameter ${String(node.param)}`);
        store.equalShapes(own, param);
        store.equalKinds(own, param);
        return;
      }
      case "op": {
        const op = opOf(node);
        if (op !== null) addOp(id, node, op);
        return;
      }
      case "pick":
        store.equalShapes(own, nodeVar(node.of) + node.result);
        store.equalKinds(own, nodeVar(node.of) + node.result);
        return;
      default: {
        const pieces = node.pieces.map((piece) => read(piece.value));
        addRule(id, [...pieces, own], () => joinTypes(store, store.equalKinds, pieces, own));
      }
    }
  };

  // Settling ---------------------------------------------------------------------------------------------------------------------

  let started = 0;
  const run = (id: number): void => {
    const rule = rules[id];
    if (rule === undefined || done[id] === true) return;
    store.by(rule.place);
    if (rule.run()) done[id] = true;
    else store.watch(id, rule.vars);
  };
  const settle = (): void => {
    for (; started < rules.length; started += 1) run(started);
    for (let id = store.wake(); id !== null; id = store.wake()) run(id);
  };
  /** One rule at a time may take its neighbours' word; whatever follows from that goes first. */
  const settleLast = (): void => {
    settle();
    const line = rules.map((_, id) => id).filter((id) => done[id] !== true);
    const inLine = new Set(line);
    for (const first of line) {
      inLine.delete(first);
      store.setLast(true);
      run(first);
      store.setLast(false);
      for (let id = store.wake(); id !== null; id = store.wake()) {
        run(id);
        if (done[id] === true || inLine.has(id)) continue;
        inLine.add(id);
        line.push(id);
      }
    }
  };

  for (let id = 0; id < nodes.length; id += 1) {
    const node = nodes[id];
    const count = node === undefined ? 1 : (opOf(node)?.results ?? 1);
    store.by(id);
    counts.push(count);
    firsts.push(store.fresh());
    for (let k = 1; k < count; k += 1) store.fresh();
  }
  nodes.forEach((node, id) => { addNode(id, node); });

  return {
    store,
    nodeVar,
    resultsOf: (id) => counts[id] ?? 1,
    paramVar: (id) => paramVars[id] ?? 0,
    read,
    source: (place) => sources[place - nodes.length] ?? NO_SOURCE,
    addSource,
    addRule,
    settle,
    settleLast,
  };
};
