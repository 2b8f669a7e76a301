/** The fact `typed`: each equation's types are what its op's rule allows. */
import * as E from "fp-ts/lib/Either.js";
import type { Env, Fact } from "../pass.js";
import type { Node, Program } from "../program.js";
import { misfit, readType } from "../solve.js";
import type { Operand } from "../time.js";
import { printType } from "../type.js";
import type { TensorType } from "../type.js";
import { collect } from "./structure.js";
import type { Say } from "./structure.js";

const same = (a: TensorType, b: TensorType): boolean => printType(a) === printType(b);
/** As `same`, but a scalar fits where a value is wanted, and counts as any dtype. */
const fitsJoin = (piece: TensorType, whole: TensorType): boolean =>
  (piece.shape.length === 0 && piece.dtype === "float") || printType({ ...piece, classes: null }) === printType({ ...whole, classes: null });

const check = (program: Program, env: Env, say: Say): void => {
  const { types, varies } = program;
  if (types === undefined || varies === undefined) {
    say("the program has no types");
    return;
  }
  const typeOf = (x: Operand): TensorType | null => {
    const type = types[x.node]?.[0];
    return type === undefined ? null : readType(type, x.at);
  };
  const checkNode = (node: Node, id: number): void => {
    const own = types[id] ?? [];
    const [first] = own;
    if (node.tag === "op") {
      checkOp(node, id, own);
      return;
    }
    if (own.length !== 1 || first === undefined) {
      say(`it has ${String(own.length)} types and one result`, id);
      return;
    }
    if (node.tag === "param") {
      const type = program.params[node.param]?.type;
      if (type === null || type === undefined || !same(type, first)) say("its type is not its parameter's", id);
    } else if (node.tag === "pick") {
      const type = types[node.of]?.[node.result];
      if (type === undefined || !same(type, first)) say(`its type ${printType(first)} is not that of the result it picks`, id);
    } else if (node.tag === "cases" || node.tag === "sum") {
      for (const { value } of node.pieces) {
        const type = typeOf(value);
        if (type === null || !fitsJoin(type, first)) say(`a piece of type ${type === null ? "?" : printType(type)} in a ${printType(first)}`, id);
      }
    }
  };
  const checkOp = (node: Node & { readonly tag: "op" }, id: number, own: readonly TensorType[]): void => {
    const op = env.ops.get(node.op);
    const attrs = op?.attributes.decode(node.attrs);
    if (op === undefined || attrs === undefined || E.isLeft(attrs)) return;
    const ins = node.ins.map(typeOf);
    const known = ins.filter((type) => type !== null);
    if (own.length !== op.results || known.length !== ins.length) {
      say(`${node.op} has ${String(own.length)} types for ${String(op.results)} results`, id);
      return;
    }
    const wrong = misfit(op, known, own, attrs.right);
    if (wrong !== null) say(`${node.op}: ${wrong}`, id);
  };
  program.nodes.forEach(checkNode);
  program.params.forEach((param) => {
    if (param.type === null) say(`the parameter ${param.name} has no type`);
  });
};

export const typed: Fact = {
  name: "typed",
  doc: "Every value and every parameter has a type, as its op's rule gives it, and it is known what it varies over.",
  verify: collect(check),
};
