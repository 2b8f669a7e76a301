/** What holds of any program over time by the interpreter alone. Each gives what is wrong, or null. */
import { near, numbersFrom } from "@sequent/conformance";
import type { Batch, Interpreter } from "@sequent/interpreter";
import { crossing, print, programFromJson, programToJson, windowAt, windowsOf } from "@sequent/ir";
import type { Env, Horizon, NodeId, Program, Tensor } from "@sequent/ir";
import { readProgram } from "@sequent/parser";
import { schedulePass } from "@sequent/transform-time";
import * as E from "fp-ts/lib/Either.js";
import { isSeries, isTensor } from "../../../src/shown.js";
import type { Value } from "../../../src/shown.js";
import { readTooEarly } from "./in-order.js";
import { batchOver, comparedNames, dataOf, differ, interpreterOf, numbersIn, observeOverTime, rowAt, statesOf, timeSubject, valuesOf, weightsOf } from "./subject.js";
import type { TimeObservation, TimeSubject } from "./subject.js";

export type Property = (subject: TimeSubject, env: Env) => string | null;

const close = (tolerance: number) => (a: number, b: number): boolean => near(a, b, tolerance);
const exactly = (a: number, b: number): boolean => Object.is(a, b) || a === b;

/** Where two observations differ. */
export const compareAll = (a: TimeObservation, b: TimeObservation, same: (x: number, y: number) => boolean): string | null => {
  if (!same(a.loss, b.loss)) return `loss: ${String(a.loss)} and ${String(b.loss)}`;
  for (const [name, value] of a.values) {
    const other = b.values.get(name);
    const found = other === undefined ? "missing" : differ(value, other, same);
    if (found !== null) return `${name} ${found}`;
  }
  for (const [name, value] of a.after) {
    const other = b.after.get(name);
    const found = other === undefined ? "missing" : differ(value, other, same);
    if (found !== null) return `${name} after Updates: ${found}`;
  }
  return null;
};

const observed = (subject: TimeSubject, env: Env, batch: Batch = subject.batch): TimeObservation => observeOverTime(subject, env, comparedNames(subject), subject.trained, batch);

/** What moves along a random direction: weights and, but in windows, which read earlier inputs as constants, inputs that are no targets. */
interface Moving {
  readonly id: NodeId;
  readonly name: string;
  readonly value: Tensor;
  readonly by: Float64Array;
}

const movingOf = ({ trained, batch, generated }: TimeSubject, interpreter: Interpreter, inputs: boolean): readonly Moving[] => {
  const next = numbersFrom(11);
  return trained.nodes.flatMap((node, id): Moving[] => {
    const param = node.tag === "param" ? trained.params[node.param] : undefined;
    const free = inputs && node.tag === "input" && generated.inputs.some((one) => one.name === node.name && !one.held && one.classes === null);
    const value = node.tag === "param" ? interpreter.params()[node.param] : node.tag === "input" && free ? batch.inputs.get(node.name) : undefined;
    if (value === undefined || (param !== undefined && param.role !== "weight")) return [];
    return [{ id, name: param?.name ?? (node.tag === "input" ? node.name : ""), value, by: Float64Array.from(value.data, () => 2 * next() - 1) }];
  });
};

/** Programs whose gradient is not the derivative of their loss, on purpose. */
const OTHERWISE = ["nograd over time", "ascend over time"];
export const isDerivative = ({ generated }: TimeSubject): boolean => OTHERWISE.every((tag) => !generated.tags.has(tag));

const STEPS = [1e-3, 1e-4, 1e-5] as const;

/** The slope of the loss along a direction by adjoint equations and by central differences. */
const slopes = (subject: TimeSubject, env: Env, batch: Batch, prepare: (interpreter: Interpreter) => void): string | null => {
  const { trained } = subject;
  const interpreter = interpreterOf(subject, env), loss = trained.loss ?? null;
  if (loss === null) return null;
  const moving = movingOf(subject, interpreter, batch.window === undefined);
  prepare(interpreter);
  const gradients = valuesOf(trained, interpreter, moving.map(({ name }) => `^${name}`), batch);
  let exact = 0;
  for (const { name, value, by } of moving) exact += along(gradients.get(`^${name}`), value, by, batch, subject.generated.start);
  const at = (h: number): number => {
    const inputs = new Map(batch.inputs);
    for (const { id, name, value, by } of moving) {
      const moved: Tensor = { ...value, data: Float64Array.from(value.data, (x, k) => x + h * (by[k] ?? 0)) };
      const node = trained.nodes[id];
      if (node?.tag === "param") interpreter.setParam(node.param, moved);
      else inputs.set(name, moved);
    }
    prepare(interpreter);
    return interpreter.evaluate([loss], { ...batch, inputs }, "train")[0]?.data[0] ?? NaN;
  };
  const central = (h: number): number => (at(h) - at(-h)) / (2 * h);
  // Richardson's extrapolation: the error is of fourth order.
  const numerics = STEPS.map((h) => (4 * central(h / 2) - central(h)) / 3);
  const best = numerics.reduce((a, b) => (Math.abs(b - exact) < Math.abs(a - exact) ? b : a));
  return near(exact, best, 1e-6) ? null : `the slope is ${String(exact)} by the adjoints and ${String(best)} by differences`;
};

