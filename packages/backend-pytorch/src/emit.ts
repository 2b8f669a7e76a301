/** The backend: a checked program to the files of a PyTorch program. */
import * as E from "fp-ts/lib/Either.js";
import type { ReaderEither } from "fp-ts/lib/ReaderEither.js";
import { crossing, diagnose, FIRST_STEP, horizonOf, invariant, NOWHERE } from "@sequent/ir";
import type { AnyOp, Backend, Diagnostic, Diagnostics, Env, ParamId, Program, Span } from "@sequent/ir";
import { isWindowInput, laterBy } from "@sequent/transform-time";
import { noLowering, noTransformLowering } from "./diagnostics.js";
import { LOWERINGS, tableOf } from "./lowerings/index.js";
import { explicitLowerings, surrogateLowerings } from "./explicit/lowerings.js";
import type { Lowering, Lowerings } from "./lowerings/lowering.js";
import type { TransformLowering, TransformLowerings } from "./lowerings/transform.js";
import { TRANSFORMS, transformTable } from "./lowerings/transforms.js";
import { identifier } from "./model/identifier.js";
import { isOverTime } from "./time/plan.js";
import { emitModel } from "./model/model.js";
import { NO_SURROGATES } from "./model/emission.js";
import type { Surrogates } from "./model/emission.js";
import type { EmittedModel } from "./model/model.js";
import { beyondAutograd } from "./time/stated.js";
import { partPlan, windowPlan } from "./time/window.js";
import type { PartsRequest, WindowPlan, WindowRequest } from "./time/window.js";
import { drawsOfInitial, printInitial } from "./train/initial.js";
import { drawsIn, printPhilox } from "./train/philox.js";
import { printScript } from "./train/script/script.js";
import type { Script, ScriptSettings } from "./train/script/facts.js";

export interface PytorchOptions {
  readonly name: string;
  /** The user's text, for the comments. */
  readonly source: string;
  readonly random?: "philox" | "torch";
  /** Whether rows have sequences of their own lengths: functions take `lengths`, the last step of each row. */
  readonly ragged?: boolean;
  /** The steps of the shortest sequence, where the data are known. */
  readonly shortest?: number;
  /**
   * Sequences, or windows, may have so few steps that those counted from their two ends cross, but no fewer than this: they are padded, and
   * `lengths` says how long they are. The means of the program leave out what they lack (`withShortRows`).
   */
  readonly short?: number;
  /** States that the caller wants to see beside those that losses and metrics need. */
  readonly show?: readonly string[];
  /** What `train.py` is written for; without it there is none. */
  readonly settings?: ScriptSettings;
  /**
   * States and inputs whose gradients the caller takes, by autograd or from `step`, beside those of the weights. The text is then not what
   * a user would write: it says `.detach()` where only they would notice, and makes a tensor of its own of each of them.
   */
  readonly adjoints?: readonly string[];
  /** For gradients by our own equations (`step`) in place of autograd's: the program differentiated. */
  readonly explicit?: { readonly program: Program };
  /** Some gradients are computed by our equations (`withSurrogates` of transform-autodiff). */
  readonly surrogates?: Surrogates;
  /** For a program of one window: what it is given and leaves. `explicit` is of the same. */
  readonly window?: WindowRequest;
  /** For a program in parts: the program is that of the first window. */
  readonly parts?: PartsRequest;
  /** Lowerings of someone outside, before ours. */
  readonly lowerings?: readonly Lowering[];
  readonly transforms?: readonly TransformLowering[];
}

/** How many steps sequences, or windows, must have for the text to be right; windows have `most` where they are longest. */
export interface Least {
  readonly of: "sequences" | "windows";
  readonly steps: number;
  readonly most: number;
  readonly at: Span;
}

/** The files, and what a harness must know of the model. */
export interface Emitted {
  readonly files: ReadonlyMap<string, string>;
  readonly model: EmittedModel;
  /** Of whole sequences, and of the windows of each part. */
  readonly least: readonly Least[];
  /** The last step that rows are padded to where that is less; null: they are as they come. */
  readonly padded: number | null;
}

