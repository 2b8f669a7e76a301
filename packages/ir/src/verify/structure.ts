/** The fact that holds of every program at every stage: its tables fit together. */
import * as E from "fp-ts/lib/Either.js";
import { diagnose } from "../diagnostic.js";
import type { Diagnostic } from "../diagnostic.js";
import type { Env, Fact } from "../pass.js";
import { brokenFact } from "../pipeline-diagnostics.js";
import { operandsOf } from "../program.js";
import type { Node, Program } from "../program.js";
import { NOWHERE } from "../span.js";
import type { Operand } from "../time.js";
import { cycleNow } from "./cycle.js";

/** Says what is wrong at a node (or of the program as a whole). */
export type Say = (message: string, node?: number) => void;

/** No more than these are told: one broken column breaks everything that reads it. */
const MOST = 20;

/** A verifier of one program as a fact's `verify`. */
export const collect = (check: (program: Program, env: Env, say: Say) => void) => (program: Program, env: Env): readonly Diagnostic[] => {
  const found: Diagnostic[] = [];
  check(program, env, (message, node) => {
    if (found.length >= MOST) return;
    const at = node === undefined ? NOWHERE : (program.spans[node] ?? NOWHERE);
    const place = node === undefined ? "" : ` (equation ${String(node)})`;
    found.push(diagnose(brokenFact, `${message}${place}`, at.file === "" ? [] : [{ at, text: "this equation" }]));
  });
  return found;
};

const isRow = (id: number, table: readonly unknown[]): boolean => Number.isInteger(id) && id >= 0 && id < table.length;

const checkColumns = (program: Program, say: Say): void => {
  const { callOf, spans, types, varies, domains } = program;
  const columns = { callOf, spans, types, varies, domains };
  for (const [name, column] of Object.entries(columns)) {
    if (column !== undefined && column.length !== program.nodes.length) {
      say(`the column ${name} has ${String(column.length)} rows for ${String(program.nodes.length)} equations`);
    }
  }
  program.callOf.forEach((call, id) => {
    if (call !== null && !isRow(call, program.calls)) say(`there is no call ${String(call)}`, id);
  });
};

/** The most that a node gives: its results are picked by number. */
const resultsOf = (node: Node | undefined, env: Env): number => (node?.tag === "op" ? (env.ops.get(node.op)?.results ?? 1) : 1);

const checkOp = (node: Node & { readonly tag: "op" }, id: number, env: Env, say: Say): void => {
  const op = env.ops.get(node.op);
  if (op === undefined) {
    say(`no op is registered as ${node.op}`, id);
    return;
  }
  const attrs = op.attributes.decode(node.attrs);
  if (E.isLeft(attrs)) {
    say(`${node.op}: ${attrs.left}`, id);
    return;
  }
  const wanted = op.inputs.length + op.params(attrs.right).length;
  const fits = op.variadic ? node.ins.length >= wanted : node.ins.length === wanted;
  if (!fits) say(`${node.op} takes ${String(wanted)} operands, it has ${String(node.ins.length)}`, id);
  if (op.collective) {
    if (node.ins.some((x) => x.at.tag !== "over")) say(`${node.op} reads all instances of its operands`, id);
  } else if (node.ins.some((x) => x.at.tag === "over")) say(`${node.op} is no collective, and cannot read all instances`, id);
};

const checkContext = (x: Operand, id: number, say: Say): void => {
  if (x.at.tag !== "range" && x.at.tag !== "fan") return;
  const { lower, upper } = x.at.tag === "fan" ? x.at.range : x.at.on;
  if (lower.from === upper.from && lower.plus > upper.plus) say("a range ends before it starts", id);
};

const checkNodes = (program: Program, env: Env, say: Say): void => {
  program.nodes.forEach((node, id) => {
    for (const x of operandsOf(node)) {
      if (!isRow(x.node, program.nodes)) say(`there is no equation ${String(x.node)}`, id);
      else checkContext(x, id, say);
    }
    if (node.tag === "op") checkOp(node, id, env, say);
    if (node.tag === "param" && !isRow(node.param, program.params)) say(`there is no parameter ${String(node.param)}`, id);
    if (node.tag === "pick" && (node.result < 0 || node.result >= resultsOf(program.nodes[node.of], env))) {
      say(`equation ${String(node.of)} has no result ${String(node.result)}`, id);
    }
    if (node.tag === "cases" && node.pieces.length === 0) say("a state needs a piece", id);
    if (node.tag === "cases" && node.pieces.some((piece) => piece.value.at.tag === "over")) say("a piece of a state cannot read all instances", id);
  });
};

