/** What every backend is held to, op by op: values as the reference's, gradients as central differences. */
import { createInterpreter } from "@sequent/interpreter";
import type { Interpreter, Rows, Series } from "@sequent/interpreter";
import { read } from "@sequent/ir";
import type { AnyOp, Env, NodeId, Tensor } from "@sequent/ir";
import { agree, near } from "../agree.js";
import { questionOf } from "./question.js";
import type { Question } from "./question.js";

export interface Answer {
  /** `y`, row by row. */
  readonly y: ArrayLike<number>;
  /** Gradients of the loss that is minimised, by the name that was moved: `x_1`, `F.weight`. */
  readonly gradients: ReadonlyMap<string, ArrayLike<number>>;
}

/** A way to run programs, in double precision and train mode, with seed 7. */
export interface Conforming {
  readonly name: string;
  /** Why it can't answer; null if it can. A limit is declared and printed, never silent. */
  readonly limit: (question: Question) => string | null;
  /** One answer a question, or what went wrong with it. */
  readonly run: (questions: readonly Question[]) => Promise<readonly (Answer | string)[]>;
}

export interface Finding {
  readonly op: string;
  readonly sample: number;
  readonly verdict: "conforms" | "limit" | "wrong";
  readonly detail: string;
}

export const SEED = 7;
const VALUES = 1e-12;
const SLOPES = 1e-6;

/** What is wrong with a record itself: no samples, no gradient and no reason, no batch of one, no axis of size 1. */
export const incomplete = (op: AnyOp): readonly string[] => {
  const faults: string[] = [];
  if (op.samples.length === 0) faults.push("it has no samples");
  if (op.autodiff.tag === "none" && op.autodiff.why.trim() === "") faults.push("it has no gradient, and no reason for that");
  if (op.autodiff.tag === "expand" && op.forward.tag !== "expand") faults.push("its gradient is that of an expansion that it does not have");
  const shaped = op.samples.some((one) => one.ins.some((input) => input.batched !== false));
  // What takes statistics over the batch says in every sample that it wants several.
  const several = op.samples.every((one) => (one.rows ?? 1) > 1);
  if (shaped && !several && !op.samples.some((one) => one.rows === 1)) faults.push("no sample has a batch of one");
  const axes = op.samples.flatMap((one) => one.ins.flatMap((input) => input.type.shape));
  if (axes.length > 0 && !axes.includes(1)) faults.push("no sample has an axis of size 1");
  return faults;
};

/** Holds a backend to every sample of every op. */
export const conform = async (backend: Conforming, env: Env): Promise<readonly Finding[]> => {
  const questions = [...env.ops.values()].flatMap((op) => op.samples.map((_, sample) => questionOf(op, sample, env)));
  const limits = questions.map(backend.limit);
  const asked = questions.filter((_, k) => limits[k] === null);
  const answers = await backend.run(asked);
  const byQuestion = new Map(asked.map((question, k) => [question, answers[k]]));
  return questions.map((question, k): Finding => {
    const head = { op: question.op.name, sample: question.sample };
    const limit = limits[k] ?? null;
    if (limit !== null) return { ...head, verdict: "limit", detail: limit };
    const answer = byQuestion.get(question);
    const wrong = answer === undefined ? "no answer" : typeof answer === "string" ? answer : judge(question, answer, env);
    return wrong === null ? { ...head, verdict: "conforms", detail: "" } : { ...head, verdict: "wrong", detail: wrong };
  });
};

const judge = (question: Question, answer: Answer, env: Env): string | null => {
  const truth = createTruth(question, env);
  const y = truth.y();
  if (!agree(y, answer.y, VALUES)) return `y is ${list(answer.y)}, the reference's ${list(y)}`;
  for (const name of question.moved) {
    const found = answer.gradients.get(name);
    if (found === undefined) return `there is no ^${name}`;
    const wrong = truth.wrongSlope(name, found);
    if (wrong !== null) return `^${name}[${String(wrong.at)}] is ${String(wrong.found)}, by central differences ${String(wrong.numeric)}`;
  }
  return null;
};

const list = (values: ArrayLike<number>): string => `[${Array.from(values).slice(0, 8).join(", ")}]`;

interface WrongSlope {
  readonly at: number;
  readonly found: number;
  readonly numeric: number;
}
interface Truth {
  readonly y: () => ArrayLike<number>;
  readonly wrongSlope: (name: string, found: ArrayLike<number>) => WrongSlope | null;
}

/** Steps of which one is small enough for the curvature and large enough for rounding. */
const STEPS = [1e-3, 1e-4, 1e-5] as const;

/** The reference evaluator of a question. */
const createTruth = ({ op, sample, params, moved }: Question, env: Env): Truth => {
  const { program, batch } = questionOf(op, sample, env, true);
  const interpreter = createInterpreter(program, env, { seed: SEED, precision: "f64" });
  const set = (name: string, value: Tensor): void => setParam(interpreter, program.params.findIndex((one) => one.name === name), value);
  for (const [name, value] of params) set(name, value);
  const named: NodeId = program.names.find((one) => one.name === "y")?.node ?? 0;
  const mean = program.objectives[0]?.mean ?? named;
  const lossWith = (name: string, value: Tensor): number => {
    const inputs = new Map(batch.inputs);
    if (params.has(name)) set(name, value);
    else inputs.set(name, value);
    return -(interpreter.evaluate([read(mean)], { ...batch, inputs }, "train")[0]?.data[0] ?? NaN);
  };
  const wrongSlope = (name: string, found: ArrayLike<number>): WrongSlope | null => {
    const value = params.get(name) ?? batch.inputs.get(name);
    if (value === undefined || !moved.includes(name)) return null;
    const at = (k: number, h: number): number => lossWith(name, { ...value, data: Float64Array.from(value.data, (x, j) => (j === k ? x + h : x)) });
    for (let k = 0; k < value.data.length; k += 1) {
      const central = (h: number): number => (at(k, h) - at(k, -h)) / (2 * h);
      // A gradient that all instances share may stand once.
      const given = found[k % found.length] ?? NaN;
      const numerics = STEPS.map((h) => (4 * central(h / 2) - central(h)) / 3);
      if (!numerics.some((numeric) => near(given, numeric, SLOPES))) return { at: k, found: given, numeric: numerics[1] ?? NaN };
    }
    if (params.has(name)) set(name, value);
    return null;
  };
  return { y: () => interpreter.observe([named], batch, "train").map(numbersAtStart)[0] ?? [], wrongSlope };
};

const setParam = (interpreter: Interpreter, id: number, value: Tensor): void => {
  if (id >= 0) interpreter.setParam(id, value);
};

/** The numbers of a value; of one over time (the step `t` itself) those of step 0, which is what references are asked for. */
export const numbersAtStart = (value: Tensor | Rows | Series): ArrayLike<number> => {
  if ("data" in value) return value.data;
  const rows = "steps" in value ? (value.steps[-value.from] ?? []) : value;
  return rows.flatMap((row) => [...(row?.data ?? [])]);
};
