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

/** The bracket that is opened, and where it closes: of a chain of calls an earlier one, if what stands before the last does not fit. */
const chained = (line: string, last: number): readonly [number, number] => {
  let end = last, opening = openingOf(line, end);
  while (opening + 1 > WIDTH) {
    const earlier = Math.max(line.lastIndexOf(")", opening), line.lastIndexOf("]", opening));
    const before = earlier < 0 ? -1 : openingOf(line, earlier);
    if (before <= 0 || !/^[.[]/.test(line.slice(earlier + 1))) break;
    [end, opening] = [earlier, before];
  }
  return [opening, end];
};

export const layOut = (line: string): readonly string[] => {
  if (line.length <= WIDTH || line.trimStart().startsWith("#")) return [line];
  const indent = " ".repeat(line.length - line.trimStart().length);
  const results = /^ *return (\w+(?:, \w+)+)$/.exec(line);
  if (results !== null) return [`${indent}return (`, ...onLines(results[1] ?? "", indent), `${indent})`];
  if (CHOICE.test(outside(line))) return parenthesised(line, indent);
  const sum = operandsOf(line);
  if (sum !== null) return sum;
  const chain = groupCalled(line) ?? fluent(line);
  if (chain !== null) return chain;
  const tail = (/^ *\) -> /.test(line) ? /\]:$/ : /(\)(?: -> [^()]*:|:|,)?|[\]}][:,]?)$/).exec(line);
  if (tail === null) return parenthesised(line, indent);
  const last = openingOf(line, tail.index);
  const whole = last === tail.index - 1 ? parenthesised(line, indent) : [];
  if (whole.length > 0 && whole.every((part) => part.length <= WIDTH)) return whole;
  const [opening, end] = chained(line, tail.index);
  const loop = opening + 1 > WIDTH ? /^( *)for (.*) in (\w+\()/.exec(line) : null;
  if (loop !== null) return manyTargets(line, loop);
  // Where not even the targets and the name of what is called fit, the call stands in brackets; targets that fit by no means do.
  const [, targets = "", value = ""] = opening + 1 > WIDTH ? /^ *(\w+(?:, \w+)+) = (.*)$/.exec(line) ?? [] : [];
  if (`${indent}${targets} = (`.length > WIDTH) return [`${indent}(`, ...onLines(targets, indent), ...layOut(`${indent}) = ${value}`)];
  if (targets !== "") return [`${indent}${targets} = (`, ...layOut(`${indent}    ${value}`), `${indent})`];
  if (opening <= 0) return [line];
  const items = itemsOf(line.slice(opening + 1, end));
  if (items.length === 0) return parenthesised(line, indent);
  const inner = `${indent}    ${items.join(", ")}`, contents = line.slice(opening + 1, end).trim();
  if (inner.length > WIDTH && COMPREHENSION.test(outside(contents))) {
    return [line.slice(0, opening + 1), ...piecesAt(contents, CLAUSE).flatMap((piece) => layOut(`${indent}    ${piece}`)), ...layOut(`${indent}${line.slice(end)}`)];
  }
  // A tuple, list or dictionary that does not fit has one item a line; what a call or a subscript is given may share one.
  const isBare = !/[\w)\]]/.test(line.charAt(opening - 1)), isLiteral = items.length > 1 && isBare;
  const isGroup = items.length === 1 && isBare && line.charAt(opening) === "(";
  const middle = inner.length <= WIDTH && !isLiteral ? [inner] : isGroup ? (partsOf(items[0] ?? "") ?? items).flatMap((part) => operandLines(part, `${indent}    `)) : isAlone(items, isBare) ? layOut(`${indent}    ${contents}`) : items.flatMap((item) => layOut(`${indent}    ${item},`));
  // The type of what a function gives may be long, too.
  return [line.slice(0, opening + 1), ...middle, ...layOut(`${indent}${line.slice(end)}`)];
};

/** Names, one a line, within brackets at this depth. */
const onLines = (names: string, indent: string): readonly string[] => names.split(", ").map((name) => `${indent}    ${name},`);

const CHOICE = / if (.*) else /;
const COMPREHENSION = / for .* in /;
const CLAUSE = /^ (for|if) /;

/** Whether a call is given one list, which then no comma follows. */
const isAlone = ([only = "", ...others]: readonly string[], isBare: boolean): boolean => !isBare && others.length === 0 && /^\[.*\]$/.test(only);

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

