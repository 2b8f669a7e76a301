/** Windows: with fixed parameters they give the values of one pass; lookahead makes backward scans exact in the limit. */
import { read } from "@sequent/ir";
import type { Series } from "@sequent/interpreter";
import { describe, expect, it } from "vitest";
import { arraysOf, gradientsOf, lossOf, subject } from "./support.js";
import type { Sequences, Subject } from "./support.js";

const DATA: Sequences = { rows: 3, steps: 11, timed: { x: [2], y: [2] }, lengths: [11, 4, 8] };
const RNN = "x_t : [2]\ny_t : [2]\nC : dense[3]\n0 -> h_0\nh_{t-1}|x_t --[C|tanh]-> h_t\nh_t|h_{t-2} --[M]-> p_t => y_t\n";
const LAGS = "x_t : [2]\ny_t : [2]\nC : dense[3]\n0 -> h_0\nh_{t-1}|x_t --[C|tanh]-> h_t\nflatten(h_{t-3..t})|h_0|h_1|x_{t-1} --[M]-> p_t => y_t\n";

const rowsOf = (series: Series): ReadonlyMap<string, readonly number[]> =>
  new Map(series.steps.flatMap((rows, k) => rows.flatMap((row, r) => (row === null ? [] : [[`${String(series.from + k)} ${String(r)}`, [...row.data]] as const]))));

const observed = (one: Subject, name: string, window?: number): ReadonlyMap<string, readonly number[]> => {
  const [value] = one.interpreter.observe([one.node(name)], window === undefined ? one.batch : { ...one.batch, window }, "eval");
  if (value === undefined || !("steps" in value)) throw new Error(`${name} has no time`);
  return rowsOf(value);
};

const close = (a: ReadonlyMap<string, readonly number[]>, b: ReadonlyMap<string, readonly number[]>): number => {
  let worst = a.size === b.size ? 0 : Infinity;
  for (const [key, row] of a) row.forEach((x, k) => {
    const difference = Math.abs(x - (b.get(key)?.[k] ?? NaN));
    worst = Number.isNaN(difference) ? Infinity : Math.max(worst, difference);
  });
  return worst;
};

describe("a window past the end of every row", () => {
  it("has no instances, and no loss or gradient", () => {
    const one = subject(`@horizon back=4\n${RNN}\n$ -0.1*sum(C(h_T|x_T))\n@metric m = mean(h_t)\n`, arraysOf(DATA));
    for (let window = 0; window < 3; window += 1) expect(observed(one, "p", window).size).toBeGreaterThan(0);
    for (const window of [3, 4, 1000]) {
      expect(observed(one, "p", window).size).toBe(0);
      expect(observed(one, "h", window).size).toBe(0);
    }
    const { program } = one;
    const ids = [...program.objectives, ...program.metrics].map((objective) => objective.mean ?? 0);
    const values = one.interpreter.observe(ids, { ...one.batch, window: 50 }, "eval");
    for (const value of values) expect("data" in value && [...value.data].every((x) => Number.isNaN(x) || x === 0)).toBe(true);
    const params = () => one.interpreter.params().map((x) => [...x.data]);
    const before = params();
    one.interpreter.update([], { ...one.batch, window: 50 });
    expect(params().flat().every(Number.isFinite)).toBe(true);
    expect(params().length).toBe(before.length);
  });
});

