import type { Diagnostics } from "@sequent/ir";
import { isNonEmpty } from "fp-ts/lib/Array.js";
import type { Either } from "fp-ts/lib/Either.js";
import * as E from "fp-ts/lib/Either.js";
import { parse } from "./parse.js";
import { printExpr, printLink, printPieces } from "./print.js";
import type { Comment, Program, Statement } from "./tree.js";

const COLUMNS = 100;
const INDENT = "    ";

/**
 * A program in canonical form, which is its own canonical form; all comments stay, and single blank lines. Left: what is wrong with it.
 * One statement a line, but definitions, declarations and directives that were on one line stay together if they fit in 100 columns;
 * longer chains are broken before each arrow.
 */
export const format = (text: string, file = ""): Either<Diagnostics, string> => {
  const { program, diagnostics } = parse(text, file);
  const errors = diagnostics.filter((d) => d.severity === "error");
  return isNonEmpty(errors) ? E.left(errors) : E.right(write(program, text));
};

/** A tree as text, one statement a line, without comments; reads back as the same tree. */
export const printTree = (program: Program): string => write({ ...program, comments: [] }, null);

/** Lines written so far, and the comments that are still to come. */
interface Writer {
  readonly lines: string[];
  /** The program's text, from which blank lines and groups of statements are taken. */
  readonly text: string | null;
  readonly comments: readonly Comment[];
  next: number;
}

const write = (program: Program, text: string | null): string => {
  const w: Writer = { lines: [], text, comments: program.comments, next: 0 };
  block(w, program.statements, "");
  ownLines(w, Infinity, "");
  return w.lines.length === 0 ? "" : `${w.lines.join("\n")}\n`;
};

/** The comments with a line of their own before offset `before`. */
const ownLines = (w: Writer, before: number, indent: string): void => {
  for (let c = w.comments[w.next]; c !== undefined && c.span.from < before; c = w.comments[++w.next]) {
    blankLine(w, c.span.from);
    w.lines.push(indent + c.text.trimEnd());
  }
};

/** A blank line, if the text has one before `offset` and this is not the first line. */
const blankLine = (w: Writer, offset: number): void => {
  if (w.lines.length > 0 && w.lines.at(-1) !== "" && blankBefore(w, offset)) w.lines.push("");
};

const blankBefore = (w: Writer, offset: number): boolean => {
  if (w.text === null) return false;
  let lines = 0;
  for (let i = offset - 1; i >= 0; i--) {
    const c = w.text.charCodeAt(i);
    if (c === 10 || (c === 13 && w.text.charCodeAt(i + 1) !== 10)) lines++;
    else if (c !== 32 && c !== 9 && c !== 13 && c !== 0xa0) return lines > 1;
  }
  return lines > 1;
};

/** Adds the comment that stands behind what ends at `offset`, on the same line. */
const trailing = (w: Writer, offset: number, before = Infinity): boolean => {
  const c = w.comments[w.next];
  if (c === undefined || c.ownLine || c.span.from < offset || c.span.from >= before || !sameLine(w, offset, c.span.from)) return false;
  w.next++;
  w.lines.push(`${w.lines.pop() ?? ""}  ${c.text.trimEnd()}`);
  return true;
};

const sameLine = (w: Writer, from: number, to: number): boolean => {
  if (w.text === null) return false;
  for (let i = from; i < to; i++) {
    const c = w.text.charCodeAt(i);
    if (c === 10 || c === 13) return false;
  }
  return true;
};

const block = (w: Writer, statements: readonly Statement[], indent: string): void => {
  for (let i = 0; i < statements.length; ) {
    const group = grouped(w, statements, i, indent);
    const [first, last] = [group[0], group.at(-1)];
    if (first === undefined || last === undefined) return;
    ownLines(w, first.span.from, indent);
    blankLine(w, first.span.from);
    if (needsBlank(statements[i - 1], first) && w.lines.at(-1) !== "" && !separated(w, statements[i - 1], first)) w.lines.push("");
    if (first.tag === "macro") macro(w, first, statements[i + 1]?.span.from ?? Infinity);
    else if (first.tag === "flow" && group.length === 1) chain(w, first, indent);
    else {
      w.lines.push(indent + group.map((s) => printPieces(s).join(" ")).join(" ; "));
      trailing(w, last.span.to);
    }
    i += group.length;
  }
};

