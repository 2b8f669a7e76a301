/** A Python file of named parts, of which one prints those that are used. */
import { invariant } from "@sequent/ir";

export interface Python {
  /** A definition, or a method of the class before it (`member`). */
  readonly text: string;
  /** Other parts that it needs. */
  readonly uses: readonly string[];
  readonly member?: true;
}

/** An import, and the pattern whose occurrence makes it needed; in the order in which isort wants them. */
export type Import = readonly [RegExp, string];

/** The parts named and all that they use. */
const withUses = (parts: ReadonlyMap<string, Python>, wanted: Iterable<string>): ReadonlySet<string> => {
  const found = new Set<string>();
  const stack = [...wanted];
  for (let name = stack.pop(); name !== undefined; name = stack.pop()) {
    if (found.has(name)) continue;
    const part = parts.get(name);
    invariant(part !== undefined, `there is no Python for ${name}`);
    found.add(name);
    stack.push(...part.uses);
  }
  return found;
};

const isStandard = (line: string): boolean => /^(import|from) (argparse|collections|csv|io|json|math|os|re|signal|sys|time|types|typing|pathlib|zipfile|zlib)\b/.test(line);

const isLocal = (line: string): boolean => /^(from (initial|model|philox) import|import behind)/.test(line);

/** The imports that a text needs, in groups: the standard library's, other packages', and the files' beside it. */
export const importLines = (text: string, imports: readonly Import[]): readonly string[] => {
  const needed = imports.filter(([pattern]) => pattern.test(text)).map(([, line]) => line);
  const packages = needed.filter((line) => !isStandard(line) && !isLocal(line));
  const groups = [needed.filter(isStandard), packages, needed.filter(isLocal)].filter((group) => group.length > 0);
  return groups.map((group) => group.join("\n"));
};

/** The file's text; null if no part is wanted. */
export const pythonFile = (
  doc: string, parts: ReadonlyMap<string, Python>, wanted: Iterable<string>, imports: readonly Import[],
): string | null => {
  const used = withUses(parts, wanted);
  if (used.size === 0) return null;
  let body = "";
  for (const [name, { text, member }] of parts) {
    if (used.has(name)) body += member === true ? `\n${text.slice(1)}` : `\n\n${text.slice(1)}`;
  }
  return [`"""${doc}"""`, ...importLines(body, imports).map((group) => `\n${group}`), ""].join("\n") + body;
};
