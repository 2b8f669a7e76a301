/** Widths that nothing decides: hidden ones get the default, all others are told. */
import { diagnose, NOWHERE, operandsOf } from "@sequent/ir";
import type { Diagnostic, DimVar, Dim, NodeId, Program, TypeVar } from "@sequent/ir";
import type { Speech } from "./blame.js";
import * as D from "./diagnostics.js";
import { seedsOf } from "./facts.js";
import type { Unknowns } from "./unknowns.js";

const isOpen = (u: Unknowns, v: TypeVar): boolean => u.store.shapeOf(v)?.some((d) => d === null) ?? true;

/** Nodes that a reader of the program wants: predictions, and named states that nothing reads. */
export const outputsOf = (program: Program): ReadonlySet<NodeId> => {
  const read = new Set<NodeId>();
  for (const node of program.nodes) for (const operand of operandsOf(node)) read.add(operand.node);
  for (const call of program.calls) if (call.override?.tag === "custom") for (const x of call.override.ins) if (x !== null) read.add(x.node);
  const outputs = new Set<NodeId>();
  for (const objective of program.objectives) {
    if (objective.tag === "match") for (const x of [objective.from, objective.target]) outputs.add(x.node);
    else read.add(objective.objective.node);
  }
  for (const metric of program.metrics) read.add(metric.value.node);
  for (const { node, adjointOf } of program.names) if (adjointOf === null && !read.has(node)) outputs.add(node);
  return outputs;
};

/** Dimensions that must not be defaulted: those of inputs and outputs. */
const decidedOutside = (u: Unknowns, program: Program, outputs: ReadonlySet<NodeId>): ReadonlySet<DimVar> => {
  const roots = new Set<DimVar>();
  const seeds = seedsOf(program);
  program.nodes.forEach((node, id) => {
    if ((node.tag !== "input" || seeds.has(id)) && !outputs.has(id)) return;
    for (const d of u.store.dims(u.nodeVar(id)) ?? []) if (u.store.valueOf(d) === null) roots.add(u.store.rootOf(d));
  });
  return roots;
};

/** Gives free widths of weights the default, one after the other; what follows from each goes first. Returns the notes. */
export const defaultWidths = (u: Unknowns, program: Program, outputs: ReadonlySet<NodeId>, width: number): readonly Diagnostic[] => {
  const outside = decidedOutside(u, program, outputs);
  const notes: Diagnostic[] = [];
  program.params.forEach((param, id) => {
    for (const d of u.store.dims(u.paramVar(id)) ?? []) {
      if (u.store.valueOf(d) !== null || outside.has(u.store.rootOf(d))) continue;
      u.store.by(u.addSource({ span: param.span, what: "the default width" }));
      u.store.equalDims(d, u.store.dim(width));
      u.settle();
      const owner = param.name.split(".").slice(0, -1).join(".");
      const message = `${owner} is ${String(width)} wide, by default`;
      const help = `Nothing else decides its width: \`${owner.split(".").at(-1) ?? owner} : dense[${String(width)}]\` says so, \`@default_width\` changes it for all.`;
      notes.push(diagnose(D.defaultedWidth, message, [{ at: param.span, text: "a hidden width that nothing else decides" }], { help }));
    }
  });
  return notes;
};

const textOf = (shape: readonly (Dim | null)[] | null): string =>
  shape === null ? "[?]" : `[${shape.map((d) => String(d ?? "?")).join(", ")}]`;

/** What is still unknown: inputs, or else outputs, or else the first values on the way. */
export const missing = (u: Unknowns, program: Program, outputs: ReadonlySet<NodeId>, speech: Speech): readonly Diagnostic[] => {
  const seeds = seedsOf(program);
  const open = program.nodes.map((_, id) => id).filter((id) => isOpen(u, u.nodeVar(id)));
  const spanOf = (id: NodeId) => program.spans[id] ?? NOWHERE;
  const of = (id: NodeId): string => textOf(u.store.shapeOf(u.nodeVar(id)));
  const inputs = open.filter((id) => program.nodes[id]?.tag === "input" && !seeds.has(id));
  if (inputs.length > 0) {
    return inputs.map((id) => {
      const name = speech.nameOf(id) ?? "";
      const known = of(id);
      return diagnose(D.unknownInput, `the shape of the input ${name} is not known: ${name} : ${known}`,
        [{ at: spanOf(id), text: "an input, since nothing defines it" }],
        { help: `Declare it, as in \`${name} : ${known === "[?]" ? "[784]" : known.replaceAll("?", "784")}\`, or bind it with \`@data\`.` });
    });
  }
  const results = open.filter((id) => outputs.has(id));
  const seen = new Set<DimVar>();
  const told: Diagnostic[] = [];
  for (const id of results) {
    const roots = (u.store.dims(u.nodeVar(id)) ?? []).filter((d) => u.store.valueOf(d) === null).map(u.store.rootOf);
    if (roots.length > 0 && roots.every((root) => seen.has(root))) continue;
    roots.forEach((root) => seen.add(root));
    const name = speech.nameOf(id) ?? "this value";
    const maker = makerOf(u, program, new Set(roots));
    const declare = maker === null ? `Declare \`${name} : [10]\`` : `Declare \`${maker} : dense[10]\``;
    told.push(diagnose(D.unknownOutput, `the width of ${name} is not known: ${of(id)}`,
      [{ at: spanOf(id), text: "an output, whose width is never chosen by default" }],
      { help: `${declare} (with the width that is meant), or give its target a known shape.` }));
  }
  if (told.length > 0) return told;
  const isKnown = (id: NodeId): boolean => !isOpen(u, u.nodeVar(id));
  const unknown = new Set(open);
  const first = open.filter((id) => operandsOf(program.nodes[id] ?? { tag: "input", name: "" }).every((x) => isKnown(x.node) || x.node >= id));
  return (first.length > 0 ? first : [...unknown]).slice(0, 5).map((id) => {
    const name = speech.nameOf(id);
    return diagnose(D.unknownShape, `the shape of ${name ?? speech.what(id)} does not follow from the program: ${of(id)}`,
      [{ at: spanOf(id), text: "of unknown shape" }],
      { help: name === null ? "Give it a name, and declare the name's shape." : `Declare it, as in \`${name} : [64]\`.` });
  });
};

/** The function whose weight has one of these open widths, as what it gives (weights are `[out][in]`) if there is one: `M_2`. */
const makerOf = (u: Unknowns, program: Program, roots: ReadonlySet<DimVar>): string | null => {
  const isOne = (d: DimVar): boolean => roots.has(u.store.rootOf(d));
  const find = (has: (dims: readonly DimVar[]) => boolean) =>
    program.params.findLast((param, id) => param.role === "weight" && has(u.store.dims(u.paramVar(id)) ?? []));
  const found = find((dims) => dims.slice(0, 1).some(isOne)) ?? find((dims) => dims.some(isOne));
  return found?.name.split(".").at(-2) ?? null;
};
