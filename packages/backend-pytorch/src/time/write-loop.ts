/** The text of a loop over steps, of what has been printed of its iterations. */
import { read } from "@sequent/ir";
import type { Interval, NodeId } from "@sequent/ir";
import { atom } from "../model/code.js";
import type { Scribe } from "../model/body.js";
import { temporary } from "../model/body.js";
import { nameIn } from "../model/emission.js";
import { mentions } from "../model/mentions.js";
import { extractStep } from "./extract-step.js";
import type { Loop } from "./plan.js";
import { leastEnd, mayBeEmpty } from "./slices.js";
import { noneOf, zerosOf } from "./step.js";

/** A value of the outside that the loop takes step by step. */
export interface Source {
  readonly code: string;
  readonly variable: string;
  /** Whether the loop itself changes what the outside has: it takes views of it. */
  readonly views: boolean;
}

/** What a value computed in the loop needs to be found again. */
export interface State {
  readonly id: NodeId;
  readonly variable: string;
  /** Stands for the instance of the last iteration; null: nothing reads it. */
  readonly before: string | null;
  /** The list of all instances; null: nothing reads more than the last one. */
  readonly list: string | null;
  /** Read by the rest of the program. */
  readonly kept: boolean;
  /** Instances that are not there count as zeros: how many stand in front of the list. */
  zeros: number;
  /** Iterations behind the loop that have no instance of it. */
  missed: number;
}

/** Stands in printed lines for the value of the iteration before, until it is known in which variable that is. */
export const placeholder = (variable: string): string => `\u0001${variable}\u0001`;

/** What the printing of a loop has found. */
export interface Written {
  readonly loop: Loop;
  readonly states: readonly State[];
  readonly sources: readonly Source[];
  readonly before: readonly (readonly string[])[];
  readonly body: readonly string[];
  readonly after: readonly (readonly string[])[];
  readonly main: Interval;
  /** What is read of the states' lists, by its text, with a name for it. */
  readonly reads: ReadonlyMap<string, string>;
  /** Names of what it computes. */
  readonly about: readonly string[];
}

/** Whether the last iteration's value may stand in the variable of this one's: nothing reads it after that has been computed. */
const isReplaced = ({ before, variable }: State, iterations: readonly (readonly string[])[]): boolean => {
  if (before === null) return true;
  const assigns = new RegExp(`(^|, )${variable}(, [\\w, ]+)? = `);
  return iterations.every((lines) => {
    const from = lines.findIndex((line) => assigns.test(line));
    return from < 0 || !lines.slice(from + 1).some((line) => line.includes(placeholder(before)));
  });
};

/** Writes a loop: what stands in front of it, its iterations, what follows them, and what is stacked of it. */
export const writeLoop = (scribe: Scribe, { loop, states, sources, before, body, after, main, reads, about }: Written): void => {
  const { values, names, reading } = scribe;
  const isForward = loop.direction === "forward";
  const replaced = new Map(states.map((state) => [state, isReplaced(state, [...before, body, ...after])]));
  const settle = (line: string): string => states.reduce((text, state) => (state.before === null ? text
    : text.replaceAll(placeholder(state.before), replaced.get(state) === true ? state.variable : state.before)), line);
  const moved = states.flatMap((state) => (state.before !== null && replaced.get(state) !== true ? [`${state.before} = ${state.variable}`] : []));
  const put = (lines: readonly string[]): void => { for (const line of lines) scribe.tell(null, settle(line)); };
  const appends = (state: State): string => `${state.list ?? ""}.append(${state.variable})`;
  /** Whether one instance stands in front of the loop's own. */
  const startsWithOne = (state: State): boolean => {
    const [first = [], ...others] = before, append = appends(state);
    return others.length === 0 && state.zeros === 0 && first.includes(append) && !mentions(first.filter((line) => line !== append), state.list ?? "");
  };
  for (const state of states) {
    if (state.list === null && state.zeros === 0) continue;
    const zero = state.zeros > 0 ? zerosOf(scribe, state.id).text : "";
    if (state.zeros > 0 && state.before !== null) put([`${replaced.get(state) === true ? state.variable : state.before} = ${zero}`]);
    // A list that starts with a value says its type, too.
    const isUntyped = state.list !== null && scribe.names.isUntyped(state.list);
    if (state.list !== null && !startsWithOne(state)) put([`${state.list}${isUntyped ? ": list[Tensor]" : ""} = [${zero}]${state.zeros > 1 ? ` * ${String(state.zeros)}` : ""}`]);
  }
  const known = (lines: readonly string[]): readonly string[] => moved.filter((line) => lines.some((one) => one.startsWith(`${line.split(" = ")[1] ?? ""} = `)));
  const ending = withoutIdle(after.map((lines) => [...lines, ...known(lines)].map(settle)), []);
  const starts = before.map((lines) => [...lines.filter((line) => !states.some((state) => startsWithOne(state) && line === appends(state))), ...known(lines)].map(settle));
  const rest = [...states.filter(startsWithOne).map((state) => `[${state.variable}]`), ...[...body, ...moved].map(settle), ...ending.flat()];
  for (const lines of withoutIdle(starts, rest)) put(lines);
  for (const state of states) if (startsWithOne(state)) put([`${state.list ?? ""} = [${state.variable}]`]);
  const flip = ({ code, views }: Source): string => (views ? `${code}.unbind()${isForward ? "" : "[::-1]"}` : isForward ? code : `${code}.flip(0)`);
  const [only] = sources;
  const over = only === undefined ? `_ in range(${reading.horizon.count(main)})`
    : sources.length === 1 ? `${only.variable} in ${flip(only)}`
    : `${sources.map((one) => one.variable).join(", ")} in zip(${sources.map((one) => flip(one)).join(", ")}, strict=True)`;
  const iterated = [...body, ...moved].map(settle);
  const extracted = scribe.around.steps === undefined ? null : extractStep(scribe.around.steps, {
    lines: body.map(settle), owner: scribe.around.owner, sources: sources.map((one) => one.variable),
    lists: new Map(states.flatMap((state) => (state.list === null ? [] : [[state.list, state.variable]]))),
    reads, about,
    wanted: (variable) => mentions([...moved, ...ending.flat()].map((line) => line.replace(/^\w+ = /, "")), variable),
  });
  put([`for ${over}:`, ...(extracted === null ? iterated : [...extracted, ...moved.map(settle)]).map((line) => `    ${line}`)]);
  for (const lines of ending) put(lines);
  for (const state of states) {
    if (!state.kept || state.list === null) continue;
    const whole = state.zeros > 0 ? `${state.list}[${String(state.zeros)}:]` : state.list;
    const name = names.take(nameIn(scribe.emission, scribe.around.scope, state.id) ?? temporary(scribe.emission, state.id));
    // A short sequence may have no iteration, and so no value to take the shape from.
    const some = state.zeros === 0 ? state.list : `len(${state.list}) > ${String(state.zeros)}`;
    const isOpen = mayBeEmpty(main, leastEnd(scribe.emission.program)) && ![...before, ...after].some((lines) => lines.includes(appends(state)));
    put([`${name} = torch.stack(${padded(scribe, state, isForward ? whole : `${whole}[::-1]`, isForward)})${isOpen ? ` if ${some} else ${noneOf(scribe, state.id).text}` : ""}`]);
    values.set(state.id, atom(name));
  }
};

