/**
 * The step of a loop as a method of the model, for `--compile`: a step is compiled once, where a loop would be unrolled (GRU, 512 steps: 21 s).
 *
 * What a step reads of earlier ones, a value of several steps ago or a range of them, and its random numbers are arguments. A step stays in its
 * loop if it is a call of one function, which is compiled as that, or one line that no weight has a part in; or if it reads a range that ends
 * with its own values.
 */
import { returning } from "../model/definition.js";
import { createNames } from "../model/identifier.js";
import { mentions } from "../model/mentions.js";

/** The steps of the loops of one model. */
export interface StepMethods {
  /** The name of the method with this text; equal texts are one method. */
  readonly define: (wanted: string, textFor: (name: string) => readonly string[]) => string;
  readonly names: () => readonly string[];
  readonly texts: () => readonly (readonly string[])[];
}
export const noStepMethods = (): StepMethods => {
  const names = createNames(), made = new Map<string, readonly string[]>();
  return {
    define: (wanted, textFor) => {
      for (const [name, text] of made) if (text.join("\n") === textFor(name).join("\n")) return name;
      const name = names.take(`step_${wanted}`);
      made.set(name, textFor(name));
      return name;
    },
    names: () => [...made.keys()],
    texts: () => [...made.values()],
  };
};

/** The body of a loop. */
export interface Iteration {
  readonly lines: readonly string[];
  /** Lists of what the steps make, with the variable that each takes. */
  readonly lists: ReadonlyMap<string, string>;
  /** What is read of these lists, by its text, with a name for it. */
  readonly reads: ReadonlyMap<string, string>;
  /** Variables that are read behind the step or by the next one. */
  readonly wanted: (variable: string) => boolean;
  /** Names of what the loop computes, for its own name. */
  readonly about: readonly string[];
  /** Variables that the loop takes step by step. */
  readonly sources: readonly string[];
  /** `self.` or `model.`, as the loop reaches the model. */
  readonly owner: string;
}

/** The lines of the loop that call its step; null: the step stays in the loop. */
export const extractStep = (methods: StepMethods, iteration: Iteration): readonly string[] | null => {
  const { lists, reads, owner, sources, about } = iteration;
  const appends = new Set([...lists].map(([list, variable]) => `${list}.append(${variable})`));
  const own = iteration.lines.filter((line) => !appends.has(line));
  const { earlier, lines } = readEarlier(own, reads);
  const computing = lines.filter((line) => !line.startsWith("#"));
  if (computing.some((line) => !/^\w+(, \w+)* = /.test(line) || / for | lambda |:=/.test(line))) return null;
  if ([...lists.keys()].some((list) => mentions(lines, list))) return null;
  const free = freeIn(lines, owner.slice(0, -1));
  const made = new Set(computing.flatMap(targetsOf)), listed = new Set(lists.values());
  const results = [...made].filter((name) => iteration.wanted(name) || free.includes(name) || listed.has(name));
  const taken = sources.filter((name) => free.includes(name));
  const carried = free.filter((name) => !taken.includes(name) && (earlier.has(name) || results.includes(name) || name.endsWith("_before")));
  const others = free.filter((name) => !carried.includes(name) && !taken.includes(name));
  const [only = "", ...more] = computing;
  if (more.length === 0 && (isCall(only, owner) || (others.length === 0 && !only.includes(owner)))) return null;
  // As a cell of PyTorch takes them: the input, then the state.
  const given = [...taken, ...carried, ...others];
  const inMethod = lines.map((line) => line.replaceAll(new RegExp(String.raw`\b${owner.replace(".", String.raw`\.`)}`, "g"), "self."));
  const name = methods.define(about[0] ?? "on", (method) => methodText(method, about, given, results, inMethod));
  return [`${results.join(", ")} = ${owner}${name}(${given.map((one) => earlier.get(one) ?? one).join(", ")})`, ...iteration.lines.filter((line) => appends.has(line))];
};

/** Whether a line is nothing but a call of one of the model's functions. */
const isCall = (line: string, owner: string): boolean => line.includes(` = ${owner}`) && /^\w+(, \w+)* = [\w.]+\([\w, ]*\)$/.test(line);

/** Types of what is no tensor. */
const TYPES: Readonly<Record<string, string>> = { carry: "Carry", noise: "Noise", offset: "int", rows: "int", update: "int" };

const methodText = (name: string, about: readonly string[], free: readonly string[], results: readonly string[], lines: readonly string[]): readonly string[] => {
  return [
    `def ${name}(self, ${free.map((one) => `${one}: ${TYPES[one] ?? "Tensor"}`).join(", ")}) -> ${results.length === 1 ? "Tensor" : `tuple[${results.map(() => "Tensor").join(", ")}]`}:`,
    `    """One step${about.length === 0 ? "" : ` of ${about.join(", ")}`}."""`,
    ...returning(lines, results).map((line) => `    ${line}`),
  ];
};

/** Reads of the lists as arguments, by name, each with what it is given. */
const readEarlier = (lines: readonly string[], reads: ReadonlyMap<string, string>) => {
  const earlier = new Map<string, string>();
  let replaced = lines;
  for (const [text, wanted] of reads) {
    const found = new RegExp(String.raw`(?<!\w)${text.replaceAll(/\W/g, String.raw`\$&`)}`, "g");
    if (!replaced.some((line) => !line.startsWith("#") && found.test(line))) continue;
    let name = wanted;
    while (mentions(lines, name) || earlier.has(name)) name += "_";
    earlier.set(name, text);
    replaced = replaced.map((line) => (line.startsWith("#") ? line : line.replaceAll(found, name)));
  }
  return { earlier, lines: replaced };
};

const targetsOf = (line: string): readonly string[] => (/^(\w+(?:, \w+)*) = /.exec(line)?.[1] ?? "").split(", ");

/** Words of a line that are no variables: Python's own, modules, and the model itself. */
const WORDS: ReadonlySet<string> = new Set(["torch", "F", "nn", "math", "True", "False", "None", "if", "else", "not", "and", "or", "is", "in"]);

/** Variables that the lines read before they set them, in this order. */
const freeIn = (lines: readonly string[], model: string): readonly string[] => {
  const set = new Set<string>(), free = new Set<string>();
  for (const line of lines) {
    if (line.startsWith("#")) continue;
    const value = line.replace(/^\w+(, \w+)* = /, "").replace(/"[^"]*"/g, '""');
    // No attribute, no function that is called, no name of an argument.
    for (const [word] of value.matchAll(/(?<![\w.])[A-Za-z_]\w*\b(?!\s*\()(?!\.apply\()(?!=[^=])/g)) if (word !== model && !WORDS.has(word) && !set.has(word)) free.add(word);
    for (const target of targetsOf(line)) set.add(target);
  }
  return [...free];
};
