/** Weights that no step of a batch reaches: their gradient is 0, and decay, momentum and Adam's means go on, in the emitted PyTorch too. */
import { runJobs } from "@sequent/backend-pytorch";
import { NOWHERE } from "@sequent/ir";
import * as E from "fp-ts/lib/Either.js";
import { expect, test } from "vitest";
import { compile } from "../../src/compile.js";
import { evaluate } from "../../src/evaluate.js";
import { prepareForPytorch } from "../../src/evaluate-pytorch.js";
import { tensorOf } from "../../src/shown.js";
import { arraysOf } from "./support.js";

/** In sequences of one step nothing reads h_1, so that C is applied nowhere. */
const LATE = "x_t : [2]\ny_t : [2]\nC : dense[3]\n0 -> h_0\nh_{t-1}|x_t --[C|sigmoid]-> h_t\nh_{t-1} --[M]-> p_t => y_t\n";
/** No weight at all is reached then. */
const NOTHING = "x_t : [2]\ny_t : [2]\nC : dense[2]\n0 -> h_0\nh_{t-1}|x_t --[C|sigmoid]-> h_t\nh_{t-1} => y_t\n";
const OPTIMIZERS = ["adam(weight_decay=0.1)", "adamw(weight_decay=0.5)", "sgd(lr=0.1, momentum=0.5, weight_decay=0.1)", "rmsprop(weight_decay=0.1)", "clip_grad(1) adam(weight_decay=0.1)", "sgd(lr=0.1)"];
const FILLED = "for parameter in [model.C.weight, model.C.bias]:\n        if parameter.grad is None:";

const prepared = (program: string, optimizer: string, steps: number) => {
  const compiled = compile(`@optim ${optimizer}\n${program}`, "test.seq");
  if (E.isLeft(compiled)) throw new Error(compiled.left.map((one) => one.message).join("\n"));
  const show = compiled.right.program.params.flatMap((one) => (one.role === "weight" ? [one.name] : []));
  const request = {
    inputs: arraysOf({ rows: 3, steps, timed: { x: [2], y: [2] } }), params: new Map(), precision: "f64" as const, steps: 3, mode: "train" as const, show,
    at: { inputs: NOWHERE, params: NOWHERE, shown: () => NOWHERE },
  };
  const asked = prepareForPytorch(compiled.right, request), ours = evaluate(compiled.right, request);
  if (E.isLeft(asked) || E.isLeft(ours)) throw new Error([asked, ours].flatMap((one) => (E.isLeft(one) ? one.left.map(({ message }) => message) : [])).join("\n"));
  return { job: asked.right.job, ours: ours.right };
};

const cases = [LATE, NOTHING].flatMap((program) => OPTIMIZERS.map((optimizer) => ({ name: `${program === LATE ? "some" : "all"} weights, ${optimizer}`, ...prepared(program, optimizer, 1) })));

test("move as in the interpreter", async () => {
  const results = await runJobs(cases.map((one) => one.job));
  if (E.isLeft(results)) throw new Error(results.left[0].message);
  results.right.forEach((result, k) => {
    const one = cases[k];
    expect(result.tag, one?.name).toBe("done");
    for (const [name, value] of one?.ours ?? []) {
      const theirs = result.tag === "done" ? result.snapshots.at(-1)?.values.get(name)?.data : undefined;
      tensorOf(value).data.forEach((x, i) => { expect(Math.abs(x - (theirs?.[i] ?? NaN)), `${one?.name ?? ""}: ${name}`).toBeLessThan(1e-12); });
    }
  });
}, 120_000);

test("are told of only where they may be, and where zeros move them", () => {
  const text = (program: string, optimizer: string, steps: number): string => prepared(program, optimizer, steps).job.files.get("model.py") ?? "";
  expect(text(LATE, "adam", 1)).toContain(FILLED);
  expect(text(LATE, "adam", 2)).not.toContain("parameter.grad");
  expect(text(LATE, "sgd(lr=0.1)", 1)).not.toContain("parameter.grad");
  expect(text(LATE.replace("h_{t-1} --[M]", "h_t --[M]"), "adam", 1)).not.toContain("parameter.grad");
});
