/** A compiled program as PyTorch. */
import { emit, lowered, loweredExplicitly, stepsOfRanges } from "@sequent/backend-pytorch";
import type { Emitted, PytorchOptions, ScriptSettings } from "@sequent/backend-pytorch";
import { demandOrder, diagnose, extentOf, horizonOf, NOWHERE, operandsOf, read } from "@sequent/ir";
import type { Diagnostics, Operand, Program, Span } from "@sequent/ir";
import { differentiateFor, expand } from "@sequent/transform-autodiff";
import { OPEN_RANGE, windowed } from "@sequent/transform-time";
import type { WindowProblem } from "@sequent/transform-time";
import * as E from "fp-ts/lib/Either.js";
import { createHash } from "node:crypto";
import path from "node:path";
import type { Compiled } from "./compile.js";
import { laterWindows } from "./diagnostics.js";
import { primal } from "./evaluate.js";
import type { ScriptData } from "./script-data.js";
import { hasWeights } from "./training.js";

export interface PytorchRequest extends Pick<PytorchOptions, "random" | "show" | "ragged" | "shortest" | "lowerings" | "transforms"> {
  readonly name: string;
  /** The folder that the script will be run in, which its data files are relative to; null: no script. */
  readonly folder: string | null;
  /** Who gives gradients and next values: PyTorch, or our own equations. */
  readonly gradients?: "autograd" | "explicit";
  /** States and inputs whose gradients are taken, beside those of the weights. */
  readonly adjoints?: readonly string[];
  /** Names files by their full paths. */
  readonly absolute?: boolean;
  /** Files that stand for those that the program names. */
  readonly data?: ScriptData;
}

const EPOCHS = 20;
const STEPS = 1000;

/** The input that is a text, if one is. */
const textOf = ({ data }: Compiled): NonNullable<ScriptSettings["text"]> | null => {
  const text = [...(data?.train.values() ?? [])].find((array) => array.vocabulary !== undefined);
  return text?.vocabulary === undefined ? null : { input: text.name, vocabulary: text.vocabulary.join(""), length: data?.setting.length ?? null };
};

const settingsFor = (compiled: Compiled, request: PytorchRequest): ScriptSettings | null => {
  const { settings, data, source } = compiled;
  const { folder } = request;
  if (folder === null || compiled.program.objectives.length === 0 || !hasWeights(compiled.program)) return null;
  const own = data?.setting ?? null;
  const base = own !== null && own.at.file === compiled.file ? path.dirname(compiled.file) : ".";
  const place = (file: string): string => {
    const full = path.resolve(base, file);
    return request.absolute === true ? full : path.relative(path.resolve(folder), full);
  };
  return {
    data: own === null ? null : place(request.data?.train ?? own.path),
    test: own === null ? 0 : typeof own.test === "string" ? place(request.data?.test ?? own.test) : own.test,
    splitSeed: own?.seed ?? null,
    text: textOf(compiled),
    batch: settings.batch?.value ?? null,
    length: settings.length?.value ?? (own === null ? { unit: "steps", count: STEPS } : { unit: "epochs", count: EPOCHS }),
    seed: settings.seed,
    program: createHash("sha256").update(source).digest("hex"),
  };
};

const isOverTime = ({ inputs }: Compiled): boolean => inputs.some((input) => input.timed);
const openRange = (program: Program): Span | null => {
  const id = program.nodes.findIndex((node) => operandsOf(node).some(({ at }) => at.tag === "range" && typeof extentOf(at.on) !== "number"));
  return id < 0 ? null : (program.spans[id] ?? NOWHERE);
};
const readsWeights = (program: Program, x: Operand): boolean =>
  demandOrder(program.nodes, [x]).some((id) => { const node = program.nodes[id]; return node?.tag === "param" && program.params[node.param]?.role === "weight"; });
/** The weights that statements depend on. */
const weightsIn = (program: Program, more: readonly Operand[] = []): readonly string[] => {
  const goals = program.objectives.flatMap((objective) => (objective.mean === null ? [] : [read(objective.mean)]));
  return demandOrder(program.nodes, [...goals, ...more]).flatMap((id) => {
    const node = program.nodes[id], param = node?.tag === "param" ? program.params[node.param] : undefined;
    return param?.role === "weight" ? [param.name] : [];
  });
};
const problemOf = (problem: WindowProblem | Diagnostics): Diagnostics =>
  "message" in problem ? [diagnose(laterWindows, `not in windows yet: ${problem.message}`, [{ at: problem.at, text: "in this statement" }], { help: laterWindows.explain })] : problem;

/** The files of a PyTorch program. Left: SQ07xx where PyTorch has no words for something. */
export const emitPytorch = (compiled: Compiled, request: PytorchRequest): E.Either<Diagnostics, Emitted> => {
  const { name, folder: _, absolute: __, data: ___, gradients, adjoints = [], ...more } = request;
  const settings = settingsFor(compiled, request);
  const horizon = horizonOf(compiled.program);
  const open = horizon === null ? null : openRange(compiled.program);
  if (open !== null) return E.left(problemOf({ at: open, message: OPEN_RANGE }));
  // Without a script, or data for it, whole sequences are computed.
  const window = horizon === null || settings === null || settings.data === null || !isOverTime(compiled) ? null : E.mapLeft(problemOf)(windowed(compiled.program, compiled.env, horizon));
  if (window !== null && E.isLeft(window)) return window;
  const one = window === null ? null : window.right;
  if (one !== null && !one.causal && (horizon?.burnIn ?? 0) > 0) {
    return E.left(problemOf({ at: compiled.program.objectives[0]?.span ?? NOWHERE, message: "`burn_in` where what is carried depends on later steps" }));
  }
  const whole = one?.program ?? compiled.program;
  const learned = one === null || gradients !== "explicit" ? undefined : one.carried.find(({ start }) => start !== null && readsWeights(whole, start));
  if (learned !== undefined) return E.left(problemOf({ at: whole.spans[learned.of] ?? NOWHERE, message: "our own equations of a state that starts from weights (`--grad autograd` takes it)" }));
  const unread = one === null || gradients !== "explicit" ? undefined : weightsIn(compiled.program).find((name) => !weightsIn(whole, one.carried.flatMap(({ start }) => start ?? [])).includes(name));
  if (unread !== undefined) return E.left(problemOf({ at: compiled.program.params.find((param) => param.name === unread)?.span ?? NOWHERE, message: "our own equations of weights that no window reads" }));
  const program = expand(whole, compiled.env, lowered(more));
  const lengths = compiled.inputs.some((input) => input.timed && input.length !== undefined && compiled.data?.train.has(input.length) === true);
  const options = { ...more, ...(lengths ? { ragged: true } : {}), name, source: compiled.source, adjoints, ...(settings === null ? {} : { settings }), ...(one === null || horizon === null ? {} : { window: { ...one, horizon, leastSequence: stepsOfRanges(compiled.program) } }) };
  if (gradients !== "explicit" || compiled.program.objectives.length === 0) return emit(program, options)(compiled.env);
  const wanted = adjoints.flatMap((one) => primal(compiled.program, one) ?? []);
  const differentiated = differentiateFor({ wanted }).run(whole)(compiled.env);
  if (E.isLeft(differentiated)) return differentiated;
  const equations = expand(differentiated.right, compiled.env, loweredExplicitly(more.lowerings));
  return emit(program, { ...options, explicit: { program: equations } })(compiled.env);
};
