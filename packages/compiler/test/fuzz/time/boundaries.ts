/**
 * Random programs of one or two states with boundary equations wherever one may be written, lags and ranges of either direction, and sequences of
 * one to six steps: most of them are so short that something crosses. Many are refused, as they should be; what is left must mean one thing.
 */
import type { Least } from "../../time/least.js";
import type { Written } from "./windows.js";

/** A number below `n`. */
type Decide = (n: number) => number;

/** The same numbers for the same seed. */
export const decideFrom = (seed: number): Decide => {
  let state = (seed * 7919 + 1) >>> 0;
  return (n) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >>> 8) % n;
  };
};

const FRONT = ["-1", "0", "1", "2", "3"], BACK = ["T-2", "T-1", "T", "T+1"];
const VALUES = ["0.3", "x_1", "x_T", "x_2", "x_{T-1}", "u", "q_t"];
const GIVEN = ["z", "x_2", "x_T", "x_1 | x_{T-1}", "q_2", "q_T"];
const at = (n: number): string => (n === 0 ? "t" : n > 0 ? `t+${String(n)}` : `t-${String(-n)}`);

/** What a state reads of steps that lie `lag` away and beyond. */
const readOf = (decide: Decide, name: string, lag: number): string => {
  const back = lag < 0, near = `${name}_{${at(lag)}}`;
  const ranges = back ? [`${name}_{${at(lag - 1)}..${at(lag)}}`, `${name}_{0..t-1}`, `${name}_{1..t-1}`] : [`${name}_{${at(lag)}..${at(lag + 1)}}`, `${name}_{t+1..T}`, `${name}_{t+1..T+1}`];
  const range = ranges[decide(9) - 5];
  return range === undefined ? near : `${decide(3) === 0 ? "max" : "mean"}(${range}, axis=0)`;
};

/** The equations of a state. */
const stateOf = (decide: Decide, name: string, other: string | null): readonly string[] => {
  const pick = (list: readonly string[]): string => list[decide(list.length)] ?? "";
  const direction = decide(2) === 0 ? -1 : 1;
  const reads = Array.from({ length: 1 + decide(2) }, () => readOf(decide, name, direction * (1 + decide(3))));
  if (decide(4) > 0) reads.push(`x_{${at(decide(5) - 2)}}`);
  if (other !== null && decide(3) > 0) reads.push(`${other}_{${at(decide(3) - 1)}}`);
  const given = Array.from({ length: 1 + decide(3) }, () => `${pick(VALUES)} -> ${name}_{${pick(direction < 0 ? FRONT : BACK)}}`);
  const elsewhere = decide(6) === 0 ? [`${pick(VALUES)} -> ${name}_{${pick([...FRONT, ...BACK])}}`] : [];
  return [`${reads.join(" | ")} --[${name.toUpperCase()}|tanh]-> ${name}_t`, ...given, ...elsewhere];
};

export const boundaryProgram = (decide: Decide): Least => {
  const pick = (list: readonly string[]): string => list[decide(list.length)] ?? "";
  const states = decide(2) === 0 ? ["h"] : ["h", "g"];
  const first = [`x_{${at(decide(3) - 1)}} --[Q]-> q_t`, `${pick(GIVEN)} --[U]-> u`];
  const equations = states.flatMap((name) => stateOf(decide, name, states.find((one) => one !== name) ?? null));
  const read = pick(states), last = pick([read, "q"]), side = (): string => at(decide(5) - 2);
  const overTime = pick([`${read}_t`, `${read}_{${side()}}`, `mean(${read}_{${at(-decide(3))}..${at(decide(3))}}, axis=0)`, `max(${read}_{0..t}, axis=0)`, `mean(${read}_{t..T}, axis=0)`]);
  const once = pick([`${read}_1`, `${read}_T`, `${read}_2`, `${read}_{T-1}`, `mean(${read}_{1..2}, axis=0)`, `mean(${read}_{0..T}, axis=0)`, `${read}_0`, `${read}_3`,
    `mean(${last}_{T-2..T}, axis=0)`, `max(${last}_{T-2..T-1}, axis=0)`, `${last}_{T-2}`]);
  const statements = [decide(2) === 0 ? `${overTime} --[O]-> p_t => y_t` : `${once} --[O]-> p => z`, ...(decide(3) === 0 ? [`${read}_t => y_{${at(decide(3) - 1)}}`] : [])];
  const body = [...first, ...equations, ...statements];
  // Nothing is left unread.
  for (const [name, square] of [["q_", "q_t"], ["u", "u"], ...states.map((one) => [`${one}_`, `${one}_t`])]) {
    const reads = new RegExp(`(^|[^\\w])${String(name)}(?=[^\\w>]|\\{|\\d|t).*(->|=>)`);
    if (!body.some((line) => reads.test(line) && !line.endsWith(`-> ${String(square)}`))) body.push(`$ -0.1 * sum(${String(square)} ^ 2)`);
  }
  const text = body.join("\n"), uses = (name: RegExp, line: string): readonly string[] => (name.test(text) ? [line] : []);
  const head = ["x_t : [2]", ...uses(/y_/, "y_t : [2]"), ...uses(/\bz\b/, "z : [2]"), ...["H", "G", "O", "Q", "U"].flatMap((name) => uses(new RegExp(`\\[${name}[|\\]]`), `${name} : dense[2]`))];
  return { text: `${[...head, text].join("\n")}\n`, last: Array.from({ length: 4 }, () => 1 + decide(6)) };
};

/** The same in windows, of batches of one or two. */
export const inWindowsAtRandom = (decide: Decide, { text, last }: Least): Written =>
  ({ text: `@horizon back=${String(1 + decide(4))} ahead=${String(decide(3))}${decide(3) === 0 ? ` burn_in=${String(1 + decide(3))}` : ""}\n${text.replaceAll(/^([xy])_t : /gm, "$1 : ")}`, batch: 1 << decide(2), last });
