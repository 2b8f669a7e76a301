/** Python expressions with how tightly they bind, so that parentheses stand only where Python needs them. */
export interface Code {
  readonly text: string;
  readonly level: number;
  /** A number of Python's own, not a tensor. */
  readonly number?: true;
  /** True or false, as PyTorch's `bool`. */
  readonly boolean?: true;
}

/** Python's precedence, loosest first. */
export const LEVEL = { comma: 0, ternary: 1, compare: 3, or: 4, add: 7, multiply: 8, unary: 9, power: 10, atom: 11 } as const;

export const atom = (text: string): Code => ({ text, level: LEVEL.atom });
export const code = (text: string, level: number): Code => ({ text, level });
/** The text, in parentheses unless it binds at least as tightly as `level`. */
export const at = (x: Code, level: number): string => (x.level >= level ? x.text : `(${x.text})`);
/** As an argument: never in parentheses. */
export const bare = (x: Code): string => x.text;

/** `f(a, b)`. */
export const call = (name: string, ...args: readonly (Code | string)[]): Code =>
  atom(`${name}(${args.map((arg) => (typeof arg === "string" ? arg : arg.text)).join(", ")})`);
/** `x.f(a, b)`. */
export const method = (x: Code, name: string, ...args: readonly (Code | string)[]): Code => call(`${at(x, LEVEL.atom)}.${name}`, ...args);

/** Marked as a number if all that it is made of are. */
const madeOf = (made: Code, ...parts: readonly Code[]): Code => (parts.every((part) => part.number === true) ? { ...made, number: true } : made);
/** A left-associative operator. */
export const infix = (symbol: string, level: number) => (a: Code, b: Code): Code =>
  madeOf(code(`${at(a, level)} ${symbol} ${at(b, level + 1)}`, level), a, b);
export const add = infix("+", LEVEL.add);
export const subtract = infix("-", LEVEL.add);
export const multiply = infix("*", LEVEL.multiply);
export const divide = infix("/", LEVEL.multiply);
/** Right-associative; a minus on the left needs parentheses. */
export const power = (a: Code, b: Code): Code => {
  const isSimple = (x: Code): boolean => /^-?[\w.]+$/.test(x.text);
  const symbol = isSimple(a) && isSimple(b) ? "**" : " ** ";
  return madeOf(code(`${at(a, LEVEL.atom)}${symbol}${at(b, LEVEL.unary)}`, LEVEL.power), a, b);
};
export const compare = (symbol: string) => (a: Code, b: Code): Code =>
  code(`${at(a, LEVEL.or)} ${symbol} ${at(b, LEVEL.or)}`, LEVEL.compare);
export const negate = (a: Code): Code => madeOf(code(`-${at(a, LEVEL.unary)}`, LEVEL.unary), a);
/** An expression that is a number of Python's own. */
export const number = (x: Code): Code => ({ ...x, number: true });

/** A number as Python writes it, shortest that reads back the same. */
export const literal = (value: number): Code => {
  if (Number.isNaN(value)) return atom("math.nan");
  if (!Number.isFinite(value)) return value > 0 ? atom("math.inf") : negate(atom("math.inf"));
  const text = number(atom(String(Math.abs(value)).replace("e+", "e")));
  return value < 0 || Object.is(value, -0) ? negate(text) : text;
};
/** Whether it is a number as `literal` writes it. */
export const isLiteral = (x: Code): boolean => /^-?[0-9.]+(e-?[0-9]+)?$/.test(x.text);
/** `(8, 8)`, `(8,)`, `()`. */
export const tuple = (items: readonly (number | string)[]): string => (items.length === 1 ? `(${String(items[0])},)` : `(${items.join(", ")})`);
/** A string literal, in the quotes that need fewer escapes. */
export const quoted = (text: string): string => {
  const escaped = JSON.stringify(text);
  return text.includes('"') && !text.includes("'") ? `'${escaped.slice(1, -1).replaceAll('\\"', '"')}'` : escaped;
};