describe("windows with carried values", () => {
  it.each([
    ["an RNN that looks two steps back", RNN, "back=3"],
    ["with lookahead", RNN, "back=3 ahead=2"],
    ["with burn-in", RNN, "back=3 burn_in=2"],
    ["with a burn-in longer than the window", RNN, "back=2 burn_in=5"],
    ["one step at a time", RNN, "back=1"],
    ["ranges, and fixed steps", LAGS, "back=3"],
    ["ranges and fixed steps, all together", LAGS, "back=2 ahead=3 burn_in=1"],
  ])("give the values of one pass: %s", (_, source, horizon) => {
    const one = subject(`@horizon ${horizon}\n${source}`, arraysOf(DATA));
    const whole = observed(one, "p");
    const pieces = new Map<string, readonly number[]>();
    const K = Number(/back=(\d+)/.exec(horizon)?.[1]);
    for (let w = 0; w * K < 11; w += 1) for (const [key, row] of observed(one, "p", w)) {
      const step = Number(key.split(" ")[0]);
      if (step >= 1 + w * K && step <= (w + 1) * K) pieces.set(key, row);
      else if (w === 0 && step < 1) pieces.set(key, row);
    }
    // p looks two steps back and has no first step: 10, 3 and 7 instances.
    expect(whole.size).toBe(20);
    expect(close(whole, pieces)).toBeLessThan(1e-12);
  });

  it.each(["h_{T-1}", "h_{T-3}", "flatten(h_{T-2..T})", "flatten(h_{T-3..T-1})"])("what is read of the end of sequences is that of one pass, wherever the last window begins: %s", (last) => {
    for (const steps of [3, 4, 5, 6]) for (const back of [1, 2, 3]) {
      const text = `@horizon back=${String(back)}\nx_t : [2]\nz : [2]\nC : dense[3]\n0 -> h_0\nh_{t-1}|x_t --[C|tanh]-> h_t\n${last} --[M]-> p => z\n`;
      const one = subject(text, arraysOf({ rows: 2, steps, timed: { x: [2] }, plain: { z: [2] } }));
      const losses = Array.from({ length: Math.ceil(steps / back) }, (_, window) => lossOf({ ...one, batch: { ...one.batch, window } }));
      const whole = lossOf(one), name = `T=${String(steps)}, back=${String(back)}`;
      expect(whole, name).toBeGreaterThan(0);
      expect(losses.at(-1), name).toBeCloseTo(whole, 12);
      expect(losses.slice(0, -1).every((loss) => loss === 0), name).toBe(true);
    }
  });

  it("count each instance once: the losses of windows, weighted, are the loss", () => {
    const one = subject(`@horizon back=4\n${RNN}`, arraysOf(DATA));
    const value = one.program.objectives[0]?.value ?? -1;
    const counts = [0, 1, 2].map((window) => {
      const [series] = one.interpreter.observe([value], { ...one.batch, window }, "eval");
      return series !== undefined && "steps" in series ? [...rowsOf(series).values()].flat() : [];
    });
    const all = counts.flat();
    expect(all.reduce((sum, x) => sum + x, 0) / all.length).toBeCloseTo(lossOf(one), 12);
  });

  const keep = (...lines: readonly string[]): string => `x_t : [2]\ny_t : [2]\nC : dense[2]\nKeep: v\n${lines.map((line) => `    ${line}\n`).join("")}    return s_t\n`;
  const LATER = ["0 -> s_0", "0.5*s_{t-1} + v -> s_t", "0 -> g_{T+1}", "0.5*g_{t+1} + ^s_t -> g_t", "g_t -> ^v"], EARLIER = ["0 -> s_{T+1}", "0.5*s_{t+1} + v -> s_t", "0 -> g_0", "0.5*g_{t-1} + ^s_t -> g_t", "g_t -> ^v"];
  const ALONE = "x_t --[C|tanh|Keep]-> h_t\nh_t --[M]-> p_t => y_t\n";
  it.each([
    ["of an RNN", RNN, "back=4"],
    ["stated of later steps", keep(...LATER) + ALONE, "back=4"],
    ["stated of later steps, with lookahead", keep(...LATER) + ALONE, "back=4 ahead=1"],
    ["stated of later steps, in a recurrence, with lookahead", `${keep(...LATER)}0 -> h_0\nh_{t-1}|x_t --[C|tanh|Keep]-> h_t\n0 -> b_{T+1}\n0.4*b_{t+1} + h_t -> b_t\nb_t --[M]-> p_t => y_t\n`, "back=3 ahead=2"],
    ["stated of later steps, its result read before the window", keep(...LATER) + ALONE.replace("h_t --[M]", "h_t|h_{t-2} --[M]"), "back=4"],
    ["stated of earlier steps", keep(...EARLIER) + ALONE, "back=4"],
    ["stated of earlier steps, in a recurrence, with lookahead", `${keep(...EARLIER)}0 -> h_{T+1}\nh_{t+1}|x_t --[C|tanh|Keep]-> h_t\nh_t --[M]-> p_t => y_t\n`, "back=4 ahead=1"],
  ])("are truncated backpropagation, what was carried a constant: the gradient %s", (_, source, horizon) => {
    const one = subject(`@horizon ${horizon}\n${source}`, arraysOf(DATA));
    const id = one.program.params.findIndex((param) => param.name === "C.weight");
    const adjoint = one.program.names.find((name) => name.name === "^C.weight")?.node ?? -1;
    for (const window of [0, 1, 2]) {
      if (window > 0) observedAll(one, window - 1);
      const carried = one.interpreter.carried();
      const gradient = one.interpreter.evaluate([read(adjoint)], { ...one.batch, window }, "train")[0]?.data ?? [];
      const data = one.interpreter.params()[id]?.data ?? new Float64Array();
      const at = (k: number, x: number): number => {
        const before = data[k] ?? 0;
        data[k] = x;
        one.interpreter.setCarried(carried);
        const loss = one.interpreter.evaluate([read(one.program.loss?.node ?? 0)], { ...one.batch, window }, "eval")[0]?.data[0] ?? NaN;
        data[k] = before;
        return loss;
      };
      expect(Math.max(...Array.from(gradient, Math.abs))).toBeGreaterThan(1e-3);
      for (let k = 0; k < data.length; k += 1) {
        const x = data[k] ?? 0;
        expect((at(k, x + 1e-5) - at(k, x - 1e-5)) / 2e-5).toBeCloseTo(gradient[k] ?? NaN, 8);
      }
      one.interpreter.setCarried(carried);
    }
  });

  it("with all the lookahead there is, backward scans are exact; with F steps they err by (gamma lambda)^F", () => {
    const source = "x_t : [2]\ny_t : []\nK : dense[1]\nx_t --[K]-> k_t\nsum(k_t) -> V_t\nV_T -> G_T\n0.3*V_{t+1} + 0.6*G_{t+1} -> G_t\nG_t => y_t\n";
    const data: Sequences = { rows: 2, steps: 24, timed: { x: [2], y: [] } };
    const errorOf = (ahead: number): number => {
      const one = subject(`@horizon back=2 ahead=${String(ahead)}\n${source}`, arraysOf(data));
      const whole = observed(one, "G"), first = observed(one, "G", 0);
      return Math.max(...["1 0", "2 0", "1 1", "2 1"].map((key) => Math.abs((whole.get(key)?.[0] ?? NaN) - (first.get(key)?.[0] ?? NaN))));
    };
    expect(errorOf(22)).toBeLessThan(1e-13);
    const errors = [2, 4, 6, 8, 10, 12].map(errorOf);
    errors.forEach((error, k) => { expect(error).toBeLessThan(3 * 0.6 ** (2 + 2 * k)); });
    expect(errors[0]).toBeGreaterThan(1e-4);
  });

  it("learn from a whole sequence in one window as without any", () => {
    const plain = gradientsOf(subject(RNN, arraysOf(DATA)));
    const one = subject(`@horizon back=32\n${RNN}`, arraysOf(DATA));
    const windowed = gradientsOf({ ...one, batch: { ...one.batch, window: 0 } });
    for (const [name, { data }] of plain) data.forEach((x, k) => { expect(windowed.get(name)?.data[k]).toBeCloseTo(x, 12); });
  });
});

const observedAll = (one: Subject, window: number): void => { observed(one, "p", window); };