/** The product of a gradient and a direction; of an input over time the axes are rows, steps, features. */
const along = (gradient: Value | undefined, value: Tensor, by: Float64Array, batch: Batch, start: number): number => {
  if (gradient === undefined) return 0;
  const dot = (g: ArrayLike<number>, from: number): number => Array.from(g).reduce((sum, x, i) => sum + x * (by[from + i] ?? 0), 0);
  const size = value.data.length / value.rows;
  if (isTensor(gradient)) return dot(gradient.data, 0);
  if (!isSeries(gradient)) return gradient.reduce((sum, row, r) => sum + (row === null ? 0 : dot(row.data, r * size)), 0);
  const steps = value.shape[0] ?? 1, per = size / steps;
  let sum = 0;
  gradient.steps.forEach((rows, k) => {
    rows.forEach((row, r) => { if (row !== null) sum += dot(row.data, r * size + (gradient.from + k - start) * per); });
  });
  return sum;
};

export const gradientsAreDerivatives: Property = (subject, env) => (isDerivative(subject) ? slopes(subject, env, subject.batch, () => undefined) : null);

const horizonOf = ({ generated }: TimeSubject): Horizon | null => generated.horizon;

/** Of each window alone, what the one before has left being constant. */
export const windowGradientsAreDerivatives: Property = (subject, env) => {
  const horizon = horizonOf(subject), { generated, trained, batch } = subject;
  if (horizon === null || horizon.burnIn > 0 || !isDerivative(subject)) return null;
  const carrier = interpreterOf(subject, env);
  for (let window = 0; window < windowsOf(horizon, Math.max(...generated.last) - generated.start + 1); window += 1) {
    const entries = carrier.carried();
    const wrong = slopes(subject, env, { ...batch, window }, (interpreter) => { interpreter.setCarried(entries); });
    if (wrong !== null) return `window ${String(window)}: ${wrong}`;
    carrier.observe(everything(trained), { ...batch, window }, "train");
  }
  return null;
};

/** What a window must have computed for the next: all that an Update reads. */
const everything = (program: Program): readonly NodeId[] => [...(program.loss === null || program.loss === undefined ? [] : [program.loss.node]), ...(program.updates ?? []).map((one) => one.next.node)];

/** N windows in turn give the values of one pass. */
export const windowsAreOnePass = (mangle: (entries: ReturnType<Interpreter["carried"]>) => ReturnType<Interpreter["carried"]> = (entries) => entries): Property => (subject, env) => {
  const horizon = horizonOf(subject), { generated, trained, batch } = subject;
  if (horizon === null) return null;
  const names = statesOf(trained).filter((name) => (generated.reach.get(name) ?? Infinity) <= horizon.ahead);
  const whole = valuesOf(trained, interpreterOf(subject, env), names, batch);
  const interpreter = interpreterOf(subject, env);
  for (let number = 0; number < windowsOf(horizon, Math.max(...generated.last) - generated.start + 1); number += 1) {
    interpreter.setCarried(mangle(interpreter.carried()));
    const parts = valuesOf(trained, interpreter, names, { ...batch, window: number });
    const window = windowAt(horizon, generated.start, number);
    for (const name of names) {
      const all = whole.get(name), part = parts.get(name);
      if (all === undefined || part === undefined || !isSeries(all) || !isSeries(part)) continue;
      for (let t = window.first; t <= window.counts; t += 1) {
        for (let r = 0; r < batch.rows; r += 1) {
          // A row whose sequence has ended is not in the window.
          if (number > 0 && (generated.last[r] ?? 0) < window.first) continue;
          const [a, b] = [rowAt(all, t, r), rowAt(part, t, r)];
          if ((a === null) !== (b === null) || (a !== null && a.data.some((x, i) => !near(x, b?.data[i] ?? NaN, 1e-12)))) {
            return `window ${String(number)}, ${name} at step ${String(t)}, row ${String(r)}: in one pass ${a === null ? "nothing" : String([...a.data])}, in windows ${b === null ? "nothing" : String([...b.data])}`;
          }
        }
      }
    }
  }
  return null;
};