/** A bare `$ J` would continue the chain above it, were it not for a blank line. */
const needsBlank = (before: Statement | undefined, s: Statement): boolean => {
  if (s.tag !== "flow" || s.head.length > 0 || before?.tag !== "flow") return false;
  const last = before.links.at(-1);
  return last === undefined || last.tag === "into";
};

/** Whether a blank line stands already between two statements, with comments about it. */
const separated = (w: Writer, before: Statement | undefined, s: Statement): boolean => {
  if (w.text === null || before === undefined) return false;
  for (let i = w.lines.length - 1; i >= 0; i--) {
    const line = w.lines[i] ?? "";
    if (line === "") return true;
    if (!line.trimStart().startsWith("#")) return false;
  }
  return s.span.from < 0;
};

const isShort = (s: Statement): boolean => {
  if (s.tag === "define" || s.tag === "declaration" || s.tag === "directive") return true;
  const link = s.tag === "flow" && s.links.length === 1 ? s.links[0] : undefined;
  return s.tag === "flow" && s.head.length > 0 && link?.tag === "into" && link.through === null;
};

/** The statements from the i-th on that stay on one line. */
const grouped = (w: Writer, statements: readonly Statement[], i: number, indent: string): readonly Statement[] => {
  const group: Statement[] = [];
  let width = indent.length;
  for (let j = i; ; j++) {
    const s = statements[j];
    const previous = group.at(-1);
    if (s === undefined || (previous !== undefined && !sameLine(w, previous.span.to, s.span.from))) return group;
    // All or none of what stood on one line.
    if (!isShort(s) || (previous !== undefined && !isShort(previous))) return group.length === 0 ? [s] : group.slice(0, 1);
    if (w.text !== null && !sameLine(w, s.span.from, s.span.to)) return group.length === 0 ? [s] : group.slice(0, 1);
    width += printPieces(s).join(" ").length + (group.length === 0 ? 0 : 3);
    if (group.length > 0 && width > COLUMNS) return group.slice(0, 1);
    group.push(s);
  }
};

const macro = (w: Writer, s: Extract<Statement, { tag: "macro" }>, next: number): void => {
  w.lines.push(printPieces(s).join(" "));
  const formals = s.formals.at(-1) ?? s.name;
  trailing(w, formals.span.to);
  block(w, s.body, INDENT);
  ownLines(w, s.returns.from, INDENT);
  if (s.results.length === 0) return;
  blankLine(w, s.returns.from);
  w.lines.push(`${INDENT}return ${s.results.map(printExpr).join(", ")}`);
  trailing(w, s.returns.to);
  insideTail(w, next);
};

/** Comments behind the `return` that are indented as the body is, until the next statement. */
const insideTail = (w: Writer, next: number): void => {
  for (let c = w.comments[w.next]; c !== undefined && c.ownLine && c.span.from < next && w.text !== null; c = w.comments[w.next]) {
    const before = w.text.charCodeAt(c.span.from - 1);
    if (before !== 32 && before !== 9) return;
    ownLines(w, c.span.from + 1, INDENT);
  }
};

/** A chain, on one line if it fits and no comment stands within. */
const chain = (w: Writer, s: Extract<Statement, { tag: "flow" }>, indent: string): void => {
  const pieces = printPieces(s);
  const c = w.comments[w.next];
  const line = indent + pieces.join(" ");
  if (line.length <= COLUMNS && (c === undefined || c.span.from >= s.span.to)) w.lines.push(line);
  else broken(w, s, indent);
  trailing(w, s.span.to);
};

/** One link a line, the first beside the head if it fits; comments go where they stood. */
const broken = (w: Writer, s: Extract<Statement, { tag: "flow" }>, indent: string): void => {
  const inner = indent + INDENT;
  const head = s.head.length === 0 ? [] : printPieces(s).slice(0, 1);
  let open = s.head.at(-1)?.span.to ?? s.span.from;
  w.lines.push(indent + head.join(""));
  s.links.forEach((l, i) => {
    const text = printLink(l);
    const commented = trailing(w, open, l.span.from);
    ownLines(w, l.span.from, inner);
    const last = w.lines.at(-1) ?? "";
    const bare = i === 0 && head.length === 0;
    const beside = i === 0 && !commented && last === indent + head.join("") && last.length + 1 + text.length <= COLUMNS;
    if (bare) w.lines[w.lines.length - 1] = indent + text;
    else if (beside) w.lines[w.lines.length - 1] = `${last} ${text}`;
    else w.lines.push(inner + text);
    open = l.span.to;
  });
};