const checkUnique = (names: readonly string[], noun: string, say: Say): void => {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) say(`two ${noun} are called ${name}`);
    seen.add(name);
  }
};

/** Calls form a forest. */
const checkCalls = (program: Program, say: Say): void => {
  const { calls } = program;
  calls.forEach(({ instance, parent, ins, formals }, id) => {
    if (parent !== null && (!isRow(parent, calls) || parent === id)) say(`the call ${instance} has no parent ${String(parent)}`);
    if (formals.length !== ins.length) say(`the call ${instance} has ${String(ins.length)} arguments for ${String(formals.length)} formals`);
  });
  const depths = new Int32Array(calls.length);
  calls.forEach(({ instance }, id) => {
    const path: number[] = [];
    let at: number | null = id;
    while (at !== null && depths[at] === 0 && path.length <= calls.length) {
      path.push(at);
      at = calls[at]?.parent ?? null;
    }
    if (path.length > calls.length) say(`the call ${instance} is its own ancestor`);
    for (const seen of path) depths[seen] = 1;
  });
};

/** All reads from outside the table of equations. */
const outsideReads = (program: Program): readonly (readonly [string, Operand])[] => {
  const reads: (readonly [string, Operand])[] = [];
  const add = (what: string, ...operands: readonly (Operand | null)[]): void => {
    for (const x of operands) if (x !== null) reads.push([what, x]);
  };
  for (const { instance, ins, outs, override } of program.calls) {
    add(`the call ${instance}`, ...ins, ...outs);
    if (override?.tag === "custom") add(`the rule of ${instance}`, ...override.ins, ...override.params.map((p) => p.gradient));
  }
  for (const objective of program.objectives) {
    if (objective.tag === "match") add(objective.text, objective.from, objective.target, objective.weight);
    else add(objective.text, ...objective.from, objective.objective);
  }
  for (const metric of program.metrics) add(`the metric ${metric.name}`, metric.value);
  for (const update of program.updates ?? []) add("an update", update.next);
  add("the loss", program.loss ?? null);
  return reads;
};

const checkTables = (program: Program, say: Say): void => {
  const { nodes, params } = program;
  checkUnique(program.names.map((name) => name.name), "states", say);
  checkUnique(params.map((param) => param.name), "parameters", say);
  for (const [what, x] of outsideReads(program)) if (!isRow(x.node, nodes)) say(`${what} reads equation ${String(x.node)}, which is not there`);
  const rows: (readonly [string, number | null, readonly unknown[]])[] = [
    ...program.names.flatMap((n) => [[n.name, n.node, nodes] as const, [n.name, n.adjointOf?.node ?? null, nodes] as const]),
    ...program.names.map((n) => [n.name, n.adjointOf?.along ?? null, program.objectives] as const),
    ...program.declared.map((d) => ["a declaration", d.node, nodes] as const),
    ...program.sinks.map((id) => ["an effect", id, nodes] as const),
    ...params.flatMap((p) => [[p.name, p.of, params] as const, [p.name, p.init.fanOf, params] as const]),
    ...program.treatments.flatMap((t) => t.params.map((id) => [t.transform, id, params] as const)),
    ...(program.updates ?? []).map((u) => ["an update", u.param, params] as const),
    ...program.objectives.flatMap((o) => [[o.text, o.value, nodes] as const, [o.text, o.mean, nodes] as const]),
    ...program.metrics.map((m) => [`the metric ${m.name}`, m.mean, nodes] as const),
    ...program.calls.flatMap((c) => (c.override?.tag === "custom" ? c.override.seeds.map((id) => [c.instance, id, nodes] as const) : [])),
  ];
  for (const [what, id, table] of rows) if (id !== null && !isRow(id, table)) say(`${what} names row ${String(id)}, which is not there`);
};

const check = (program: Program, env: Env, say: Say): void => {
  const told = { count: 0 };
  const tell: Say = (message, node) => {
    told.count += 1;
    say(message, node);
  };
  checkColumns(program, tell);
  checkNodes(program, env, tell);
  checkTables(program, tell);
  checkCalls(program, tell);
  if (told.count > 0) return;
  const cycle = cycleNow(program.nodes);
  if (cycle === null) return;
  const names = new Map(program.names.map((name) => [name.node, name.name]));
  const text = cycle.map((id) => names.get(id) ?? String(id)).join(" <- ");
  say(`an instantaneous cycle: ${text}`, cycle[0]);
};

export const structure: Fact = {
  name: "structure",
  doc: "Ids are in range, columns have one row an equation, attributes decode, names are unique, and no value reads itself at the same step.",
  verify: collect(check),
};