const tables = (options: PytorchOptions) => ({
  lowerings: tableOf([...(options.surrogates !== undefined ? surrogateLowerings : LOWERINGS), ...(options.lowerings ?? [])]),
  transforms: transformTable([...TRANSFORMS, ...(options.transforms ?? [])]),
});

/** Ops that need no expansion, for the pass that comes before. */
export const lowered = (options: Pick<PytorchOptions, "lowerings"> = {}): ((op: AnyOp) => boolean) => {
  const table = tableOf([...LOWERINGS, ...(options.lowerings ?? [])]);
  return (op) => table.has(op.name) || op.forward.tag === "primitive";
};

/** Everything that PyTorch has no words for yet, each with the line to add. */
const missing = (program: Program, lowerings: Lowerings, transforms: TransformLowerings | null): readonly Diagnostic[] => {
  const places = new Map<string, Diagnostic>();
  const tell = (key: string, at: Span, make: (at: Span) => Diagnostic): void => {
    if (!places.has(key)) places.set(key, make(at));
  };
  program.nodes.forEach((node, id) => {
    if (node.tag !== "op" || lowerings.has(node.op)) return;
    tell(node.op, program.spans[id] ?? NOWHERE, (at) =>
      diagnose(noLowering, `PyTorch has no lowering of ${node.op}`, [{ at, text: "used here" }],
        { help: `Add \`lower("${node.op}", (use) => …)\` to the lowerings that you pass to the backend.` }));
  });
  const used = [
    ...program.treatments.map((one) => ({ name: one.transform, at: one.span })),
    ...program.calls.flatMap((call) => (call.override?.tag === "transform" ? [{ name: call.override.transform, at: call.span }] : [])),
  ];
  for (const { name, at } of used) {
    if (transforms === null || transforms.has(name)) continue;
    tell(`transform ${name}`, at, (place) =>
      diagnose(noTransformLowering, `PyTorch has no lowering of the transform ${name}`, [{ at: place, text: "used here" }],
        { help: `Add \`{ transform: "${name}", … }\` to the transforms that you pass to the backend.` }));
  }
  return [...places.values()];
};

/** One program of the emitted model, with its gradients by our own equations, if these are asked for. */
interface Printing {
  readonly program: Program;
  readonly equations: Program | null;
  readonly window: WindowPlan | null;
  /** The steps of the shortest row, where some are so short that they are padded; null: none is. */
  readonly short: number | null;
  /** The weights that each batch of later windows reaches. */
  readonly reachedLater: readonly ReadonlySet<ParamId>[];
}

interface Printed {
  readonly model: EmittedModel;
  readonly padded: number | null;
  readonly least: Least;
}

/** More steps than any text for padded rows needs. */
const SETTLED = 1000;