/** A comparison, sum or product on the right, in brackets: on one line, or else one operand a line; null for anything else. */
const operandsOf = (line: string): readonly string[] | null => {
  const [, indent = "", left = "", right = ""] = /^( *)(\w[\w.]* =|return) (.*)$/.exec(line) ?? [];
  const all = right === "" ? null : partsOf(right);
  if (all === null) return null;
  // Of two operands the last one's brackets are opened, if what stands in front of them fits.
  if (all.length === 2 && /[)\]]$/.test(line) && !line.endsWith("()")) {
    const broken = breakGroups(line, indent);
    if (broken !== null) return broken;
  }
  const inner = `${indent}    `, whole = `${inner}${right}`;
  return [`${indent}${left} (`, ...(whole.length <= WIDTH ? [whole] : all.flatMap((part) => operandLines(part, inner))), `${indent})`];
};

/** From left to right opens each bracket that does not fit with what stands in front of the next one; null where that does not help. */
const breakGroups = (line: string, indent: string): readonly string[] | null => {
  const lines: string[] = [];
  let now = "", from = 0;
  for (let open = nextOpening(line, 0); open >= 0; open = nextOpening(line, from)) {
    const close = closingOf(line, open), next = nextOpening(line, close + 1);
    now += line.slice(from, open + 1);
    const inner = line.slice(open + 1, close), after = line.slice(close, next < 0 ? line.length : next + 1);
    from = close;
    if (inner === "" || (now + inner + after).length <= WIDTH) now += inner;
    else {
      const items = itemsOf(inner), whole = `${indent}    ${items.join(", ")}`;
      // A part of what a call gives is told as a whole.
      if (now.length > WIDTH || line.charAt(close + 1) === "[" || /[)\]]\[/.test(line.slice(open - 1, open + 1))) return null;
      lines.push(now, ...(whole.length <= WIDTH ? [whole] : items.flatMap((item) => layOut(`${indent}    ${item}${items.length > 1 ? "," : ""}`))));
      now = indent;
    }
    from = close + 1;
    now += line.charAt(close);
  }
  now += line.slice(from);
  return now.length > WIDTH ? null : [...lines, now];
};
const nextOpening = (line: string, from: number): number => {
  let quote = "";
  for (let i = from; i < line.length; i += 1) {
    const char = line.charAt(i);
    if (quote !== "") quote = char === quote ? "" : quote;
    else if (char === '"' || char === "'") quote = char;
    else if (char in PAIRS) return i;
  }
  return -1;
};
const closingOf = (line: string, open: number): number => {
  let depth = 0;
  for (let i = open; i < line.length; i += 1) {
    const char = line.charAt(i);
    if (char in PAIRS) depth += 1;
    else if (char === ")" || char === "]" || char === "}") depth -= 1;
    if (depth === 0) return i;
  }
  return line.length;
};

/** A call with nothing in its brackets on something in brackets, which are opened; null for anything else. */
const groupCalled = (line: string): readonly string[] | null => {
  const [, indent = "", left = "", right = ""] = /^( *)(\w[\w.]* =|return) (\(.*\)\.\w+\(\))$/.exec(line) ?? [];
  const close = closingOf(right, 0), inner = `${indent}    `;
  if (right === "" || !/^\)\.\w+\(\)$/.test(right.slice(close))) return null;
  return [`${indent}${left} (`, ...operandLines(right.slice(1, close), inner), `${indent}${right.slice(close)}`];
};

/** A chain of two or more calls on what a call gives, in brackets: on one line, or else a call a line; null for anything else. */
const fluent = (line: string): readonly string[] | null => {
  const [, indent = "", left = "", right = ""] = /^( *)(\w[\w.]* =|return) (.*)$/.exec(line) ?? [];
  if (!right.endsWith(")")) return null;
  const starts: number[] = [];
  let depth = 0;
  for (let i = 0; i < right.length; i += 1) {
    const char = right.charAt(i);
    if (char in PAIRS) depth += 1;
    else if (char === ")" || char === "]" || char === "}") depth -= 1;
    else if (depth === 0 && !/[\w.]/.test(char)) return null;
    else if (depth === 0 && char === "." && /[)\]]/.test(right.charAt(i - 1))) starts.push(i);
  }
  if (starts.length < 2) return null;
  if (`${indent}    ${right}`.length <= WIDTH) return parenthesised(line, indent);
  const parts = [0, ...starts].map((from, k) => right.slice(from, starts[k]));
  return [`${indent}${left} (`, ...parts.flatMap((part) => layOut(`${indent}    ${part}`)), `${indent})`];
};

