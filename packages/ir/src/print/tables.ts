/** The tables beside the equations, one directive a row. */
import type { Attrs, Call, Directive, Name, Objective, Param, Program, Schedule, ScheduleStep } from "../program.js";
import type { NodeId, Operand } from "../time.js";
import { printCall, printInterval, printList, printString, printTypeValue, printValue } from "./values.js";
import { isWord, TABLES } from "./words.js";
import type { Naming } from "./names.js";

type Entry = readonly [key: string, value: string | null];

/** `@name first second key=value`; entries without a value are left out. */
const row = (name: string, positional: readonly string[], entries: readonly Entry[] = []): string => {
  const named = entries.flatMap(([key, value]) => (value === null ? [] : [`${key}=${value}`]));
  return [`@${name}`, ...positional, ...named].join(" ");
};

/** A record by name with its attributes: `orthogonal(gain=2)`. */
const record = (name: string, attrs: Attrs): string =>
  isWord(name) ? printCall(name, [], attrs) : printCall("op", [printString(name)], attrs);

export const printParam = (program: Program, param: Param): string => {
  const nameOf = (id: number | null): string | null => (id === null ? null : printString(program.params[id]?.name ?? ""));
  return row("param", [printString(param.name), param.role], [
    ["type", param.type === null ? null : printTypeValue(param.type)],
    ["init", record(param.init.name, param.init.attrs)],
    ["fan_of", nameOf(param.init.fanOf)],
    ["of", nameOf(param.of)],
    ["renewed", param.renewedBy === null ? null : record(param.renewedBy.transform, param.renewedBy.attrs)],
  ]);
};

const operands = (naming: Naming, list: readonly (Operand | null)[]): string =>
  printList(list.map((x) => (x === null ? "nothing()" : naming.operand(x))));

export const printCallRow = (program: Program, call: Call, naming: Naming): string => {
  const { override } = call;
  const entries: Entry[] = [
    ["of", printString(call.of)],
    ["parent", call.parent === null ? null : String(call.parent)],
    ["formals", printList(call.formals.map(printString))],
    ["ins", operands(naming, call.ins)],
    ["outs", operands(naming, call.outs)],
  ];
  if (override?.tag === "transform") entries.push(["by", record(override.transform, override.attrs)]);
  if (override?.tag === "custom") {
    entries.push(
      ["seeds", printList(override.seeds.map((id) => naming.target(id)))],
      ["gradients", operands(naming, override.ins)],
      ["weights", printList(override.params.map((p) => printString(program.params[p.param]?.name ?? "")))],
      ["weight_gradients", operands(naming, override.params.map((p) => p.gradient))],
    );
  }
  return row("call", [printString(call.instance)], entries);
};

const printObjective = (objective: Objective, naming: Naming): string => {
  const node = (id: number | null): string | null => (id === null ? null : naming.target(id));
  const ends: readonly Entry[] = [["value", node(objective.value)], ["mean", node(objective.mean)]];
  if (objective.tag === "ascend") {
    return row("objective", [printString(objective.text), "ascend"], [
      ["from", operands(naming, objective.from)], ["goal", naming.operand(objective.objective)], ...ends,
    ]);
  }
  return row("objective", [printString(objective.text), "match"], [
    ["from", naming.operand(objective.from)],
    ["target", naming.operand(objective.target)],
    ["loss", record(objective.loss.name, objective.loss.attrs)],
    ["weight", objective.weight === null ? null : naming.operand(objective.weight)],
    ...ends,
  ]);
};

/** The user's own, as it was written where it can be. */
const printDirective = (directive: Directive): string => {
  const { name, positional, named } = directive;
  const plain = isWord(name) && !TABLES.has(name) && Object.keys(named).every(isWord) && !(Object.keys(named).length > 0 && positional.length === 0 && name === "directive");
  const values = positional.map((value) => (typeof value === "number" && (value < 0 || Object.is(value, -0)) ? `(${printValue(value)})` : printValue(value)));
  if (plain) return row(name, values, Object.entries(named).map(([key, value]) => [key, printValue(value)]));
  return row("directive", [printString(name), printList(positional.map(printValue)), printValue(named)]);
};

