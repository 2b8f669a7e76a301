/** Gradients of a subject against central differences of its loss. */
import { createInterpreter } from "@sequent/interpreter";
import type { Batch, Interpreter } from "@sequent/interpreter";
import { near, numbersFrom } from "@sequent/conformance";
import { read } from "@sequent/ir";
import type { Env, Node, NodeId, Operand, Program, Tensor } from "@sequent/ir";
import type { Subject } from "./subject.js";

/** Tags of programs whose gradient is not the derivative of their loss, on purpose. */
const OTHERWISE = new Set(["custom gradient", "ascend", "ascend of a tuple", "transform nograd", "transform frozen"]);
export const isDerivative = ({ generated }: Subject): boolean => [...OTHERWISE].every((tag) => !generated.tags.has(tag));

/** Constants of differentiation become inputs with the values they have: what is detached does not move. */
const heldFast = (subject: Subject, env: Env): { readonly program: Program; readonly batch: Batch } => {
  const { trained, batch, seed } = subject;
  const held = trained.nodes.flatMap((node, id) => (node.tag === "op" && node.op === "core.detach" ? [id] : []));
  const values = createInterpreter(trained, env, { seed, precision: "f64" }).evaluate(held.map((id) => read(id)), batch, "train");
  const nodes: Node[] = [...trained.nodes];
  const inputs = new Map(batch.inputs);
  held.forEach((id, k) => {
    const value = values[k];
    if (value === undefined) return;
    nodes[id] = { tag: "input", name: `held ${String(id)}` };
    inputs.set(`held ${String(id)}`, value);
  });
  return { program: { ...trained, nodes }, batch: { ...batch, inputs } };
};

export interface Slopes {
  readonly exact: number;
  readonly numeric: number;
  readonly agree: boolean;
}

/** A step is small enough if it is this small, and large enough if rounding does not show: one of these is both, away from kinks. */
const STEPS = [1e-3, 1e-4, 1e-5] as const;

/** The loss's slope along a random direction in all weights and float inputs: by the adjoint equations and by differences; null without a loss. */
export const slopesOf = (subject: Subject, env: Env): Slopes | null => {
  const { program, batch } = heldFast(subject, env);
  const loss = program.loss ?? null;
  if (loss === null) return null;
  const interpreter = createInterpreter(program, env, { seed: subject.seed, precision: "f64" });
  const next = numbersFrom(11);
  const along = new Map<NodeId, { readonly value: Tensor; readonly by: Float64Array }>();
  program.nodes.forEach((node, id) => {
    const value = valueAt(program, interpreter, batch, node);
    if (value !== null) along.set(id, { value, by: Float64Array.from(value.data, () => 2 * next() - 1) });
  });
  const exact = exactSlope(program, interpreter, batch, new Map([...along].map(([id, { by }]) => [id, by])));
  const at = (h: number): number => {
    const inputs = new Map(batch.inputs);
    for (const [id, { value, by }] of along) {
      const moved: Tensor = { ...value, data: Float64Array.from(value.data, (x, k) => x + h * (by[k] ?? 0)) };
      const node = program.nodes[id];
      if (node?.tag === "input") inputs.set(node.name, moved);
      else if (node?.tag === "param") interpreter.setParam(node.param, moved);
    }
    return interpreter.evaluate([loss], { ...batch, inputs }, "train")[0]?.data[0] ?? NaN;
  };
  // Richardson's extrapolation of central differences: the error is of fourth order.
  const central = (h: number): number => (at(h) - at(-h)) / (2 * h);
  const numerics = STEPS.map((h) => (4 * central(h / 2) - central(h)) / 3);
  const best = numerics.reduce((a, b) => (Math.abs(b - exact) < Math.abs(a - exact) ? b : a));
  return { exact, numeric: best, agree: near(exact, best, 1e-6) };
};

/** What is moved: weights, and the user's float inputs. */
const valueAt = (program: Program, interpreter: Interpreter, batch: Batch, node: Node): Tensor | null => {
  if (node.tag === "param" && program.params[node.param]?.role === "weight") return interpreter.params()[node.param] ?? null;
  const value = node.tag === "input" && !node.name.startsWith("held ") ? batch.inputs.get(node.name) : undefined;
  return value === undefined || value.data instanceof Int32Array ? null : value;
};

const exactSlope = (program: Program, interpreter: Interpreter, batch: Batch, along: ReadonlyMap<NodeId, Float64Array>): number => {
  const wanted = new Map<NodeId, NodeId>();
  for (const one of program.names) if (one.adjointOf !== null && along.has(one.adjointOf.node)) wanted.set(one.adjointOf.node, one.node);
  const rows: readonly Operand[] = [...wanted.values()].map((node) => read(node));
  const gradients = interpreter.evaluate(rows, batch, "train");
  let slope = 0;
  [...wanted.keys()].forEach((id, k) => {
    const by = along.get(id);
    gradients[k]?.data.forEach((g, j) => {
      slope += g * (by?.[j] ?? 0);
    });
  });
  return slope;
};
