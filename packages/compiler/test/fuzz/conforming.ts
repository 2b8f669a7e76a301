/** The interpreter with our adjoint equations, and the emitted PyTorch, as what conformance asks for. */
import { emit, lowered, LOWERINGS, runJobs } from "@sequent/backend-pytorch";
import type { Job, Numbers } from "@sequent/backend-pytorch";
import { numbersAtStart, SEED } from "@sequent/conformance";
import type { Answer, Conforming, Question } from "@sequent/conformance";
import { createInterpreter } from "@sequent/interpreter";
import { run } from "@sequent/ir";
import type { Env, NodeId, Program, Tensor } from "@sequent/ir";
import { expand } from "@sequent/transform-autodiff";
import * as E from "fp-ts/lib/Either.js";
import { checking, expandAll, training } from "../../src/pipelines.js";

const nodeOf = (program: Program, name: string): NodeId | null => {
  const state = program.names.find((one) => one.name === name && one.adjointOf === null);
  if (state !== undefined) return state.node;
  const param = program.nodes.findIndex((node) => node.tag === "param" && program.params[node.param]?.name === name);
  return param < 0 ? null : param;
};

/** Values by the references, gradients by our rules. */
export const ourOwn = (env: Env): Conforming => ({
  name: "interpreter",
  limit: () => null,
  run: (questions) => Promise.resolve(questions.map((question) => answerOf(question, env))),
});

const answerOf = ({ program: written, batch, params, moved }: Question, env: Env): Answer | string => {
  const wanted = moved.flatMap((name) => nodeOf(written, name) ?? []);
  const made = written.objectives.length === 0 ? expandAll.run(written)(env) : run(training({ wanted }), written, { given: checking().gives })(env);
  if (E.isLeft(made)) return made.left[0].message;
  const program = made.right;
  const interpreter = createInterpreter(program, env, { seed: SEED, precision: "f64" });
  program.params.forEach((param, id) => {
    const value = params.get(param.name);
    if (value !== undefined) interpreter.setParam(id, value);
  });
  const gradientOf = (name: string): NodeId | null => {
    const of = nodeOf(program, name);
    return program.names.find((one) => one.adjointOf?.node === of)?.node ?? null;
  };
  const nodes = moved.map(gradientOf);
  if (nodes.includes(null)) return `there is no gradient of ${moved.join(", ")}`;
  const values = interpreter.observe([nodeOf(program, "y") ?? 0, ...nodes.map((node) => node ?? 0)], batch, "train").map(numbersAtStart);
  const [y, ...gradients] = values;
  return { y: y ?? [], gradients: new Map(moved.map((name, k) => [name, gradients[k] ?? []])) };
};

const LOWERED = new Set<string>(LOWERINGS.map((one) => one.op));

/** Whether `y` is one value for all samples that depends on no parameter. */
const isShared = (program: Program): boolean =>
  program.params.length === 0 && program.varies?.[nodeOf(program, "y") ?? 0]?.space.tag === "static";

/** Whether `y` has a value at every step although nothing is given over time: PyTorch would have no horizon to count to. */
const isClock = (program: Program): boolean =>
  program.varies?.[nodeOf(program, "y") ?? 0]?.time === true && program.nodes.every((node, id) => node.tag !== "input" || program.varies?.[id]?.time !== true);

const numbersOf = (x: Tensor): Numbers =>
  ({ shape: x.batched ? [x.rows, ...x.shape] : x.shape, data: x.data, int: x.data instanceof Int32Array });

/** Values and gradients of the emitted code. */
export const emittedPytorch = (env: Env): Conforming => ({
  name: "pytorch",
  limit: ({ op, params, program }) => {
    if ([...params.keys()].some((name) => name.startsWith("w_"))) return "a value that all samples share can't be written yet";
    if (isClock(program)) return "steps without a sequence to count; random programs over time judge it";
    if (op.effect === "pure" && isShared(program)) return "a number that all samples share is a number in Python, too: no tensor to show";
    if (LOWERED.has(op.name) || op.forward.tag === "expand") return null;
    return `no lowering: ${op.autodiff.tag === "none" ? op.autodiff.why : "an internal op"}`;
  },
  run: async (questions) => {
    const jobs = questions.map((question) => jobOf(question, env));
    const right = jobs.flatMap((job) => (typeof job === "string" ? [] : [job]));
    const results = await runJobs(right);
    if (E.isLeft(results)) return questions.map(() => results.left[0].message);
    const byJob = new Map(right.map((job, k) => [job, results.right[k]]));
    return questions.map((question, k): Answer | string => {
      const job = jobs[k];
      if (job === undefined || typeof job === "string") return job ?? "no job";
      const result = byJob.get(job);
      if (result?.tag !== "done") return result?.message ?? "no result";
      const values = result.snapshots[0]?.values;
      return { y: values?.get("y")?.data ?? [], gradients: new Map(question.moved.map((name) => [name, values?.get(`^${name}`)?.data ?? []])) };
    });
  },
});

const jobOf = ({ program, batch, params, moved }: Question, env: Env): Job | string => {
  const emitted = emit(expand(program, env, lowered()), { name: "Op", source: "", random: "philox", show: ["y"] })(env);
  if (E.isLeft(emitted)) return emitted.left[0].message;
  const { files, model } = emitted.right;
  return {
    files, rows: batch.rows, seed: SEED, dtype: "f64", steps: [0], mode: "train",
    inputs: Object.fromEntries([...batch.inputs].map(([name, x]) => [name, numbersOf(x)])),
    parameters: Object.fromEntries([...params].map(([name, x]) => [name, numbersOf(x)])),
    show: ["y", ...moved.map((name) => `^${name}`)], shown: model.shown,
    signs: new Map(model.statements.map((one) => [one.label, one.sign])),
  };
};
