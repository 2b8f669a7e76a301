/** Functions of model.py that are called by name from outside: their text, and the arguments that a caller must give. */

export interface FunctionText {
  readonly name: string;
  /** The names of the arguments, without `self`, in order. */
  readonly arguments: readonly string[];
  readonly text: string;
}

interface Parts {
  readonly name: string;
  /** Names with their types; null: left out. */
  readonly arguments: readonly (readonly [name: string, type: string] | null)[];
  readonly returns: string;
  readonly doc?: string;
  readonly lines: readonly string[];
  readonly decorator?: string;
  /** Belongs to a class, and stands as deep as its methods do. */
  readonly method?: true;
}

/** The arguments' names and types as one list. */
export const typed = (names: Iterable<string>, type = "Tensor"): (readonly [string, string])[] => [...names].map((name) => [name, type]);

export const defineFunction = ({ name, arguments: all, returns, doc, lines, decorator, method }: Parts): FunctionText => {
  const given = all.flatMap((one) => (one === null ? [] : [one]));
  const written = [...(method === true ? ["self"] : []), ...given.map(([argument, type]) => `${argument}: ${type}`)].join(", ");
  const body = [...(doc === undefined ? [] : [`"""${doc}"""`]), ...lines].map((line) => (line === "" ? "" : `    ${line}`));
  const text = [...(decorator === undefined ? [] : [decorator]), `def ${name}(${written}) -> ${returns}:`, ...body];
  return { name, arguments: given.map(([argument]) => argument), text: text.map((line) => (method === true && line !== "" ? `    ${line}` : line)).join("\n") };
};

/** The lines of a body that returns these; one that the last line makes is written where it is returned. */
export const returning = (lines: readonly string[], results: readonly string[]): readonly string[] => {
  const [only, ...more] = results, last = lines.at(-1) ?? "";
  return only !== undefined && more.length === 0 && last.startsWith(`${only} = `) ? [...lines.slice(0, -1), `return ${last.slice(only.length + 3)}`] : [...lines, `return ${results.join(", ")}`];
};
