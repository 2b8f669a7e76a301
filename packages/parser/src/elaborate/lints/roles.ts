/**
 * The parts that values play in learning by reward. `step` gives them by position (arrival indexing: out of S_{t-1} and a_{t-1} come S_t, O_t,
 * r_t, d_t); without it they go by the names that the language reference gives them.
 */
import { stem, ungroup } from "../../syntax/tree.js";
import type { Expr, Name } from "../../syntax/tree.js";
import { printName } from "../names.js";
import type { Link } from "../plan.js";
import { inContextOf, isEnvironments, makerOf } from "./scene.js";
import type { Scene } from "./scene.js";

const RESULTS = { reward: 2, terminal: 3 } as const;
const BY_NAME = { reward: "r", terminal: "d", action: "a", discount: "gamma" } as const;

export interface Roles {
  /** Names without context; null where the program has none. */
  readonly reward: string | null;
  readonly terminal: string | null;
  readonly discount: string | null;
  readonly step: Link | null;
  /** What is drawn from a policy, by the policy as it is written. */
  readonly draws: ReadonlyMap<string, string>;
  /** The action that `step` is given, else the one declared class. */
  readonly action: string | null;
}

const isStepLink = (scene: Scene, link: Link): boolean => {
  const [only] = link.inputs;
  return isEnvironments(scene, link.through, "step") || (link.through === null && only?.tag === "call" && isEnvironments(scene, only, "step"));
};

export const rolesOf = (scene: Scene): Roles => {
  const { plan } = scene;
  const step = plan.links.find((link) => isStepLink(scene, link)) ?? null;
  const known = (label: string): string | null => (plan.occurrences.has(label) ? label : null);
  const result = (k: number): string | null => {
    const target = step?.targets[k];
    return target?.tag === "name" ? stem(target) : null;
  };
  return {
    reward: step === null ? known(BY_NAME.reward) : result(RESULTS.reward),
    terminal: step === null ? known(BY_NAME.terminal) : result(RESULTS.terminal),
    discount: known(BY_NAME.discount),
    step,
    draws: drawsOf(scene),
    action: step === null ? onlyClass(scene) : (stepAction(step) ?? BY_NAME.action),
  };
};

const nameOf = (e: Expr | undefined): Name | null => {
  const name = e === undefined ? null : ungroup(e);
  return name?.tag === "name" ? name : null;
};

const drawsOf = ({ plan }: Scene): ReadonlyMap<string, string> => {
  const draws = new Map<string, string>();
  for (const link of plan.links) {
    const from = nameOf(link.inputs[0]), [target] = link.targets;
    if (from === null || target?.tag !== "name" || !isDraw(link.through)) continue;
    if (!draws.has(printName(from))) draws.set(printName(from), printName(target));
  }
  return draws;
};

const onlyClass = ({ plan }: Scene): string | null => {
  const classes = plan.declarations.flatMap(({ names, type }) => (type.tag === "kind" && type.name === "class" ? names.map(stem) : []));
  const [only] = classes;
  return only === undefined || classes.length > 1 ? null : only;
};

/** The action at a policy's step, as it is written. */
export const actionOf = ({ draws, action }: Roles, policy: Name): string | null =>
  draws.get(printName(policy)) ?? (action === null ? null : inContextOf(policy, action));

const isDraw = (through: Expr | null): boolean => {
  const f = through === null ? null : ungroup(through);
  const name = f?.tag === "call" ? f.callee : f;
  return name?.tag === "name" && (name.base === "sample" || name.base === "eps_greedy");
};

const stepAction = (step: Link): string | null => {
  const call = step.through === null && step.inputs[0]?.tag === "call" ? step.inputs[0].args.map((arg) => arg.value) : step.inputs;
  const action = nameOf(call[1]);
  return action === null ? null : stem(action);
};

/** Is the value known while the program is read, so that it masks nothing: a number, or a state that is one? */
export const isConstant = (scene: Scene, e: Expr): boolean => {
  const value = ungroup(e);
  if (value.tag === "number") return true;
  if (value.tag === "name") {
    const link = makerOf(scene, value);
    return link === null ? value.subscript === null : link.through === null && link.reads.length === 0 && link.inputs.every((one) => isConstant(scene, one));
  }
  if (value.tag === "infix") return [value.first, ...value.rest.map(({ right }) => right)].every((one) => isConstant(scene, one));
  if (value.tag === "power") return isConstant(scene, value.base) && isConstant(scene, value.exponent);
  return value.tag === "negate" && isConstant(scene, value.of);
};
