/** A compiled program as PyTorch. */
import { beyondAutograd, emit, hasOneCopy, laterStarts, lowered, loweredExplicitly, stepsOfRanges } from "@sequent/backend-pytorch";
import type { Emitted, Least, PartsRequest, PytorchOptions, ScriptSettings } from "@sequent/backend-pytorch";
import { demandOrder, diagnose, FIRST_STEP, horizonOf, NOWHERE, read } from "@sequent/ir";
import type { CallId, Diagnostics, Horizon, NodeId, Objective, Operand, ParamId, Program } from "@sequent/ir";
import { differentiateFor, expand, withSurrogates } from "@sequent/transform-autodiff";
import type { Surrogates } from "@sequent/transform-autodiff";
import { lackedByRows, laterBy, leastOfStatements, renumbered, statementsBeyond, windowed, windowedInParts, withShortRows } from "@sequent/transform-time";
import type { Windowed, WindowParts } from "@sequent/transform-time";
import * as E from "fp-ts/lib/Either.js";
import { createHash } from "node:crypto";
import path from "node:path";
import type { Compiled } from "./compile.js";
import { primal } from "./evaluate.js";
import type { ScriptData } from "./script-data.js";
import { endsOfSequences, leastOf } from "./sequence-lengths.js";
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
    // Windows count their own steps from 1.
    first: horizonOf(compiled.program) === null ? firstStep(compiled) : FIRST_STEP,
    seed: settings.seed,
    program: createHash("sha256").update(source).digest("hex"),
  };
};

const isOverTime = ({ inputs }: Compiled): boolean => inputs.some((input) => input.timed);
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

/** One program for all windows, or null: what stands before the first one can't be given, or has weights that our own equations would miss. */
const inOneProgram = ({ program, env }: Compiled, { horizon, from }: { readonly horizon: Horizon; readonly from: number }, isExplicit: boolean, short: number | null): E.Either<Diagnostics, Windowed | null> => {
  const found = windowed(program, env, horizon, short, laterBy(from));
  if (E.isLeft(found)) return "message" in found.left ? E.right(null) : E.left(found.left);
  const { program: own, carried } = found.right;
  if (!isExplicit) return found;
  const isLearnt = carried.some(({ start }) => start !== null && readsWeights(own, start));
  const read = weightsIn(own, carried.flatMap(({ start }) => start ?? []));
  return E.right(isLearnt || weightsIn(program).some((name) => !read.includes(name)) ? null : found.right);
};

/** The programs that are printed: of whole sequences, or of windows. */
interface Programs {
  readonly whole: Program;
  /** The steps of the shortest sequence, or window, that they can do with, where there may be short ones; null: with none of these. */
  readonly short: number | null;
  readonly window?: Windowed & { readonly horizon: Horizon; readonly leastSequence: number; readonly from: number };
  readonly parts?: WindowParts & { readonly horizon: Horizon; readonly leastSequence: number; readonly from: number };
}

/** Sequences of fewer steps than `to`, but not fewer than `from`. */
interface Short {
  readonly from: number;
  readonly to: number;
  /** The steps of the shortest sequence. */
  readonly sequences: number;
}

const programsOf = (compiled: Compiled, horizon: Horizon | null, isExplicit: boolean, short: Short | null): E.Either<Diagnostics, Programs> => {
  const { program, env } = compiled;
  if (horizon === null) {
    const found = short === null ? null : withShortRows(program, env, short);
    return E.right({ whole: found?.program ?? program, short: found?.from ?? null });
  }
  const about = { horizon, leastSequence: stepsOfRanges(program), from: firstStep(compiled) }, to = short?.to ?? null;
  // Each part knows what a sequence that ends in it has.
  const isEnough = (one: Windowed): boolean => short === null || Math.max(about.leastSequence, one.leastBegun) <= short.sequences;
  return E.chain((one: Windowed | null): E.Either<Diagnostics, Programs> =>
    one !== null && isEnough(one) ? E.right({ whole: one.program, short: one.least, window: { ...one, ...about, leastSequence: Math.max(about.leastSequence, one.leastBegun) } })
      : E.map((parts: WindowParts): Programs => {
        const least = parts.parts.reduce<number | null>((most, { least: own }) => (most === null || own === null ? null : Math.max(most, own)), 1);
        return { whole: parts.parts[0]?.program ?? program, parts: { ...parts, ...about, ...(least === null ? {} : { leastSequence: 1 }) }, short: least };
      })(windowedInParts(program, env, horizon, to)),
  )(inOneProgram(compiled, about, isExplicit, to));
};

