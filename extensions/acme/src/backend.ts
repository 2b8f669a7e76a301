/**
 * A toy backend: a program becomes one JavaScript function from one sample's inputs and the parameters (arrays of numbers, by name) to its
 * named states. A line of `LOWERINGS` is all that it knows of an op; ops without one are expanded, and what then remains is told.
 */
import * as E from "fp-ts/lib/Either.js";
import { demandOrder, diagnose, read } from "@sequent/compiler";
import type { Attrs, Backend, Diagnostic, DiagnosticRecord, Name, Node, OpName, Operand, Program } from "@sequent/compiler";

type Lowering = (ins: readonly string[], attrs: Attrs) => string;

const infix = (symbol: string): Lowering => ([a, b]) => `map2(${a ?? ""}, ${b ?? ""}, (a, b) => a ${symbol} b)`;
const each = (body: string): Lowering => ([a]) => `${a ?? ""}.map((x) => ${body})`;

export const LOWERINGS: ReadonlyMap<OpName, Lowering> = new Map<OpName, Lowering>([
  ["core.constant", (_, attrs) => `[${JSON.stringify(attrs["value"])}]`],
  ["core.add", infix("+")],
  ["core.sub", infix("-")],
  ["core.mul", infix("*")],
  ["core.div", infix("/")],
  ["core.tanh", each("Math.tanh(x)")],
  ["core.softplus", each("Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))")],
  ["core.dense", ([x, weight, bias]) => `affine(${x ?? ""}, ${weight ?? ""}, ${bias ?? "[]"})`],
]);

const RUNTIME = `const map2 = (a, b, f) => (a.length >= b.length ? a : b).map((_, i) => f(a.length === 1 ? a[0] : a[i], b.length === 1 ? b[0] : b[i]));
const affine = (x, w, bias) => Array.from({ length: w.length / x.length }, (_, o) =>
  x.reduce((sum, xi, i) => sum + xi * w[o * x.length + i], bias[o] ?? 0));`;

export const unlowered: DiagnosticRecord = {
  code: "SQ9001", severity: "error", title: "op that the JavaScript backend does not know",
  explain: "The backend has no lowering for an op of the program, and the op has no expansion. A line in `LOWERINGS` adds it.",
  examples: [], fix: { tag: "none", why: "the program is right" },
};

/** What a program computes for its readers: named states. */
const shownOf = (program: Program): readonly Name[] => program.names.filter((one) => one.adjointOf === null && program.nodes[one.node]?.tag === "op");

const print = (program: Program, node: Node): string | null => {
  const name = (x: Operand): string => `v${String(x.node)}`;
  if (node.tag === "input") return `inputs[${JSON.stringify(node.name)}]`;
  if (node.tag === "param") return `params[${JSON.stringify(program.params[node.param]?.name)}]`;
  if (node.tag === "op") return LOWERINGS.get(node.op)?.(node.ins.map(name), node.attrs) ?? null;
  return null;
};

const emit = (program: Program): E.Either<readonly [Diagnostic, ...Diagnostic[]], ReadonlyMap<string, string>> => {
  const shown = shownOf(program);
  const lines: string[] = [];
  const missing: Diagnostic[] = [];
  for (const id of demandOrder(program.nodes, shown.map((one) => read(one.node)))) {
    const node = program.nodes[id];
    const value = node === undefined ? null : print(program, node);
    if (value !== null) lines.push(`  const v${String(id)} = ${value};`);
    else if (node !== undefined) {
      const what = node.tag === "op" ? node.op : node.tag;
      const at = program.spans[id];
      missing.push(diagnose(unlowered, `${what} has no lowering`, at === undefined ? [] : [{ at, text: "used here" }], { help: `Add \`["${what}", …]\` to LOWERINGS.` }));
    }
  }
  const [first, ...rest] = missing;
  if (first !== undefined) return E.left([first, ...rest]);
  const results = shown.map((one) => `${JSON.stringify(one.name)}: v${String(one.node)}`).join(", ");
  const text = `${RUNTIME}\n\nexport const states = (inputs, params) => {\n${lines.join("\n")}\n  return { ${results} };\n};\n`;
  return E.right(new Map([["model.mjs", text]]));
};

export const javascript: Backend<Readonly<Record<string, never>>> = {
  name: "javascript",
  doc: "One JavaScript function from a sample to its states.",
  lowers: new Set(LOWERINGS.keys()),
  requires: ["typed"],
  emit: (program) => () => emit(program),
};