/** Rows of `names` that no equation's own name says, and the order of all where it is another than theirs. */
export const printNames = (program: Program, naming: Naming): readonly string[] => {
  const index = new Map(program.names.map((name, k) => [name, k] as const));
  const lines: string[] = [];
  const order: number[] = [];
  const adjoint = (name: Name): readonly Entry[] =>
    name.adjointOf === null ? [] : [
      ["adjoint", naming.target(name.adjointOf.node)], ["along", name.adjointOf.along === null ? null : String(name.adjointOf.along)],
    ];
  program.nodes.forEach((_, id) => {
    const name = naming.own.get(id);
    if (name === undefined) return;
    order.push(index.get(name) ?? 0);
    if (name.adjointOf !== null) lines.push(row("called", [naming.target(id)], adjoint(name)));
  });
  program.names.forEach((name, k) => {
    if (naming.own.get(name.node) === name) return;
    order.push(k);
    lines.push(row("also", [naming.target(name.node), printString(name.name)], adjoint(name)));
  });
  if (order.some((k, place) => k !== place)) lines.push(row("names", [printList(order.map(String))]));
  return lines;
};

const printScheduleStep = (step: ScheduleStep, naming: Naming): string => {
  if (step.tag !== "scan") return row("schedule", [step.tag, printList(step.nodes.map(naming.target))]);
  const skews = step.nodes.some(({ skew }) => skew !== 0) ? printList(step.nodes.map(({ skew }) => (skew < 0 ? `(${String(skew)})` : String(skew)))) : null;
  return row("schedule", ["scan", step.direction, printList(step.nodes.map(({ node }) => naming.target(node)))], [
    ["lag", step.lag === null ? null : String(step.lag)], ["skews", skews],
  ]);
};

/** The steps of the schedule, and, for each interval, the values that are wanted on it. */
const printSchedule = (schedule: Schedule, naming: Naming): readonly string[] => {
  const needed = new Map<string, NodeId[]>();
  schedule.needed.forEach((on, id) => {
    if (on === null) return;
    const key = printInterval(on);
    const list = needed.get(key);
    if (list === undefined) needed.set(key, [id]);
    else list.push(id);
  });
  return [
    ...schedule.steps.map((step) => printScheduleStep(step, naming)),
    ...[...needed].map(([on, ids]) => row("needed", [on, printList(ids.map(naming.target))])),
  ];
};

/** Everything that stands behind the equations. */
export const printTables = (program: Program, naming: Naming): readonly string[] => [
  ...printNames(program, naming),
  ...program.calls.map((call) => printCallRow(program, call, naming)),
  ...program.resources.map((r) => row("resource", [printString(r.name)], [
    ["kind", r.tag], ["spec", printString(r.spec)], ["attrs", printValue(r.attrs)], ["order", r.order],
  ])),
  ...program.declared.map((d) => row("declared", [naming.target(d.node)], [
    ["shape", d.shape === null ? null : printList(d.shape.map(String))], ["dtype", d.dtype], ["classes", d.classes === null ? null : String(d.classes)],
  ])),
  ...program.objectives.map((objective) => printObjective(objective, naming)),
  ...program.metrics.map((m) => row("average", [printString(m.name)], [
    ["value", naming.operand(m.value)], ["mean", m.mean === null ? null : naming.target(m.mean)],
  ])),
  ...program.treatments.map((t) => row("treatment", [record(t.transform, t.attrs)], [
    ["params", printList(t.params.map((id) => printString(program.params[id]?.name ?? "")))],
  ])),
  ...program.directives.map(printDirective),
  ...program.sinks.map((id) => row("sink", [naming.target(id)])),
  ...(program.updates ?? []).map((u) => row("update", [printString(program.params[u.param]?.name ?? "")], [["next", naming.operand(u.next)]])),
  ...(program.loss === undefined || program.loss === null ? [] : [row("loss", [naming.operand(program.loss)])]),
  ...(program.schedule === undefined ? [] : printSchedule(program.schedule, naming)),
];