/** The first steps of sequences in the data. */
const firstSteps = ({ inputs, data }: Compiled): ReadonlySet<number> =>
  new Set(inputs.flatMap(({ name, timed }) => { const array = timed ? data?.train.get(name) : undefined; return array === undefined ? [] : [array.from ?? FIRST_STEP]; }));
const firstStep = (compiled: Compiled): number => { const froms = firstSteps(compiled); return froms.size === 0 ? FIRST_STEP : Math.min(...froms); };

/** What `train.py` would have to know of the steps that data begin with; null: it does. */
const unlikeSteps = (compiled: Compiled): string | null => {
  const froms = [...firstSteps(compiled)].sort((x, y) => x - y);
  return froms.length < 2 ? null : `the inputs of the data begin with steps ${froms.slice(0, -1).join(", ")} and ${String(froms.at(-1))}`;
};

/** The last steps of the sequences, where the data are known. */
const endsIn = ({ inputs, data }: Compiled): readonly number[] =>
  endsOfSequences(inputs.flatMap((input) => (input.timed ? [input.name] : [])), [data?.train, data?.test].flatMap((part) => part ?? []));

/** The last step of the shortest sequence, and the steps of the shortest window of all, where the data are known. */
const shortestOf = (ends: readonly number[], horizon: Horizon | null): Readonly<Record<Least["of"], number>> => {
  return { sequences: leastOf(ends), windows: leastOf(ends.map((steps) => (horizon === null ? steps : (steps - 1) % horizon.back + 1))) };
};

/** The files of a PyTorch program. Left: SQ07xx where PyTorch has no words for something. */
export const emitPytorch = (given: Compiled, request: PytorchRequest): E.Either<Diagnostics, Emitted> => {
  const settings = settingsFor(given, request);
  // Without a script, or data for it, whole sequences are computed.
  const horizon = settings === null || settings.data === null || !isOverTime(given) ? null : horizonOf(given.program);
  const ends = endsIn(given);
  const [beyond, ...others] = settings === null || ends.length === 0 ? [] : statementsBeyond(given.program, Math.max(...ends));
  if (beyond !== undefined) return E.left([beyond, ...others]);
  const refuse = (message: string): E.Either<Diagnostics, Emitted> => E.left([diagnose(laterStarts, message, [{ at: given.program.objectives[0]?.span ?? NOWHERE, text: "on the way to this" }], { help: laterStarts.explain })]);
  const unlike = settings === null || settings.data === null ? null : unlikeSteps(given);
  if (unlike !== null) return refuse(unlike);
  const by = horizon === null ? 0 : laterBy(firstStep(given)), program = renumbered(given.program, given.env, by);
  if (program === null) return refuse(`windows begin with step ${String(firstStep(given))}, and a value with one that is more than a step before`);
  const compiled = { ...given, program };
  const ordinary = emitOf(compiled, request, settings, horizon, null);
  if (E.isLeft(ordinary)) return ordinary;
  const known = shortestOf(ends.map((end) => end + by), horizon), shortest = { ...known, sequences: request.shortest ?? known.sequences };
  const isShort = ({ of, steps, most }: Least): boolean => steps > most || steps > shortest[of];
  // A window may have all that a statement reads of a sequence that is too short for it.
  const wanted = horizon === null ? 0 : leastOfStatements(compiled.program);
  if (!ordinary.right.least.some(isShort) && wanted <= shortest.sequences) return ordinary;
  const to = Math.max(wanted, ...ordinary.right.least.map(({ steps }) => steps));
  const found = emitOf(compiled, request, settings, horizon, { from: horizon === null ? shortest.sequences : 1, to, sequences: shortest.sequences });
  const emitted = E.isRight(found) ? found : ordinary;
  // What the data are too short for is told where the script reads them.
  const few = emitted.right.least.find(({ of, steps, most }) => steps > most || (of === "sequences" && steps > (request.shortest ?? Infinity)));
  return few === undefined ? emitted : E.left([diagnose(lackedByRows, `${few.of} of fewer than ${String(few.steps)} steps do not have what is computed of the whole batch`, [{ at: few.at, text: "on the way to this" }], { help: few.of === "windows" ? "Another `back` in `@horizon` may leave no such window." : "Leave such sequences out of the data." })]);
};

