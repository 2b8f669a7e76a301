/** `generate`: a program that predicts its next input is fed its own draws in place of data. */
import { createInterpreter } from "@sequent/interpreter";
import type { Batch, Interpreter } from "@sequent/interpreter";
import { demandOrder, diagnose, fillUniform, NOWHERE, operandsOf, read, streamKey, withHorizon } from "@sequent/ir";
import type { Diagnostic, Diagnostics, NodeId, Operand, Precision, Program, Span, Tensor } from "@sequent/ir";
import type { DataSet } from "@sequent/data";
import * as E from "fp-ts/lib/Either.js";
import { toTrainable } from "./compile.js";
import type { Compiled } from "./compile.js";
import { bindParameters } from "./bind-parameters.js";
import { badPrompt, nothingPredicts } from "./diagnostics.js";

export interface GenerateRequest {
  /** Text where the input has a vocabulary; else numbers, at commas or blanks. */
  readonly prompt: string;
  readonly params: DataSet;
  readonly length: number;
  /** Divides the logarithms of the probabilities; at 0 the most probable is taken. */
  readonly temperature: number;
  /** Only this many of the most probable are drawn from; null: all. */
  readonly topK: number | null;
  readonly seed: number;
  readonly precision: Precision;
  readonly at: { readonly prompt: Span; readonly params: Span };
}

/** What is fed back: the input over time, and the probabilities of its next value. */
interface Feedback {
  readonly input: string;
  readonly classes: number;
  readonly prediction: NodeId;
}

/** Why a program can't be fed its own draws, whatever the prompt; null if it can. SQ0841. */
export const checkGenerate = (compiled: Compiled): Diagnostics | null => {
  const feedback = feedbackOf(compiled.program);
  return E.isLeft(feedback) ? [feedback.left] : null;
};

/** The symbols that follow the prompt, one after the other. Left: SQ0841, SQ0842, and what `eval` says of parameters. */
export const generate = (compiled: Compiled, request: GenerateRequest): E.Either<Diagnostics, Iterable<string>> => {
  const feedback = feedbackOf(compiled.program);
  if (E.isLeft(feedback)) return E.left([feedback.left]);
  const vocabulary = compiled.data?.train.get(feedback.right.input)?.vocabulary ?? null;
  const prompt = codesOf(request.prompt, feedback.right.classes, vocabulary, request.at.prompt);
  if (E.isLeft(prompt)) return E.left([prompt.left]);
  const program = toTrainable({ ...compiled, program: stepByStep(compiled.program, feedback.right.prediction) });
  if (E.isLeft(program)) return program;
  const interpreter = createInterpreter(program.right, compiled.env, { seed: request.seed, precision: request.precision });
  const wrong = bindParameters(interpreter, program.right, request.params, request.precision, request.at.params);
  if (wrong !== null) return E.left(wrong);
  const print = (code: number): string => (vocabulary === null ? `${String(code)} ` : (vocabulary[code] ?? ""));
  return E.right(draws(interpreter, feedback.right, prompt.right, request, print));
};

/** A prediction of class probabilities at t whose target is made of one class input, read at t+1. */
const feedbackOf = (program: Program): E.Either<Diagnostic, Feedback> => {
  for (const objective of program.objectives) {
    if (objective.tag !== "match") continue;
    const input = nextInput(program, objective.target);
    const node = input === null ? undefined : program.nodes[input];
    const [type] = (program.types ?? [])[input ?? -1] ?? [], [predicted] = (program.types ?? [])[objective.from.node] ?? [];
    const classes = type?.classes ?? null, shape = predicted?.shape ?? [];
    if (node?.tag !== "input" || classes === null || shape.length !== 1 || shape[0] !== classes) continue;
    const others = demandOrder(program.nodes, [objective.from]).filter((id) => program.nodes[id]?.tag === "input" && id !== input);
    const [other] = others;
    const needs = other === undefined ? null : program.nodes[other];
    if (needs?.tag !== "input") return E.right({ input: node.name, classes, prediction: objective.from.node });
    return E.left(diagnose(nothingPredicts, `the prediction also reads \`${needs.name}\`, which nothing gives`, [{ at: objective.span, text: "predicted here" }], { help: nothingPredicts.explain }));
  }
  const [first] = program.objectives;
  const labels = first === undefined ? [] : [{ at: first.span, text: "no input at the next step is predicted" }];
  return E.left(diagnose(nothingPredicts, "no statement predicts the next value of a class input", labels, { help: nothingPredicts.explain }));
};