/** Of ranges that grow from step to step all get the size of the longest, each with its steps where they stand in it. */
const padded = ({ emission, reading, names }: Scribe, { id, variable }: State, list: string, isForward: boolean): string => {
  const shape = (emission.program.types ?? [])[id]?.[0]?.shape ?? [], axis = emission.time.axisOf(read(id)), has = emission.time.stepsOf(id);
  const place = shape.findIndex((size) => typeof size === "string");
  if (place < 0 || axis === null || has === null) return list;
  emission.needs.add("F");
  const all = reading.horizon.count(axis.steps), own = `${variable}.shape[${String(place - shape.length)}]`;
  const pad = (...ends: readonly string[]): string => `F.pad(${variable}, (${[...Array<string>(2 * (shape.length - 1 - place)).fill("0"), ...ends].join(", ")}))`;
  if (emission.options.keep === null) return `[${isForward ? pad("0", `${all} - ${own}`) : pad(`${all} - ${own}`, "0")} for ${variable} in ${list}]`;
  // The nearest of them alone were kept: `k` steps stand before the end of what a step sees, or before its beginning.
  const k = names.take("k"), first = has.lower.plus - axis.steps.lower.plus + (isForward ? axis.on.upper.plus + 1 : axis.on.lower.plus);
  const one = isForward ? pad(`${k} - ${own}`, `${all} - ${k}`) : pad(k, `${all} - ${k} - ${own}`);
  return `[${one} for ${k}, ${variable} in enumerate(${list}${first === 0 ? "" : `, ${String(first)}`})]`;
};

/** Without assignments that no later line reads, for behind the last iteration nothing is carried on, and without the comments of what is not there. */
const withoutIdle = (parts: readonly (readonly string[])[], rest: readonly string[]): readonly (readonly string[])[] => {
  const later: string[] = rest.filter((line) => !line.startsWith("#"));
  const isRead = (name: string): boolean => mentions(later, name);
  return parts.toReversed().map((lines) => {
    const kept: string[] = [];
    /** Whether what the comments in front say is gone. */
    let isGone = true;
    for (const line of lines.toReversed()) {
      const [, targets = null, value = ""] = /^(\w+(?:, \w+)*) = (.*)$/.exec(line) ?? [];
      const names = targets === null ? [] : targets.split(", ");
      if (line.startsWith("#")) {
        if (!isGone) kept.push(line);
        continue;
      }
      isGone = names.length > 0 && !names.some(isRead) && (isGone || kept.at(-1)?.startsWith("#") === true);
      if (names.length > 0 && !names.some(isRead)) continue;
      const one = names.every(isRead) ? line : `${names.map((name) => (isRead(name) ? name : "_")).join(", ")} = ${value}`;
      later.push(one);
      kept.push(one);
    }
    return kept.toReversed();
  }).toReversed();
};
