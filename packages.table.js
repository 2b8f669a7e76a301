// The architecture in one table: a package, what it is, and the packages it may import.
// ESLint's `sequent/deps` rule reads it; `npm run sync-packages` derives dependencies and project references from it.

/** @typedef {{ may: readonly string[], node: boolean, doc: string }} Package `node`: may use Node's own modules. */

const ir = ["ir"];
const everything = [
  "ir", "parser", "infer", "data", "interpreter", "transform-autodiff", "transform-time", "backend-pytorch", "conformance", "trainer",
];

/** @type {Readonly<Record<string, Package>>} */
export const packages = {
  ir: { may: [], node: false, doc: "Values, types, spans, diagnostics, op records, builder, verifier, printer, codecs, passes and pipelines." },
  parser: { may: ir, node: false, doc: "Lexer, syntax tree, formatter and elaboration of notation into equations." },
  infer: { may: ir, node: false, doc: "Shapes by unification, dtypes, and the input signature." },
  data: { may: ir, node: true, doc: "Reading and writing npz, csv and safetensors; splits and batches." },
  interpreter: { may: ir, node: false, doc: "The demand-driven reference evaluator: what a program means." },
  "transform-autodiff": { may: ir, node: false, doc: "Adjoint and update equations, and the function transforms." },
  "transform-time": { may: ir, node: false, doc: "Domains, directions and the schedule of values over time." },
  "backend-pytorch": { may: ["ir", "transform-time"], node: true, doc: "Prints a program as the PyTorch code that a PyTorch user would have written." },
  conformance: { may: ["ir", "interpreter"], node: true, doc: "What any backend is held to: op samples, program suite, differential fuzzing." },
  trainer: { may: ["ir", "data"], node: true, doc: "The loop around a target: progress, metrics, checkpoints, resume." },
  compiler: { may: everything, node: true, doc: "The default pipelines and the public `compile`." },
  cli: { may: ["compiler"], node: true, doc: "The `sequent` command." },
};

/** Package name to the names it may import. */
export const may = Object.fromEntries(Object.entries(packages).map(([name, p]) => [name, p.may]));