/** The input over time that a target reads one step ahead, if that is all it reads. */
const nextInput = (program: Program, target: Operand): NodeId | null => {
  let found: NodeId | null = null;
  const stack: (readonly [Operand, number])[] = [[target, 0]];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const [x, before] = next;
    const node = program.nodes[x.node];
    const shift = x.at.tag === "at" && x.at.time.from === "t" ? before + x.at.time.plus : null;
    if (node === undefined || shift === null) return null;
    if (node.tag === "input") {
      if (node.time !== true || shift !== 1 || (found !== null && found !== x.node)) return null;
      found = x.node;
    } else for (const operand of operandsOf(node)) stack.push([operand, shift]);
  }
  return found;
};

/** Windows of one step carry the recurrent state along; a program that reads whole ranges keeps all that has been. */
const stepByStep = (program: Program, prediction: NodeId): Program => {
  const ranges = demandOrder(program.nodes, [read(prediction)]).some((id) =>
    operandsOf(program.nodes[id] ?? { tag: "param", param: 0 }).some((x) => x.at.tag === "range" && (x.at.on.lower.from !== "t" || x.at.on.upper.from !== "t")));
  return withHorizon(program, ranges ? null : 1, program.spans[prediction] ?? NOWHERE);
};

const codesOf = (prompt: string, classes: number, vocabulary: readonly string[] | null, at: Span): E.Either<Diagnostic, readonly number[]> => {
  const symbols = vocabulary === null ? prompt.split(/[\s,]+/).filter((one) => one !== "") : Array.from(prompt);
  const codes = symbols.map((symbol) => (vocabulary === null ? (/^\d+$/.test(symbol) ? Number(symbol) : -1) : vocabulary.indexOf(symbol)));
  const bad = codes.findIndex((code) => code < 0 || code >= classes);
  const refuse = (message: string, help: string): E.Either<Diagnostic, readonly number[]> => E.left(diagnose(badPrompt, message, [{ at, text: "given here" }], { help }));
  if (bad >= 0) {
    const known = vocabulary === null ? `numbers from 0 to ${String(classes - 1)}` : `one of ${JSON.stringify(vocabulary.join(""))}`;
    return refuse(`the prompt holds ${JSON.stringify(symbols[bad])}, and the program knows ${known}`, badPrompt.explain);
  }
  return codes.length > 0 ? E.right(codes) : refuse("the prompt is empty", badPrompt.explain);
};

const draws = function* (interpreter: Interpreter, feedback: Feedback, prompt: readonly number[], request: GenerateRequest, print: (code: number) => string): Iterable<string> {
  const codes = [...prompt];
  const key = streamKey(request.seed, "generate");
  const uniform = new Float64Array(1);
  // The state after the prompt; each window reads what the last one left.
  for (let step = 0; step < prompt.length - 1; step += 1) predict(interpreter, feedback, codes.slice(0, step + 1), step);
  for (let made = 0; made < request.length; made += 1) {
    const probabilities = predict(interpreter, feedback, codes, codes.length - 1);
    fillUniform(key, { sample: 0, update: 0, t: made }, uniform);
    const code = choose(probabilities, request.temperature, request.topK, uniform[0] ?? 0);
    codes.push(code);
    yield print(code);
  }
};

/** The probabilities of what follows the codes, whose last one is the step of the window. */
const predict = (interpreter: Interpreter, feedback: Feedback, codes: readonly number[], window: number): ArrayLike<number> => {
  const value: Tensor = { shape: [codes.length], rows: 1, batched: true, data: Int32Array.from(codes) };
  const batch: Batch = { inputs: new Map([[feedback.input, value]]), rows: 1, samples: Int32Array.from([0]), window };
  const [series] = interpreter.observe([feedback.prediction], batch, "eval");
  if (series === undefined || !("steps" in series)) return [];
  return series.steps.at(-1)?.[0]?.data ?? [];
};

/** Draws from the probabilities, sharpened by the temperature, among the most probable. */
export const choose = (probabilities: ArrayLike<number>, temperature: number, topK: number | null, uniform: number): number => {
  const order = Array.from(probabilities, (_, code) => code).sort((a, b) => (probabilities[b] ?? 0) - (probabilities[a] ?? 0) || a - b);
  const kept = temperature === 0 ? order.slice(0, 1) : order.slice(0, topK ?? order.length);
  // Relative to the greatest, so that low temperatures do not underflow.
  const top = probabilities[kept[0] ?? 0] ?? 1;
  const weights = kept.map((code) => Math.exp((Math.log(probabilities[code] ?? 0) - Math.log(top)) / (temperature === 0 ? 1 : temperature)));
  let left = uniform * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [k, weight] of weights.entries()) {
    left -= weight;
    if (left < 0) return kept[k] ?? 0;
  }
  return kept.at(-1) ?? 0;
};