/** `short`: there may be sequences, or windows, of fewer steps than the text is written for otherwise. */
const emitOf = (compiled: Compiled, request: PytorchRequest, settings: ScriptSettings | null, horizon: Horizon | null, short: Short | null): E.Either<Diagnostics, Emitted> => {
  const { name, folder: _, absolute: __, data: ___, gradients, adjoints = [], ...more } = request;
  const isExplicit = gradients === "explicit" && compiled.program.objectives.length > 0;
  const lengths = compiled.inputs.some((input) => input.timed && input.length !== undefined && compiled.data?.train.has(input.length) === true);
  const wanted = adjoints.flatMap((one) => primal(compiled.program, one) ?? []);
  const isManyfold = (program: Program) => (objective: Objective): boolean => !isExplicit && objective.tag === "ascend" && objective.from.length > 0 && !hasOneCopy(program, compiled.env, objective);
  /** As autograd takes it. */
  const expanded = (program: Program, starts: readonly NodeId[] = []): E.Either<Diagnostics, Surrogates> => {
    const by = (calls: ReadonlySet<CallId>): E.Either<Diagnostics, Surrogates> => E.map(({ program: one, replaced }: Surrogates): Surrogates => ({ program: expand(one, compiled.env, lowered(more)), replaced }))(
      withSurrogates(program, compiled.env, { isChosen: isManyfold(program), calls, wanted: [...wanted, ...starts] }));
    return E.chain((one: Surrogates) => {
      const calls: ReadonlySet<CallId> = isExplicit ? new Set() : beyondAutograd(one.program, compiled.env, horizon !== null);
      return calls.size === 0 ? E.right(one) : by(calls);
    })(by(new Set()));
  };
  const equationsOf = (program: Program, moving: readonly ParamId[] = []): E.Either<Diagnostics, Program | null> => (!isExplicit ? E.right(null)
    : E.map((found: Program) => expand(found, compiled.env, loweredExplicitly(more.lowerings)))(differentiateFor({ wanted, moving }).run(program)(compiled.env)));
  const programs = programsOf(compiled, horizon, isExplicit, short);
  if (E.isLeft(programs)) return programs;
  const { whole, window, parts, short: least } = programs.right;
  const equations = equationsOf(whole);
  if (E.isLeft(equations)) return equations;
  const [first, ...behind] = parts?.parts ?? [];
  const later: PartsRequest["later"][number][] = [], surrogates: Surrogates["replaced"][] = [];
  for (const part of behind) {
    const own = equationsOf(part.program, equations.right?.updates?.map((update) => update.param));
    if (E.isLeft(own)) return own;
    const printed = expanded(part.program);
    if (E.isLeft(printed)) return printed;
    surrogates.push(printed.right.replaced);
    later.push({ part, program: printed.right.program, equations: own.right });
  }
  const printed = expanded(whole, window?.carried.flatMap(({ start, input }) => (start === null ? [] : [input])));
  if (E.isLeft(printed)) return printed;
  surrogates.push(printed.right.replaced);
  return emit(printed.right.program, {
    ...more, ...(lengths || (short !== null && least !== null) ? { ragged: true } : {}), ...(short === null || least === null ? {} : { short: least }), name, source: compiled.source, adjoints, ...(surrogates.some((one) => one !== null) ? { surrogates: printed.right.replaced ?? { beside: new Map(), means: new Map(), functions: [] } } : {}), ...(settings === null ? {} : { settings }),
    ...(equations.right === null ? {} : { explicit: { program: equations.right } }),
    ...(window === undefined ? {} : { window }), ...(parts === undefined || first === undefined ? {} : { parts: { ...parts, first, later } }),
  })(compiled.env);
};
