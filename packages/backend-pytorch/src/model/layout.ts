/** Long lines as ruff lays them out: the last bracket is opened, its contents on one line, or else one item a line. */

export const WIDTH = 100;

const PAIRS: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/** The commas between the items of a bracket, strings and inner brackets left alone. */
const itemsOf = (text: string): readonly string[] => {
  const items: string[] = [];
  let depth = 0;
  let quote = "";
  let from = 0;
  for (let i = 0; i < text.length; i += 1) {
    const char = text.charAt(i);
    if (quote !== "") {
      if (char === "\\") i += 1;
      else if (char === quote) quote = "";
    } else if (char === '"' || char === "'") quote = char;
    else if (char in PAIRS) depth += 1;
    else if (char === ")" || char === "]" || char === "}") depth -= 1;
    else if (char === "," && depth === 0) {
      items.push(text.slice(from, i).trim());
      from = i + 1;
    }
  }
  const last = text.slice(from).trim();
  return last === "" ? items : [...items, last];
};

/** Where the bracket that ends the line (before `:`, `,` or a return type) opens; -1 if the line does not end so. */
const openingOf = (line: string, end: number): number => {
  let depth = 0;
  for (let i = end; i >= 0; i -= 1) {
    const char = line.charAt(i);
    if (char === ")" || char === "]" || char === "}") depth += 1;
    else if (char in PAIRS) depth -= 1;
    if (depth === 0) return i;
  }
  return -1;
};

export const layOut = (line: string): readonly string[] => {
  if (line.length <= WIDTH || line.trimStart().startsWith("#")) return [line];
  const tail = /(\)(?: -> [^()]*:|:|,)?|[\]}],?)$/.exec(line);
  const indent = " ".repeat(line.length - line.trimStart().length);
  if (tail === null || CHOICE.test(outside(line))) return parenthesised(line, indent);
  const end = tail.index;
  const opening = openingOf(line, end);
  if (opening <= 0) return [line];
  const items = itemsOf(line.slice(opening + 1, end));
  if (items.length === 0) return parenthesised(line, indent);
  const inner = `${indent}    ${items.join(", ")}`;
  const middle = inner.length <= WIDTH ? [inner] : items.flatMap((item) => layOut(`${indent}    ${item},`));
  return [line.slice(0, opening + 1), ...middle, `${indent}${line.slice(end)}`];
};

const CHOICE = / if (.*) else /;

/** A line without what stands in its brackets. */
const outside = (line: string): string => {
  let depth = 0;
  let text = "";
  for (const char of line) {
    if (char in PAIRS) depth += 1;
    if (depth === 0) text += char;
    if (char === ")" || char === "]" || char === "}") depth -= 1;
  }
  return text;
};

/** A choice, or a chain that ends in empty brackets or in a name: its whole right side in parentheses. */
const parenthesised = (line: string, indent: string): readonly string[] => {
  const match = /^(\s*(?:[\w.]+ =|return)) (.*)$/.exec(line);
  if (match === null) return [line];
  const inner = `${indent}    ${match[2] ?? ""}`;
  const pieces = inner.length > WIDTH && CHOICE.test(outside(inner)) ? inner.replace(/ (if|else) /g, `\n${indent}    $1 `).split("\n") : [inner];
  return [`${match[1] ?? ""} (`, ...pieces, `${indent})`];
};

export const layOutText = (text: string): string => text.split("\n").flatMap(layOut).join("\n");
