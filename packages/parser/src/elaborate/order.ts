/**
 * The order in which links and states are computed: dependencies first, over the whole graph; within a recurrence, along the reads of the
 * same step. States that a recurrence reads at another step get their row before it begins.
 */
import { components, cycleIn } from "@sequent/ir";
import type { Span } from "@sequent/ir";
import { ungroup } from "../syntax/tree.js";
import { instantaneousCycle, selfReading } from "./diagnostics.js";
import { printName, stateOf } from "./names.js";
import type { Place } from "./names.js";
import type { Equation, Link, Read, State } from "./plan.js";
import { safe } from "./report.js";
import type { Reporter } from "./report.js";

export type Step =
  | { readonly tag: "link"; readonly link: number }
  | { readonly tag: "state"; readonly key: string }
  | { readonly tag: "reserve"; readonly key: string };

type States = ReadonlyMap<string, State>;

export interface Arrangement {
  readonly lifted: ReadonlySet<string>;
  readonly steps: readonly Step[];
}

export const arrange = (links: readonly Link[], states: States, report: Reporter): Arrangement => {
  const lifted = lift(links, states);
  const keys = [...states.keys()];
  const rowOf = new Map(keys.map((key, i) => [key, links.length + i]));
  const now = Array.from({ length: links.length + keys.length }, (): number[] => []);
  const all = Array.from({ length: links.length + keys.length }, (): number[] => []);
  const away = new Map<number, string[]>();
  links.forEach((link, row) => {
    for (const read of link.reads) {
      const state = stateOf(states, read.ref);
      const to = state === null ? undefined : rowOf.get(state.key);
      if (state === null || to === undefined) continue;
      all[row]?.push(to);
      if (sameStep(read.ref.place, state, lifted, link.shift)) now[row]?.push(to);
      else away.set(row, [...(away.get(row) ?? []), state.key]);
    }
  });
  keys.forEach((key, i) => {
    const equations = states.get(key)?.equations ?? [];
    all[links.length + i] = equations.map((equation) => equation.link);
    now[links.length + i] = equations.filter((one) => lagOf(one, links) === 0).map((equation) => equation.link);
  });

  const steps: Step[] = [];
  const stepOf = (row: number): Step => {
    if (row < links.length) return { tag: "link", link: row };
    return { tag: "state", key: keys[row - links.length] ?? "" };
  };
  for (const component of components(all)) {
    const [first] = component;
    if (component.length === 1 && first !== undefined) {
      steps.push(stepOf(first));
      continue;
    }
    const rows = [...component].sort((a, b) => a - b);
    const local = new Map(rows.map((row, i) => [row, i]));
    const reserved = new Set(rows.flatMap((row) => (away.get(row) ?? []).filter((key) => local.has(rowOf.get(key) ?? -1))));
    for (const row of rows) {
      for (const one of states.get(keys[row - links.length] ?? "")?.equations ?? []) {
        if (lagOf(one, links) !== 0) reserved.add(keys[row - links.length] ?? "");
      }
    }
    for (const key of reserved) steps.push({ tag: "reserve", key });
    // A reserved state may be read before it is defined, so it waits for its links and no link waits for it.
    const isReserved = (row: number): boolean => reserved.has(keys[row - links.length] ?? "");
    const inside = rows.map((row) => {
      const waitsFor = row < links.length ? (now[row] ?? []).filter((to) => !isReserved(to)) : (all[row] ?? []);
      return waitsFor.flatMap((to) => local.get(to) ?? []);
    });
    for (const part of components(inside)) steps.push(...part.map((i) => stepOf(rows[i] ?? 0)));
    const atOnce = rows.map((row) => (now[row] ?? []).flatMap((to) => local.get(to) ?? []));
    for (const part of components(atOnce)) {
      if (part.length > 1) reportCycle(cycleIn(part, atOnce).map((i) => rows[i] ?? 0), { links, keys, states, now, rowOf }, report);
    }
  }
  return { lifted, steps };
};

/** How much later a target holds than the first one of its link. */
const lagOf = ({ holds, link }: Equation, links: readonly Link[]): number => (holds.tag === "general" ? holds.shift - (links[link]?.shift ?? 0) : 0);

const sameStep = (place: Place, state: State, lifted: ReadonlySet<string>, shift = 0): boolean => {
  if (place.tag === "plain") return shift === 0 || !lifted.has(state.key);
  const varies = state.equations[0]?.holds.tag !== "plain" || lifted.has(state.key);
  return !varies || (place.tag === "at" && place.time.from === "t" && place.time.plus === shift);
};