/** Operators by how loosely they bind, the loosest first. */
const OPERATORS: readonly (readonly string[])[] = [["==", "!=", "<=", ">=", "<", ">"], ["+", "-"], ["*", "/", "@"]];

/** The operands of a comparison, sum or product, the symbols in front of the later ones; null for anything else. */
const partsOf = (right: string): readonly string[] | null => {
  for (const symbols of OPERATORS) {
    const parts: string[] = [];
    let depth = 0, quote = "", from = 0;
    for (let i = 0; i < right.length; i += 1) {
      const char = right.charAt(i);
      if (quote !== "") quote = char === quote ? "" : quote;
      else if (char === '"' || char === "'") quote = char;
      else if (char in PAIRS) depth += 1;
      else if (char === ")" || char === "]" || char === "}") depth -= 1;
      else if (depth === 0 && char === " " && symbols.some((symbol) => right.startsWith(`${symbol} `, i + 1))) {
        parts.push(right.slice(from, i));
        from = i + 1;
      }
    }
    if (parts.length > 0) return [...parts, right.slice(from)];
  }
  return null;
};

/** An operand with the symbol in front of it; one that does not fit is told operand by operand itself. */
const operandLines = (part: string, indent: string): readonly string[] => {
  const line = `${indent}${part}`;
  const [, symbol = "", operand = part] = /^([=!<>]=? |[-+*/@] )?(.*)$/.exec(part) ?? [];
  const parts = line.length <= WIDTH ? null : partsOf(operand);
  return parts === null ? layOut(line) : parts.flatMap((one, k) => operandLines(k === 0 ? `${symbol}${one}` : one, indent));
};

/** A loop over so many values at once that their names stand in brackets, one a line. */
const manyTargets = (line: string, [, indent = "", targets = "", callee = ""]: RegExpExecArray): readonly string[] => {
  const inner = `${indent}    `;
  const values = itemsOf(line.slice(line.indexOf(` in ${callee}`) + 4 + callee.length, line.lastIndexOf(")")));
  const names = targets.split(", ");
  const closing = `${indent}) in ${callee}${values.join(", ")}):`;
  if (closing.length <= WIDTH) return [`${indent}for (`, ...names.map((name) => `${inner}${name},`), closing];
  return [
    `${indent}for (`, ...names.map((name) => `${inner}${name},`), `${indent}) in ${callee}`,
    ...(`${inner}${values.join(", ")}`.length <= WIDTH ? [`${inner}${values.join(", ")}`] : values.flatMap((value) => layOut(`${inner}${value},`))), `${indent}):`,
  ];
};

/** A choice, or a chain that ends in empty brackets or in a name: its whole right side in parentheses. */
const parenthesised = (line: string, indent: string): readonly string[] => {
  const match = /^(\s*(?:[\w.]+ =|return)) (.*)$/.exec(line);
  if (match === null) return [line];
  const inner = `${indent}    ${match[2] ?? ""}`;
  const pieces = inner.length > WIDTH && CHOICE.test(outside(inner)) ? piecesAt(inner, /^ (if|else) /).flatMap((piece, k) => layOut(k === 0 ? piece : `${indent}    ${piece}`)) : [inner];
  return [`${match[1] ?? ""} (`, ...pieces, `${indent})`];
};

/** `a`, `if b`, `else c`: a text before each of some words, whatever stands in brackets. */
const piecesAt = (text: string, word: RegExp): readonly string[] => {
  const pieces: string[] = [];
  let depth = 0, from = 0;
  for (let i = 0; i < text.length; i += 1) {
    const char = text.charAt(i);
    if (char in PAIRS) depth += 1;
    else if (char === ")" || char === "]" || char === "}") depth -= 1;
    else if (depth === 0 && word.test(text.slice(i, i + 6))) {
      pieces.push(text.slice(from, i));
      from = i + 1;
    }
  }
  return [...pieces, text.slice(from)];
};

export const layOutText = (text: string): string => text.split("\n").flatMap(layOut).join("\n");
