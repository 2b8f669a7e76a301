/** One equation as a line: `h_{t-1} * n4 -> n5 ; @type [64]`. */
import type { Env } from "../pass.js";
import type { Attrs, Node, Piece, Program } from "../program.js";
import type { Naming } from "./names.js";
import { printCall, printInterval, printNumber, printString, printTypeValue } from "./values.js";
import { FORMS, isWord, LITERAL } from "./words.js";
import type { Vocabulary } from "./words.js";

type Op = Node & { readonly tag: "op" };

const isEmpty = (attrs: Attrs): boolean => Object.keys(attrs).length === 0;

const printOp = (node: Op, env: Env, words: Vocabulary, operands: readonly string[]): string => {
  const notation = env.ops.get(node.op)?.notation;
  const [a, b] = operands;
  const value = node.attrs["value"];
  const isLiteral = node.op === LITERAL && operands.length === 0 && Object.keys(node.attrs).length === 1;
  if (isLiteral && typeof value === "number" && Number.isFinite(value)) return printNumber(value);
  if (notation?.tag === "infix" && operands.length === 2 && isEmpty(node.attrs) && words.infix(notation.symbol)?.name === node.op) {
    return `${a ?? ""} ${notation.symbol} ${b ?? ""}`;
  }
  if (notation?.tag === "prefix" && operands.length === 1 && isEmpty(node.attrs) && words.prefix(notation.symbol)?.name === node.op) {
    return `${notation.symbol}${a ?? ""}`;
  }
  if (notation?.tag === "call" && isWord(notation.name) && !FORMS.has(notation.name)
    && words.call(notation.name, operands.length, node.attrs)?.name === node.op) {
    return printCall(notation.name, operands, node.attrs);
  }
  return node.op.split(".").every((part) => isWord(part))
    ? printCall(node.op, operands, node.attrs)
    : printCall("op", [printString(node.op), ...operands], node.attrs);
};

export const printNode = (program: Program, node: Node, env: Env, words: Vocabulary, naming: Naming): string => {
  const piece = ({ on, value }: Piece): string =>
    on === null ? naming.operand(value) : `on(${printInterval(on)}, ${naming.operand(value)})`;
  switch (node.tag) {
    case "input":
      return printCall("input", [printString(node.name)], node.time === true ? { time: true } : {});
    case "param":
      return `param(${printString(program.params[node.param]?.name ?? "")})`;
    case "op":
      return printOp(node, env, words, node.ins.map(naming.operand));
    case "pick":
      return `pick(${naming.target(node.of)}, ${String(node.result)})`;
    case "cases":
      return `cases(${node.pieces.map(piece).join(", ")})`;
    case "sum":
      return `terms(${node.pieces.map(piece).join(", ")})`;
  }
};

/** ` ; @type [64]`, one type a result; nothing before inference. */
export const printTypes = (program: Program, id: number): string => {
  const types = program.types?.[id];
  return types === undefined ? "" : ` ; ${["@type", ...types.map(printTypeValue)].join(" ")}`;
};