/** States without a context whose equation reads `t`, itself or through another such state. */
const lift = (links: readonly Link[], states: States): ReadonlySet<string> => {
  const readers = new Map<string, number[]>();
  const plainOf = links.map((): string[] => []);
  for (const state of states.values()) {
    for (const { holds, link } of state.equations) if (holds.tag === "plain") plainOf[link]?.push(state.key);
  }
  links.forEach((link, i) => {
    for (const { ref } of link.reads) {
      const list = readers.get(ref.key);
      if (ref.place.tag !== "plain") continue;
      if (list === undefined) readers.set(ref.key, [i]);
      else list.push(i);
    }
  });
  const lifted = new Set<string>();
  const queue = links.flatMap((link, i) => (link.readsTime ? [i] : []));
  for (const i of queue) {
    for (const key of plainOf[i] ?? []) {
      if (lifted.has(key)) continue;
      lifted.add(key);
      for (const reader of readers.get(key) ?? []) queue.push(reader);
    }
  }
  return lifted;
};

interface Graph {
  readonly links: readonly Link[];
  readonly keys: readonly string[];
  readonly states: States;
  /** What each row reads at the same step. */
  readonly now: readonly (readonly number[])[];
  readonly rowOf: ReadonlyMap<string, number>;
}

const reportCycle = (rows: readonly number[], graph: Graph, report: Reporter): void => {
  const { links, keys, states } = graph;
  const first = rows.findIndex((row) => row >= links.length);
  const turned = [...rows.slice(first), ...rows.slice(0, first)];
  const members = turned.flatMap((row) => states.get(keys[row - links.length] ?? "") ?? []);
  const targets: { readonly target: Equation["target"]; readonly at: Span }[] = [];
  members.forEach((state, i) => {
    const link = turned[2 * i + 1];
    const equation = state.equations.find((e) => e.link === link) ?? state.equations[0];
    if (equation !== undefined) targets.push({ target: equation.target, at: equation.target.span });
  });
  const [head, ...others] = targets;
  if (head === undefined) return;
  const names = targets.map(({ target }) => `\`${printName(target)}\``);
  const labels = others.map(({ target, at }) => ({ at, text: `\`${printName(target)}\` is needed for the one before` }));
  if (others.length > 0) {
    const message = `instantaneous cycle: ${[...names, names[0] ?? ""].join(" needs ")}`;
    report.problem(instantaneousCycle, message, head.at, "needs itself at the same step, by way of the others", {
      labels, help: "One of these reads must be of another step, as `x_{t-1}` is.",
    });
    return;
  }
  const link = links[turned[1] ?? -1];
  const [state] = members;
  if (link === undefined || state === undefined) return;
  const read = link.reads.find((one) => stateOf(states, one.ref)?.key === state.key && one.name.span !== head.at);
  report.problem(selfReading, `instantaneous cycle: ${names[0] ?? ""} needs itself`, head.at, "defined here", {
    labels: read === undefined ? [] : [{ at: read.name.span, text: "from its own value at the same step" }],
    help: "A state may read its own past, or this name should be another.",
    fixes: read === undefined ? [] : [mend(read, link, graph, head.target)],
  });
};

/** What its siblings read; else the step before; else another name for the result. */
const mend = (read: Read, link: Link, graph: Graph, target: Equation["target"]): ReturnType<typeof safe> => {
  const common = link.through === null ? null : siblingOf(read, link, graph);
  if (common !== null) return safe(`read \`${common}\``, { at: read.name.span, text: common });
  if (read.ref.place.tag === "at") {
    const text = `${read.ref.label}_{t-1}`;
    return safe(`read the step before, \`${text}\``, { at: read.name.span, text });
  }
  const end = target.span.from + target.base.length + target.primes;
  const place = { ...target.span, from: end, to: end };
  return safe("give the result another name", { at: place, text: "'" });
};

/**
 * The name that two or more other flows start from, and more than any other name. It must not need the state at the same step itself: reading
 * it would only make the cycle longer.
 */
const siblingOf = (read: Read, link: Link, graph: Graph): string | null => {
  const counts = new Map<string, { readonly ref: Read["ref"]; count: number }>();
  for (const other of graph.links) {
    const [head] = other.inputs;
    const name = head === undefined || other.inputs.length > 1 || other === link || other.through === null ? null : ungroup(head);
    if (name?.tag !== "name") continue;
    const ref = other.reads.find((one) => one.name === name)?.ref;
    const known = counts.get(printName(name));
    if (known !== undefined) known.count += 1;
    else if (ref !== undefined) counts.set(printName(name), { ref, count: 1 });
  }
  const [best, second] = [...counts].sort(([, a], [, b]) => b.count - a.count);
  if (best === undefined || best[1].count < 2 || best[1].count === second?.[1].count) return null;
  return needsNow(best[1].ref, read.ref.key, graph) ? null : best[0];
};

/** Does a read need a state at the same step, itself or by way of others? */
const needsNow = (ref: Read["ref"], key: string, { now, rowOf }: Graph): boolean => {
  if (ref.place.tag === "at" && !(ref.place.time.from === "t" && ref.place.time.plus === 0)) return false;
  const seen = new Set([rowOf.get(ref.key)]);
  for (const row of seen) for (const to of row === undefined ? [] : (now[row] ?? [])) seen.add(to);
  return seen.has(rowOf.get(key));
};
