import type { Argument, Declaration, Directive, Expr, Link, Name, Operator, Qualified, Slice, Statement, Subscript, Target, Time, Type } from "./tree.js";

/** How tight each form binds; an operand that binds looser than its place stands in parentheses. */
const LEVEL = { bar: 1, comparison: 2, sum: 3, product: 4, unary: 5, power: 6, suffix: 7 } as const;

const levelOfOperator = (op: Operator): number =>
  op === "*" || op === "/" ? LEVEL.product : op === "+" || op === "-" ? LEVEL.sum : LEVEL.comparison;

const level = (e: Expr): number => {
  switch (e.tag) {
    case "bar":
      return LEVEL.bar;
    case "infix":
      return levelOfOperator(e.rest[0]?.op ?? "+");
    case "negate":
      return LEVEL.unary;
    case "power":
      return LEVEL.power;
    case "index":
    case "call":
      return LEVEL.suffix;
    default:
      return LEVEL.suffix + 1;
  }
};

const at = (e: Expr, least: number): string => (level(e) < least ? `(${printExpr(e)})` : printExpr(e));

/** An expression in canonical spacing, with the parentheses it has and those it needs. */
export const printExpr = (e: Expr): string => {
  switch (e.tag) {
    case "number":
      return e.text;
    case "string":
      return printText(e.value);
    case "name":
    case "qualified":
    case "adjoint":
      return printTarget(e);
    case "call":
      return `${printExpr(e.callee)}(${printArgs(e.args)})`;
    case "index":
      return `${at(e.of, LEVEL.suffix)}[${e.at.map(printIndex).join(", ")}]`;
    case "power":
      return `${at(e.base, LEVEL.suffix)}^${at(e.exponent, LEVEL.unary)}`;
    case "negate":
      return printNegate(at(e.of, LEVEL.unary));
    case "infix": {
      const l = level(e);
      // A chain of one level is one node, so that an operand of the same level had parentheses.
      return at(e.first, l + 1) + e.rest.map(({ op, right }) => ` ${op} ${at(right, l + 1)}`).join("");
    }
    case "bar":
      return e.parts.map((part) => at(part, LEVEL.bar + 1)).join(e.parts.some((part) => part.tag === "infix") ? " | " : "|");
    case "list":
      return `[${e.items.map(printExpr).join(", ")}]`;
    case "group":
      return `(${printExpr(e.of)})`;
  }
};

/** `-[` would be read as an arrow that is mistyped. */
const printNegate = (operand: string): string => (operand.startsWith("[") ? `-(${operand})` : `-${operand}`);

const printText = (value: string): string =>
  `"${value.replace(/[\\"\n\t]/g, (c) => (c === "\n" ? "\\n" : c === "\t" ? "\\t" : `\\${c}`))}"`;

const printIndex = (e: Expr | Slice): string =>
  e.tag !== "slice" ? printExpr(e) : `${e.from === null ? "" : printExpr(e.from)}:${e.to === null ? "" : printExpr(e.to)}`;

const printArg = (a: Argument): string => (a.name === null ? printExpr(a.value) : `${a.name}=${printExpr(a.value)}`);
const printArgs = (args: readonly Argument[]): string => args.map(printArg).join(", ");

/** `x_t`, `Enc_1.R.weight`, `^x`. */
export const printTarget = (t: Target): string => (t.tag === "adjoint" ? `^${printReference(t.of)}` : printReference(t));

const printReference = (r: Name | Qualified): string => (r.tag === "name" ? printName(r) : r.parts.map(printName).join("."));

export const printName = (n: Name): string =>
  n.base + "'".repeat(n.primes) + (n.subscript === null ? "" : `_${printSubscript(n.subscript)}`);

const printSubscript = (s: Subscript): string => {
  if (s.tag === "instance") return s.name;
  if (s.tag === "range") return `{${printTime(s.from)}..${printTime(s.to)}}`;
  const bare = s.time.origin === "0" ? s.time.offset >= 0 : s.time.offset === 0;
  return bare ? printTime(s.time) : `{${printTime(s.time)}}`;
};

/** `t-1`, `12`, `T+1`. */
export const printTime = ({ origin, offset }: Time): string => {
  if (origin === "0") return String(offset);
  return offset === 0 ? origin : `${origin}${offset < 0 ? "-" : "+"}${String(Math.abs(offset))}`;
};

const list = (es: readonly Expr[]): string => es.map(printExpr).join(", ");

/** `--[f|g]-> x, y`, `=> y`, `$ J`. */
export const printLink = (l: Link): string => {
  switch (l.tag) {
    case "into":
      return `${l.through === null ? "->" : `--[${printExpr(l.through)}]->`} ${l.targets.map(printTarget).join(", ")}`;
    case "match":
      return `${l.loss === null ? "=>" : `=[${printExpr(l.loss)}]=>`} ${list(l.wanted)}`;
    case "ascend":
      return `$ ${printExpr(l.objective)}`;
  }
};

/** What a statement says, in the pieces between which a long line is broken; a macro's is its header. */
export const printPieces = (s: Statement): readonly string[] => {
  switch (s.tag) {
    case "flow":
      return s.head.length === 0 ? s.links.map(printLink) : [list(s.head), ...s.links.map(printLink)];
    case "define":
      return [`${s.targets.map(printTarget).join(", ")} := ${list(s.values)}`];
    case "compose":
      return [`${printName(s.name)} := [${printExpr(s.body)}]`];
    case "macro":
      return [s.formals.length === 0 ? `${printName(s.name)}:` : `${printName(s.name)}: ${s.formals.map(printName).join(", ")}`];
    case "declaration":
      return [printDeclaration(s)];
    case "directive":
      return [printDirective(s)];
  }
};

const printDeclaration = (d: Declaration): string => `${d.names.map(printName).join(", ")} : ${printType(d.type)}`;

const printType = (type: Type): string =>
  type.tag === "shape" ? `[${list(type.sizes)}]` : type.args === null ? type.name
  : `${type.name}[${printArgs(type.args)}]${type.shape === null ? "" : printType(type.shape)}`;

const printDirective = (d: Directive): string => {
  const only = d.args.length === 1 ? d.args[0] : undefined;
  if (only !== undefined && only.name !== null && !isPlain(only.value)) return `@${d.name} ${only.name} = ${printExpr(only.value)}`;
  return [`@${d.name}`, ...d.args.map((a, i) => (a.name === null ? printWord(a.value, i === 0) : printArg(a)))].join(" ");
};

/** What stands behind `key=` without blanks even if it is the only argument. */
const isPlain = (e: Expr): boolean =>
  e.tag === "number" || e.tag === "string" || e.tag === "name" || e.tag === "qualified" || e.tag === "list" || e.tag === "negate";

/** A value among words: no operator may join it to the one before. */
const printWord = (e: Expr, first: boolean): string => {
  const joins = !first && /^[-^]/.test(printExpr(e));
  return joins || level(e) < LEVEL.unary ? `(${printExpr(e)})` : printExpr(e);
};
