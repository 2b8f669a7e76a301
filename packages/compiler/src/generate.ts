/** `generate`: a program that predicts its next input is fed its own draws in place of data. */
import { createInterpreter } from "@sequent/interpreter";
import type { Batch, Interpreter } from "@sequent/interpreter";
import { demandOrder, diagnose, fillUniform, latestReads, NOWHERE, operandsOf, read, streamKey, withHorizon } from "@sequent/ir";
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

/** What is fed back: the input over time, and the probabilities of its value at the prediction's own step, or at the next. */
interface Feedback {
  readonly input: string;
  readonly classes: number;
  readonly prediction: NodeId;
  readonly ahead: 0 | 1;
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
  const print = (code: number): string => (vocabulary === null ? ` ${String(code)}` : (vocabulary[code] ?? ""));
  const fed = feed(interpreter, feedback.right, prompt.right);
  if (fed.probabilities().length === 0) {
    const help = `It is made of earlier steps, and there ${prompt.right.length === 1 ? "is one" : `are ${String(prompt.right.length)}`}. ${badPrompt.explain}`;
    return E.left([diagnose(badPrompt, "the prompt is too short: nothing is predicted behind it", [{ at: request.at.prompt, text: "given here" }], { help })]);
  }
  return E.right(draws(fed, request, print));
};

/** A prediction of class probabilities whose target is made of one class input, at the step of the prediction or the next, and which does not see that. */
const feedbackOf = (program: Program): E.Either<Diagnostic, Feedback> => {
  const refuse = (message: string, at: Span | undefined, text: string): E.Either<Diagnostic, Feedback> =>
    E.left(diagnose(nothingPredicts, message, at === undefined ? [] : [{ at, text }], { help: nothingPredicts.explain }));
  for (const { tag, span, ...objective } of program.objectives.flatMap((one) => (one.tag === "match" ? [one] : []))) {
    const found = readInput(program, objective.target), own = shiftOf(objective.from);
    const node = found === null ? undefined : program.nodes[found.input];
    const [type] = (program.types ?? [])[found?.input ?? -1] ?? [], [predicted] = (program.types ?? [])[objective.from.node] ?? [];
    const classes = type?.classes ?? null, shape = predicted?.shape ?? [];
    if (node?.tag !== "input" || found === null || own === null || classes === null || shape.length !== 1 || shape[0] !== classes) continue;
    const ahead = found.shift - own, prediction = objective.from.node;
    if (ahead !== 0 && ahead !== 1) continue;
    const other = demandOrder(program.nodes, [objective.from]).flatMap((id) => { const one = program.nodes[id]; return one?.tag === "input" && id !== found.input ? [one.name] : []; })[0];
    if (other !== undefined) return refuse(`the prediction also reads \`${other}\`, which nothing gives`, span, "predicted here");
    if ((latestReads(program, prediction).get(found.input) ?? -Infinity) >= ahead) return refuse(`the prediction sees what it predicts: it depends on \`${node.name}\` at that step, or later`, span, "predicted here");
    return E.right({ input: node.name, classes, prediction, ahead });
  }
  return refuse("no statement predicts a class input from its past", program.objectives[0]?.span, "no class input is predicted");
};

const shiftOf = ({ at }: Operand): number | null => (at.tag === "at" && at.time.from === "t" ? at.time.plus : null);

/** The input over time that a target reads, at one step, if that is all it reads. */
const readInput = (program: Program, target: Operand): { readonly input: NodeId; readonly shift: number } | null => {
  let found: { readonly input: NodeId; readonly shift: number } | null = null;
  const stack: (readonly [Operand, number])[] = [[target, 0]];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const [x, before] = next;
    const node = program.nodes[x.node], own = shiftOf(x);
    if (node === undefined || own === null) return null;
    const shift = before + own;
    if (node.tag === "input") {
      if (node.time !== true || (found !== null && (found.input !== x.node || found.shift !== shift))) return null;
      found = { input: x.node, shift };
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

/** A program behind a prompt: what follows is asked for, and then given. */
interface Fed {
  readonly probabilities: () => ArrayLike<number>;
  readonly give: (code: number) => void;
}

/** Each window reads what the last one has left. A prediction at the step that it predicts has to be asked for before that: its step has any value, which it does not see, and is computed again when it is known. */
const feed = (interpreter: Interpreter, feedback: Feedback, prompt: readonly number[]): Fed => {
  const codes: number[] = [], { ahead } = feedback;
  let known: ArrayLike<number> | null = null;
  const give = (code: number): void => {
    if (ahead === 1 && codes.length > 0 && known === null) predict(interpreter, feedback, codes);
    codes.push(code);
    known = null;
    if (ahead === 0) predict(interpreter, feedback, codes);
  };
  const ask = (): ArrayLike<number> => {
    if (ahead === 1) return predict(interpreter, feedback, codes);
    const left = interpreter.carried(), found = predict(interpreter, feedback, [...codes, 0]);
    interpreter.setCarried(left);
    return found;
  };
  for (const code of prompt) give(code);
  return { give, probabilities: () => (known ??= ask()) };
};

const draws = function* (fed: Fed, request: GenerateRequest, print: (code: number) => string): Iterable<string> {
  const key = streamKey(request.seed, "generate");
  const uniform = new Float64Array(1);
  for (let made = 0; made < request.length; made += 1) {
    fillUniform(key, { sample: 0, update: 0, t: made }, uniform);
    const code = choose(fed.probabilities(), request.temperature, request.topK, uniform[0] ?? 0);
    fed.give(code);
    yield print(code);
  }
};

/** The probabilities at the last of the codes, whose step is a window of its own. */
const predict = (interpreter: Interpreter, feedback: Feedback, codes: readonly number[]): ArrayLike<number> => {
  const value: Tensor = { shape: [codes.length], rows: 1, batched: true, data: Int32Array.from(codes) };
  const batch: Batch = { inputs: new Map([[feedback.input, value]]), rows: 1, samples: Int32Array.from([0]), window: codes.length - 1 };
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