/** What padding holds is nobody's business. */
export const paddingIsNeverRead: Property = (subject, env) => {
  if (!subject.generated.ragged) return null;
  const padded = batchOver(subject.generated, dataOf(subject.generated, subject.seed, NaN));
  return compareAll(observed(subject, env), observed(subject, env, padded), exactly);
};

/** In sequences that are not short the intervals of `infer-domains` are what the equations say by themselves. */
export const intervalsAreWhatEquationsSay: Property = (subject, env) => {
  const { domains: _, ...trained } = subject.trained;
  if (Math.min(...subject.generated.last) < crossing(subject.trained).least) return null;
  return compareAll(observed(subject, env), observed({ ...subject, trained }, env), exactly);
};

const oneRow = (batch: Batch, row: number): Batch => ({
  rows: 1, samples: batch.samples.slice(row, row + 1), ...(batch.from === undefined ? {} : { from: batch.from }), ...(batch.last === undefined ? {} : { last: batch.last.slice(row, row + 1) }),
  inputs: new Map([...batch.inputs].map(([name, x]) => {
    const size = x.data.length / x.rows;
    return [name, { ...x, rows: 1, data: x.data.slice(row * size, (row + 1) * size) }];
  })),
});

const instances = (value: Value | undefined): number => (value === undefined ? 0 : isTensor(value) ? value.rows : (isSeries(value) ? value.steps.flat() : value).filter((row) => row !== null).length);

/** Each row of a batch is what it is alone, and means are weighted by how many instances each has. */
export const batchesSplit: Property = (subject, env) => {
  const { batch, trained } = subject;
  if (batch.rows === 1) return null;
  const names = statesOf(trained), interpreter = interpreterOf(subject, env);
  const whole = valuesOf(trained, interpreter, names, batch);
  const statements = trained.objectives.map((one) => ({ value: one.value ?? 0, mean: one.mean ?? 0 }));
  const nodes = statements.flatMap(({ value, mean }) => [value, mean]);
  const together = interpreter.observe(nodes, batch, "train");
  const sums = statements.map(() => 0), counts = statements.map(() => 0);
  const weights = weightsOf(trained).map((name) => `^${name}`);
  const gradients = valuesOf(trained, interpreter, weights, batch);
  const gradientSums = new Map(weights.map((name) => [name, new Float64Array(numbersIn(gradients.get(name)).length)]));
  for (let r = 0; r < batch.rows; r += 1) {
    const own = oneRow(batch, r);
    const alone = valuesOf(trained, interpreter, names, own);
    for (const [name, value] of whole) {
      const other = alone.get(name);
      const mine: Value = isTensor(value) ? { ...value, rows: 1, data: value.batched ? value.data.slice(r * value.data.length / value.rows, (r + 1) * value.data.length / value.rows) : value.data }
        : isSeries(value) ? { from: value.from, steps: value.steps.map((rows) => [rows[r] ?? null]) } : [value[r] ?? null];
      const found = other === undefined ? "missing" : differ(mine, other, close(1e-12));
      if (found !== null) return `${name}, row ${String(r)} together and alone: ${found}`;
    }
    const found = interpreter.observe(nodes, own, "train");
    statements.forEach((_, k) => {
      const n = instances(found[2 * k]);
      counts[k] = (counts[k] ?? 0) + n;
      if (n > 0) sums[k] = (sums[k] ?? 0) + n * (numbersIn(found[2 * k + 1])[0] ?? NaN);
    });
    for (const [name, value] of valuesOf(trained, interpreter, weights, own)) numbersIn(value).forEach((g, i) => { const sum = gradientSums.get(name); if (sum !== undefined) sum[i] = (sum[i] ?? 0) + g / batch.rows; });
  }
  for (const [k] of statements.entries()) {
    const mean = numbersIn(together[2 * k + 1])[0] ?? NaN, expected = (counts[k] ?? 0) === 0 ? 0 : (sums[k] ?? 0) / (counts[k] ?? 1);
    if (instances(together[2 * k]) !== counts[k] || !near(mean, expected, 1e-11)) return `statement ${String(k)}: the mean ${String(mean)} of ${String(instances(together[2 * k]))} is ${String(expected)} of ${String(counts[k])} row by row`;
  }
  // Rows of one length count as much as each other.
  if (new Set(subject.generated.last).size === 1) {
    for (const [name, sum] of gradientSums) {
      const all = numbersIn(gradients.get(name));
      if (all.some((g, i) => !near(g, sum[i] ?? NaN, 1e-11))) return `${name}: ${String(all)} together, ${String([...sum])} as the mean of rows`;
    }
  }
  return null;
};

