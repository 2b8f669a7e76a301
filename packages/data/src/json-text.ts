import { quote } from "./array.js";

export interface JsonObject {
  /** In the order of the text, which a JavaScript object does not keep for names like "10". */
  readonly names: readonly string[];
  readonly get: (name: string) => unknown;
}

const COLON = /\s*:/y;

/** Names of the outermost object, with repetitions; the text is known to be JSON. */
const outermostNames = (text: string): readonly string[] => {
  const names: string[] = [];
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === "{" || char === "[") depth++;
    else if (char === "}" || char === "]") depth--;
    else if (char === '"') {
      const start = at;
      for (at++; text[at] !== '"'; at++) if (text[at] === "\\") at++;
      COLON.lastIndex = at + 1;
      if (depth === 1 && COLON.test(text)) names.push(String(JSON.parse(text.slice(start, at + 1))));
    }
  }
  return names;
};

/**
 * A JSON text that is one object; otherwise, or if a name occurs twice, `fail` gets the reason. Nesting of any depth
 * is harmless.
 */
export const parseObject = (text: string, fail: (why: string) => never, twice: (name: string) => never): JsonObject => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return fail(`it is no JSON: ${error instanceof Error ? error.message.slice(0, 200) : "unknown"}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return fail("it is no JSON object");
  const fields = new Map<string, unknown>(Object.entries(value));
  const names = outermostNames(text);
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) twice(name);
    seen.add(name);
  }
  return { names, get: (name) => fields.get(name) };
};

/** What a JSON value is, for messages. */
export const describeJson = (value: unknown): string => {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "string") return `the string ${quote(value)}`;
  return typeof value === "object" ? "an object" : `the ${typeof value} ${JSON.stringify(value)}`;
};
