/** The directives of a printed stage: one row of a table each. */
import { isGenerated, TABLES } from "@sequent/ir";
import type { AttrValue, Call, Declared, Directive, Interval, Metric, Name, NodeId, Objective, Operand, Override, Param, Program, Resource, ScheduleStep, Treatment, Update } from "@sequent/ir";
import type { Argument, Directive as Line, Expr } from "../syntax/tree.js";
import { calleeOf, intervalOf, itemsOf, numberOf, recordCall, stringOf, typeOf, valueOf, wordOf, attrsOf } from "./values.js";
import type { Report } from "./values.js";
import { nodeOf, operandOf, paramOf } from "./equations.js";
import type { Scope } from "./equations.js";

/** The tables as they grow; names are ordered when all are known. */
export interface Tables {
  readonly calls: Call[];
  readonly resources: Resource[];
  readonly declared: Declared[];
  readonly objectives: Objective[];
  readonly metrics: Metric[];
  readonly treatments: Treatment[];
  readonly directives: Directive[];
  readonly sinks: NodeId[];
  readonly updates: Update[];
  /** Adjoints that equations' own names are, and further names. */
  readonly called: Map<NodeId, Name["adjointOf"]>;
  readonly also: Name[];
  loss: Operand | null;
  order: readonly number[] | null;
  readonly schedule: ScheduleStep[];
  readonly needed: Map<NodeId, Interval>;
}

export const emptyTables = (): Tables => ({
  calls: [], resources: [], declared: [], objectives: [], metrics: [], treatments: [], directives: [], sinks: [], updates: [],
  called: new Map(), also: [], loss: null, order: null, schedule: [], needed: new Map(),
});

/** A row's arguments: by place and by key. */
interface Row {
  readonly line: Line;
  readonly first: Expr | undefined;
  readonly second: Expr | undefined;
  readonly third: Expr | undefined;
  readonly key: (name: string) => Expr | null;
}
const rowOf = (line: Line): Row => {
  const positional = line.args.filter((arg) => arg.name === null);
  return {
    line,
    first: positional[0]?.value,
    second: positional[1]?.value,
    third: positional[2]?.value,
    key: (name) => line.args.find((arg) => arg.name === name)?.value ?? null,
  };
};

const maybe = <A>(e: Expr | null, f: (e: Expr) => A): A | null => (e === null ? null : f(e));
const textOf = (e: Expr | null | undefined, row: Row, report: Report): string => {
  if (e !== null && e !== undefined) return stringOf(e, report);
  report.wrong(row.line.span, `@${row.line.name} lacks a string`);
  return "";
};
const listOf = <A>(e: Expr | null, report: Report, f: (e: Expr) => A): readonly A[] => (e === null ? [] : itemsOf(e, report).map(f));
const isNothing = (e: Expr): boolean => e.tag === "call" && calleeOf(e) === "nothing";

/** `@param "M.weight" weight type=[…] init=…`; parameters are read before all else, since equations name them. */
export const readParams = (lines: readonly Line[], report: Report): readonly Param[] => {
  const names = lines.map((line) => textOf(rowOf(line).first, rowOf(line), report));
  const ids = new Map(names.map((name, id) => [name, id] as const));
  return lines.map((line, id): Param => {
    const row = rowOf(line);
    const idOf = (e: Expr): number | null => ids.get(stringOf(e, report)) ?? null;
    const init = maybe(row.key("init"), (e) => recordCall(e, report)) ?? { name: "zeros", attrs: {} };
    const renewed = maybe(row.key("renewed"), (e) => recordCall(e, report));
    return {
      name: names[id] ?? "",
      role: wordOf(row.second, ["weight", "statistic", "slot", "copy"], line.span, report) ?? "weight",
      of: maybe(row.key("of"), idOf),
      init: { ...init, fanOf: maybe(row.key("fan_of"), idOf) },
      renewedBy: renewed === null ? null : { transform: renewed.name, attrs: renewed.attrs },
      type: maybe(row.key("type"), (e) => typeOf(e, report)),
      span: line.span,
    };
  });
};

type Reader = (row: Row, tables: Tables, scope: Scope) => void;