const printOne = (options: PytorchOptions, env: Env, { program, equations, window, reachedLater, short }: Printing): E.Either<Diagnostics, Printed> => {
  const { lowerings, transforms } = tables(options);
  const explicit = equations === null ? undefined : { program: equations, lowerings: explicitLowerings(options.lowerings) };
  // Our own equations need no words for transforms: they are what the transforms made.
  const [first, ...rest] = explicit === undefined ? missing(program, lowerings, transforms)
    : [...missing(program, lowerings, null), ...missing(explicit.program, explicit.lowerings, null)];
  if (first !== undefined) return E.left([first, ...rest]);
  invariant(equations !== null || beyondAutograd(program, env, window !== null).size === 0, "gradients that autograd can't take are equations by now");
  const at = program.objectives[0]?.span ?? NOWHERE;
  const print = (padded: number | null): EmittedModel => emitModel(program, env, {
    name: options.name, source: options.source, random: options.random ?? "philox", show: options.show ?? [], adjoints: options.adjoints ?? [], shortest: options.shortest ?? null,
    ragged: options.ragged === true && isOverTime(program), window, reachedLater, surrogates: options.surrogates ?? NO_SURROGATES, keep: horizonOf(program)?.back ?? null, padded,
  }, lowerings, transforms, explicit);
  const wanted = crossing(equations ?? program);
  const leastOf = (model: EmittedModel): number => (isOverTime(program) ? Math.max(1, model.least.steps, wanted.least) : 1);
  const printed = (): { readonly model: EmittedModel; readonly padded: number | null } => {
    if (short === null) return { model: print(null), padded: null };
    // Text for rows that are padded may ask for more.
    for (let padded = wanted.least; ;) {
      const model = print(padded);
      if (leastOf(model) <= padded) return { model, padded };
      invariant(padded < SETTLED, "text for padded rows asks for a number of steps that it comes to");
      padded = leastOf(model);
    }
  };
  const { model, padded } = printed();
  // A window counts its steps from `first` on.
  const moved = window === null ? 0 : window.first - FIRST_STEP;
  // The first window is as long as it can be; the last one of a sequence may have a step alone.
  const most = window === null ? Infinity : window.horizon.back + (window.row === 0 ? window.horizon.ahead : 0);
  const steps = short ?? Math.max(1, leastOf(model) - moved);
  return E.right({ model, padded, least: { of: window === null ? "sequences" : "windows", steps, most, at: model.least.steps > wanted.least || wanted.at === null ? at : ((equations ?? program).spans[wanted.at] ?? NOWHERE) } });
};

/** The models of windows behind the first, by the names of their modules. */
type Later = ReadonlyMap<string, Printed & { readonly row: number }>;

const printLater = (options: PytorchOptions, env: Env): E.Either<Diagnostics, Later> => {
  // What stands in the place of what is told of the first program alone.
  const { parts } = options, own: PytorchOptions = options.surrogates === undefined ? options : { ...options, surrogates: NO_SURROGATES }, later = new Map<string, Printed & { readonly row: number }>();
  for (const { part, program, equations } of parts?.later ?? []) {
    if (parts === undefined) continue;
    const printed = printOne(own, env, { program, equations, window: partPlan(parts, part), reachedLater: [], short: options.short === undefined ? null : (part.least ?? options.short) });
    if (E.isLeft(printed)) return printed;
    later.set(part === parts.later.at(-1)?.part ? "behind" : `behind_${String(part.row)}`, { ...printed.right, row: part.row });
  }
  return E.right(later);
};

/** Prints a checked program (facts `typed` and `losses`) whose ops without a lowering have been expanded. Left: SQ0701, SQ0702. */
export const emit = (program: Program, options: PytorchOptions): ReaderEither<Env, Diagnostics, Emitted> => (env) => {
  const later = printLater(options, env);
  if (E.isLeft(later)) return later;
  const window = options.parts !== undefined ? partPlan(options.parts, options.parts.first) : options.window === undefined ? null : windowPlan(options.window);
  const whole = printOne(options, env, { program, equations: options.explicit?.program ?? null, window, short: options.short === undefined ? null : (options.parts?.first.least ?? options.short), reachedLater: [...later.right.values()].map(({ model }) => model.reached) });
  if (E.isLeft(whole)) return whole;
  const { model } = whole.right, leastSequence = Math.max((options.window ?? options.parts)?.leastSequence ?? 1, ...leastByRow(whole.right, later.right)), random = options.random ?? "philox";
  const files = new Map([["model.py", model.text], ...[...later.right].map(([name, one]) => [`${name}.py`, one.model.text] as const)]);
  // A weight is drawn from the stream of its own name, whatever Python calls it; a copy has none.
  const named: Program = {
    ...program, params: program.params.map((param) => (param.role === "copy" ? { ...param, name: model.renamed.get(param.name) ?? param.name } : param)),
  };
  const initial = random === "philox" ? printInitial(named, model.renamed) : null;
  if (initial !== null) files.set("initial.py", initial);
  const draws = random === "philox" ? [...[...files.values()].flatMap(drawsIn), ...drawsOfInitial(named)] : [];
  if (options.settings !== undefined) {
    const script = printScript({
      name: options.name, model, inputs: inputsOf(program), random, hasInitial: initial !== null, settings: options.settings, hasLengths: options.ragged === true,
      overBatch: options.explicit === undefined ? [...overBatch(program, env), ...(options.surrogates?.functions ?? []).map((name) => `the gradient of ${name}`)] : [],
      leastRows: leastRows(program, env),
      leastSteps: ([...later.right.values()].at(-1) ?? whole.right).least.steps,
      windows: window === null ? null : scriptWindows(program, window, leastSequence, options.short !== undefined),
      later: [...later.right].map(([name, one]) => ({ name, row: one.row, model: one.model })),
    });
    files.set("train.py", script.text);
    draws.push(...script.draws);
  }
  const philox = printPhilox(draws);
  if (philox !== null) files.set("philox.py", philox);
  return E.right({ files, model, least: [...(window === null ? [] : [{ ...whole.right.least, of: "sequences" as const, steps: leastSequence, most: Infinity }]), ...[whole.right, ...later.right.values()].map(({ least }) => least)], padded: whole.right.padded });
};

