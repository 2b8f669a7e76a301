/**
 * `x $ J` for a backend whose own differentiation goes back through values of all steps at once: what arrives at x from J is computed by our
 * equations, and the statement's mean becomes one that autograd takes from x on. With g the gradient that x gets of −J, it is
 * J − (S − S), S = Σ x g, the first J, the second S and g constants: its value is J's, and its gradient is that at x alone.
 */
import * as E from "fp-ts/lib/Either.js";
import { createBuilder, detach, NOW, read } from "@sequent/ir";
import type { Diagnostics, Env, Objective, Program } from "@sequent/ir";
import { seedsOf } from "./ascend.js";
import { expandForRules } from "./expand.js";
import { createPrimal } from "./primal.js";
import { totalOf } from "./vocabulary.js";

/** The statements that are chosen, as bare ones that autograd takes. Left: what their gradients are refused for. */
export const withSurrogates = (written: Program, env: Env, isChosen: (objective: Objective) => boolean): E.Either<Diagnostics, Program> => {
  if (!written.objectives.some(isChosen)) return E.right(written);
  const program = expandForRules(written, env);
  const primal = createPrimal(program, env);
  const b = createBuilder(program, env, { states: "shared" });
  const objectives: Objective[] = [];
  for (const objective of program.objectives) {
    if (objective.tag !== "ascend" || objective.mean === null || !isChosen(objective)) {
      objectives.push(objective);
      continue;
    }
    b.within(null, objective.span);
    const found = seedsOf(b, primal, objective);
    if (E.isLeft(found)) return E.left([found.left]);
    const terms = found.right.seeds.map(([node, { value }]) => totalOf(b, b.op("core.sum_to_scalar", [b.op("core.mul", [read(node), detach(b, value)])])));
    const sum = b.sum(terms), nothing = b.op("core.sub", [sum, detach(b, sum)]);
    const mean = b.op("core.sub", [detach(b, { node: objective.mean, at: NOW, old: false }), nothing]);
    objectives.push({ ...objective, from: [], mean: mean.node });
  }
  // The values themselves stay what is written.
  written.nodes.forEach((node, id) => { if (program.nodes[id] !== node) b.define(id, node); });
  return E.right(b.finish({ objectives }));
};