const overrideOf = (row: Row, scope: Scope): Override | null => {
  const by = row.key("by");
  if (by !== null) {
    const { name, attrs } = recordCall(by, scope.report);
    return { tag: "transform", transform: name, attrs };
  }
  const seeds = row.key("seeds");
  if (seeds === null) return null;
  const params = listOf(row.key("weights"), scope.report, (e) => paramOf(e, scope));
  const gradients = listOf(row.key("weight_gradients"), scope.report, (e) => operandOf(e, scope));
  return {
    tag: "custom",
    seeds: listOf(seeds, scope.report, (e) => nodeOf(e, scope)),
    ins: listOf(row.key("gradients"), scope.report, (e) => (isNothing(e) ? null : operandOf(e, scope))),
    params: params.flatMap((param, k) => {
      const gradient = gradients[k];
      return gradient === undefined ? [] : [{ param, gradient }];
    }),
  };
};

const readCall: Reader = (row, tables, scope) => {
  const { report } = scope;
  const reads = (key: string): readonly Operand[] => listOf(row.key(key), report, (e) => operandOf(e, scope));
  tables.calls.push({
    instance: textOf(row.first, row, report),
    of: textOf(row.key("of"), row, report),
    parent: maybe(row.key("parent"), (e) => numberOf(e, report)),
    formals: listOf(row.key("formals"), report, (e) => stringOf(e, report)),
    ins: reads("ins"),
    outs: reads("outs"),
    override: overrideOf(row, scope),
    span: row.line.span,
  });
};

const readObjective: Reader = (row, tables, scope) => {
  const { report } = scope;
  const node = (key: string): NodeId | null => maybe(row.key(key), (e) => nodeOf(e, scope));
  const base = { text: textOf(row.first, row, report), value: node("value"), mean: node("mean"), span: row.line.span };
  const from = row.key("from"), target = row.key("target"), goal = row.key("goal"), loss = row.key("loss");
  const tag = wordOf(row.second, ["match", "ascend"], row.line.span, report);
  if (tag === "ascend" && goal !== null) {
    tables.objectives.push({ ...base, tag, from: listOf(from, report, (e) => operandOf(e, scope)), objective: operandOf(goal, scope) });
  } else if (tag === "match" && from !== null && target !== null && loss !== null) {
    const weight = maybe(row.key("weight"), (e) => operandOf(e, scope));
    tables.objectives.push({ ...base, tag, from: operandOf(from, scope), target: operandOf(target, scope), loss: recordCall(loss, report), weight });
  } else report.wrong(row.line.span, "this objective lacks a part");
};

const adjointOf = (row: Row, scope: Scope): Name["adjointOf"] => {
  const of = row.key("adjoint");
  return of === null ? null : { node: nodeOf(of, scope), along: maybe(row.key("along"), (e) => numberOf(e, scope.report)) };
};

const needed = (row: Row, e: Expr | null | undefined, scope: Scope, f: (e: Expr) => void): void => {
  if (e === null || e === undefined) scope.report.wrong(row.line.span, `@${row.line.name} lacks an argument`);
  else f(e);
};

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ["call", readCall],
  ["objective", readObjective],
  ["called", (row, tables, scope) => {
    needed(row, row.first, scope, (e) => tables.called.set(nodeOf(e, scope), adjointOf(row, scope)));
  }],
  ["also", (row, tables, scope) => {
    needed(row, row.first, scope, (e) => {
      tables.also.push({ name: textOf(row.second, row, scope.report), node: nodeOf(e, scope), adjointOf: adjointOf(row, scope), span: row.line.span });
    });
  }],
  ["names", (row, tables, scope) => {
    needed(row, row.first, scope, (e) => { tables.order = itemsOf(e, scope.report).map((item) => numberOf(item, scope.report)); });
  }],
  ["resource", (row, tables, scope) => {
    const { report } = scope;
    const word = <A extends string>(key: string, words: readonly A[]): A | null => wordOf(row.key(key) ?? undefined, words, row.line.span, report);
    tables.resources.push({
      name: textOf(row.first, row, report),
      tag: word("kind", ["env", "buffer", "data"]) ?? "data",
      spec: textOf(row.key("spec"), row, report),
      attrs: maybe(row.key("attrs"), (e) => (e.tag === "call" ? asAttrs(valueOf(e, report)) : {})) ?? {},
      order: word("order", ["sample", "slot", "total"]) ?? "sample",
    });
  }],
  ["declared", (row, tables, scope) => {
    const { report } = scope;
    needed(row, row.first, scope, (e) => {
      const dtype = row.key("dtype");
      tables.declared.push({
        node: nodeOf(e, scope),
        shape: maybe(row.key("shape"), (shape) => itemsOf(shape, report).map((item) => numberOf(item, report))),
        dtype: dtype === null ? null : wordOf(dtype, ["float", "int"], row.line.span, report),
        classes: maybe(row.key("classes"), (n) => numberOf(n, report)),
        span: row.line.span,
      });
    });
  }],
  ["average", (row, tables, scope) => {
    needed(row, row.key("value"), scope, (e) => {
      const mean = maybe(row.key("mean"), (m) => nodeOf(m, scope));
      tables.metrics.push({ name: textOf(row.first, row, scope.report), value: operandOf(e, scope), mean, span: row.line.span });
    });
  }],
  ["treatment", (row, tables, scope) => {
    needed(row, row.first, scope, (e) => {
      const { name, attrs } = recordCall(e, scope.report);
      const params = listOf(row.key("params"), scope.report, (p) => paramOf(p, scope));
      tables.treatments.push({ transform: name, attrs, params, span: row.line.span });
    });
  }],
  ["directive", (row, tables, scope) => {
    const { report } = scope;
    const named = row.line.args.filter((arg) => arg.name === null)[2]?.value;
    tables.directives.push({
      name: textOf(row.first, row, report),
      positional: listOf(row.second ?? null, report, (e) => valueOf(e, report)),
      named: named === undefined ? {} : asAttrs(valueOf(named, report)),
      span: row.line.span,
    });
  }],
  ["sink", (row, tables, scope) => { needed(row, row.first, scope, (e) => tables.sinks.push(nodeOf(e, scope))); }],
  ["update", (row, tables, scope) => {
    needed(row, row.first, scope, (e) => {
      needed(row, row.key("next"), scope, (next) => tables.updates.push({ param: paramOf(e, scope), next: operandOf(next, scope) }));
    });
  }],
  ["schedule", (row, tables, scope) => { tables.schedule.push(scheduleStep(row, scope)); }],
  ["needed", (row, tables, scope) => {
    needed(row, row.first, scope, (e) => {
      const on = intervalOf(e, scope.report);
      for (const one of listOf(row.second ?? null, scope.report, (x) => nodeOf(x, scope))) tables.needed.set(one, on);
    });
  }],
  ["loss", (row, tables, scope) => { needed(row, row.first, scope, (e) => { tables.loss = operandOf(e, scope); }); }],
]);

