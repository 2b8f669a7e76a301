/** Gates that do not mix: the state is kept in part, and what is added is added in full. */
import { contextOf, ungroup } from "../../syntax/tree.js";
import type { Expr } from "../../syntax/tree.js";
import { gate } from "../diagnostics.js";
import { printName, referenceOf, stateOf } from "../names.js";
import type { Link, Plan } from "../plan.js";
import { before, unsafe } from "../report.js";
import type { Session } from "../session.js";
import type { Lint } from "./scene.js";
import { argumentOf, complement } from "./sums.js";

const isSame = (e: Expr, text: string): boolean => {
  const name = ungroup(e);
  return name.tag === "name" && printName(name) === text;
};

const endsInGate = (link: Link | undefined): boolean => {
  if (link === undefined) return false;
  const [input] = link.inputs;
  if (link.through === null) return input !== undefined && argumentOf(input, "sigmoid") !== null;
  const f = ungroup(link.through);
  const last = f.tag === "bar" ? f.parts.at(-1) : f;
  return last !== undefined && isSame(last, "sigmoid");
};

export const lintGates: Lint = ({ s, plan }) => {
  for (const link of plan.links) lintGate(s, plan, link);
};

/** `h_{t-1}*(1-z) + l -> h_t`, where z is a sigmoid and l is not weighted with it. */
const lintGate = (s: Session, plan: Plan, link: Link): void => {
  const [target] = link.targets, [input] = link.inputs;
  if (target?.tag !== "name" || input === undefined || link.through !== null) return;
  const sum = ungroup(input);
  const at = contextOf(target);
  if (sum.tag !== "infix" || sum.rest.length !== 1 || at?.tag !== "at" || at.time.origin !== "t") return;
  const past = printName({ ...target, subscript: { tag: "at", time: { ...at.time, offset: at.time.offset - 1 } } });
  const [other] = sum.rest;
  if (other?.op !== "+") return;
  for (const [kept, mixed] of [[sum.first, other.right], [other.right, sum.first]] as const) {
    const product = ungroup(kept);
    if (product.tag !== "infix" || product.rest.length !== 1 || product.rest[0]?.op !== "*") continue;
    const factors = [product.first, product.rest[0].right];
    const z = factors.map(complement).find((one) => one !== null) ?? null;
    if (z === null || !factors.some((one) => isSame(one, past))) continue;
    const ref = referenceOf(z, plan.timed);
    const state = ref === null ? null : stateOf(plan.states, ref);
    const isGate = state?.equations.some((one) => endsInGate(plan.links[one.link])) === true;
    const added = ungroup(mixed);
    if (!isGate || (added.tag === "infix" && added.rest.every(({ op }) => op === "*"))) continue;
    const text = `${printName(z)}*`;
    const message = `\`${printName(target)}\` is no mixture: ${printName(z)} weights only what is kept`;
    s.report.problem(gate, message, mixed.span, `not weighted with \`${printName(z)}\``, {
      fixes: [unsafe(`write \`${text}\` before it`, { at: before(mixed.span), text })],
    });
  }
};