/** An equation for another step is the equation, shifted. */
export const shiftsDoNotMatter: Property = (subject, env) => {
  const again = timeSubject({ ...subject.generated, text: subject.generated.shifted }, env, subject.seed);
  if (E.isLeft(again)) return `${again.left.map((one) => `${one.code} ${one.message}`).join("; ")}\n${subject.generated.shifted}`;
  const found = compareAll(observed(subject, env), observeOverTime(again.right, env, comparedNames(subject)), close(1e-13));
  return found === null ? null : `${found}\n${subject.generated.shifted}`;
};

const mirrorTensor = (x: Tensor, start: number, last: ArrayLike<number>): Tensor => {
  const data = x.data.slice(), size = data.length / x.rows, per = size / (x.shape[0] ?? 1);
  for (let r = 0; r < x.rows; r += 1) {
    const end = last[r] ?? 0;
    for (let t = start; t <= end; t += 1) data.set(x.data.subarray(r * size + (t - start) * per, r * size + (t - start + 1) * per), r * size + (end - t) * per);
  }
  return { ...x, data };
};

/** The mirrored program on sequences that run the other way gives mirrored values, and the same loss and gradients. */
export const reversesWithItsData: Property = (subject, env) => {
  const { generated, batch } = subject;
  if (generated.mirrored === null) return null;
  const again = timeSubject({ ...generated, text: generated.mirrored }, env, subject.seed);
  if (E.isLeft(again)) return `${again.left.map((one) => `${one.code} ${one.message}`).join("; ")}\n${generated.mirrored}`;
  const timed = new Set(generated.inputs.flatMap((one) => (one.timed ? [one.name] : [])));
  const inputs = new Map([...batch.inputs].map(([name, x]) => [name, timed.has(name) ? mirrorTensor(x, generated.start, generated.last) : x]));
  const ours = observed(subject, env), theirs = observeOverTime(again.right, env, comparedNames(subject), again.right.trained, { ...batch, inputs });
  const back = (value: Value): Value => {
    if (!isSeries(value)) return value;
    const from = -1, steps = Array.from({ length: generated.end + 3 }, (_, k) => Array.from({ length: batch.rows }, (_row, r) => rowAt(value, (generated.last[r] ?? 0) - (from + k), r)));
    return { from, steps };
  };
  const found = compareAll(ours, { ...theirs, values: new Map([...theirs.values].map(([name, value]) => [name, back(value)])) }, close(1e-10));
  return found === null ? null : `${found}\n${generated.mirrored}`;
};

/** A stage that is printed or written as JSON is the same program when it is read again. */
export const readsBack: Property = (subject, env) => {
  for (const stage of [subject.compiled.program, scheduled(subject, env)]) {
    const text = print(stage, env), again = readProgram(text, env);
    if (E.isLeft(again)) return `${again.left[0].message}\n${text}`;
    if (print(again.right, env) !== text) return `a stage does not print again as it was\n${text}`;
    const json = JSON.stringify(programToJson(stage)), other = programFromJson(JSON.parse(json));
    if (E.isLeft(other) || JSON.stringify(programToJson(other.right)) !== json) return `a stage is not the same after JSON\n${text}`;
  }
  const again = readProgram(print(subject.trained, env), env);
  if (E.isLeft(again)) return again.left[0].message;
  return compareAll(observed(subject, env), observeOverTime(subject, env, comparedNames(subject), again.right), exactly);
};

const scheduled = ({ trained }: TimeSubject, env: Env): Program => {
  const made = schedulePass.run(trained)(env);
  if (E.isLeft(made)) throw new Error(made.left[0].message);
  return made.right;
};

/** The schedule computes nothing before what it reads. */
export const schedulesInOrder: Property = (subject, env) => {
  const program = scheduled(subject, env);
  return readTooEarly(program, 7);
};