/** `@schedule map [a, b]`, `@schedule scan forward [h] lag=1`. */
const scheduleStep = (row: Row, scope: Scope): ScheduleStep => {
  const { report } = scope;
  const tag = wordOf(row.first, ["line", "map", "collect", "scan"], row.line.span, report) ?? "line";
  const nodes = listOf((tag === "scan" ? row.third : row.second) ?? null, report, (e) => nodeOf(e, scope));
  if (tag !== "scan") return { tag, nodes };
  const skews = listOf(row.key("skews"), report, (e) => numberOf(e, report));
  return {
    tag, direction: wordOf(row.second, ["forward", "backward"], row.line.span, report) ?? "forward",
    nodes: nodes.map((node, k) => ({ node, skew: skews[k] ?? 0 })), lag: maybe(row.key("lag"), (e) => numberOf(e, report)),
  };
};

const asAttrs = (value: AttrValue): { readonly [key: string]: AttrValue } =>
  typeof value === "object" && value !== null && !isArray(value) ? value : {};
const isArray = (value: AttrValue): value is readonly AttrValue[] => Array.isArray(value);

/** A directive behind the equations: a row of ours, or the user's own. */
export const readTable = (line: Line, tables: Tables, scope: Scope): void => {
  const reader = READERS.get(line.name);
  if (reader !== undefined) reader(rowOf(line), tables, scope);
  else if (TABLES.has(line.name)) scope.report.wrong(line.span, `@${line.name} does not belong here`);
  else {
    const isNamed = (arg: Argument): boolean => arg.name !== null;
    const positional = line.args.filter((arg) => !isNamed(arg)).map((arg) => valueOf(arg.value, scope.report));
    tables.directives.push({ name: line.name, positional, named: attrsOf(line.args.filter(isNamed), scope.report), span: line.span });
  }
};

/** The table of names: those that equations are called by, then the others, in the order that was printed. */
export const namesOf = (idents: readonly string[], isOwn: (id: NodeId) => boolean, spans: Program["spans"], tables: Tables): readonly Name[] => {
  const names: Name[] = [];
  idents.forEach((ident, id) => {
    const span = spans[id];
    if (span !== undefined && !isGenerated(ident) && isOwn(id)) names.push({ name: ident, node: id, adjointOf: tables.called.get(id) ?? null, span });
  });
  names.push(...tables.also);
  const { order } = tables;
  if (order === null) return names;
  const sorted: Name[] = [];
  order.forEach((place, k) => {
    const name = names[k];
    if (name !== undefined) sorted[place] = name;
  });
  return sorted.filter((name) => typeof name === "object");
};