/** The steps of the shortest sequence that has whole windows at the first rows, where the text wants more than one step there. */
const leastByRow = (whole: Printed, later: Later): readonly number[] =>
  later.size === 0 ? [] : [whole.least.steps, ...[...later.values()].slice(0, -1).map(({ least: { steps }, row }) => (steps > 1 ? row + steps : 1))];

/** The windows of the script. */
const scriptWindows = (program: Program, { horizon, first, froms, fields, causal, from }: WindowPlan, leastSequence: number, isShort: boolean) => ({
  leastSequence, causal, laterBy: laterBy(from),
  horizon, masks: froms, moved: first - FIRST_STEP,
  fields: fields.map(({ field, name, steps, of, begins, least }) => {
    const node = program.nodes[of], upper = (program.domains ?? [])[of]?.time?.upper;
    return { field, name, steps, begins, least: isShort ? least : 0, ends: upper?.from === "T" ? upper.plus : 0, input: node?.tag === "input" ? node.name : null };
  }),
});

/** Inputs as the script reads them. */
const inputsOf = (program: Program) =>
  program.nodes.flatMap((node, id) => {
    const type = program.types?.[id]?.[0];
    if (node.tag !== "input" || type === undefined || node.name.startsWith("^") || isWindowInput(node.name)) return [];
    return [{ name: node.name, argument: identifier(node.name), shape: type.shape.map(Number), classes: type.dtype === "int" ? (type.classes ?? 0) : null, timed: node.time === true }];
  });

/** Functions whose values depend on the whole batch, so that processes can't share it out. */
const overBatch = (program: Program, env: Env): readonly string[] => [
  ...new Set(program.nodes.flatMap((node) => (node.tag === "op" && env.ops.get(node.op)?.overBatch === true ? [node.op.slice(node.op.indexOf(".") + 1)] : []))),
];

/** The function that wants most samples at once in train mode, if one wants several. */
const leastRows = (program: Program, env: Env): Script["leastRows"] => {
  const wants = program.nodes.flatMap((node) => {
    if (node.tag !== "op") return [];
    const types = node.ins.flatMap((x) => program.types?.[x.node]?.[0] ?? []);
    return [{ op: node.op.slice(node.op.indexOf(".") + 1), rows: env.ops.get(node.op)?.leastRows?.(types) ?? 1 }];
  });
  return wants.filter((one) => one.rows > 1).sort((a, b) => b.rows - a.rows)[0] ?? null;
};

export const pytorch: Backend<PytorchOptions> = {
  name: "pytorch",
  doc: "Readable PyTorch: model.py and train.py.",
  lowers: new Set(LOWERINGS.map((lowering) => lowering.op)),
  requires: ["typed", "losses"],
  emit: (program, options) => (env) => E.map((emitted: Emitted) => emitted.files)(emit(program, options)(env)),
};
