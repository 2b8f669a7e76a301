/** Gives each objective its scalar and its mean: finds the loss that matches the function behind a prediction. */
import * as E from "fp-ts/lib/Either.js";
import { createBuilder, diagnose, invariant, nearest } from "@sequent/ir";
import type { Attrs, Diagnostic, Diagnostics, Env, Loss, Metric, NodeId, Objective, Operand, Pass, Program, TableBuilder } from "@sequent/ir";
import { JACOBIAN, LOSS_ATTRIBUTES, NEEDS_ACTIVATION, NOT_SCALAR, UNKNOWN_LOSS } from "./diagnostics.js";
import { checkAscents } from "./ascend.js";
import { originsOf } from "./origins.js";
import { createPrimal, isFloat, reachedFrom } from "./primal.js";
import type { Primal } from "./primal.js";
import { checkTreatments } from "./updates.js";
import { atHere } from "./transpose.js";
import { averageOf, detach, mul } from "./vocabulary.js";

/** What choosing needs at hand. */
interface Choice {
  readonly b: TableBuilder;
  readonly primal: Primal;
  readonly env: Env;
  /** Nodes from which a gradient could reach what has one: a weight, an input, a state. */
  readonly reaching: Uint8Array;
}
type Chosen = E.Either<Diagnostic, Operand>;

export const chooseLosses: Pass = {
  name: "choose-losses",
  doc: "Finds the loss of each `=>`, adds the mean of every objective and metric, and checks each `$` and the optimizers.",
  requires: ["typed"],
  provides: ["losses"],
  breaks: [],
  run: (program) => (env) => choose(program, env),
};

const choose = (program: Program, env: Env): E.Either<Diagnostics, Program> => {
  const primal = createPrimal(program, env);
  const c: Choice = { b: createBuilder(program, env), primal, env, reaching: reachedFrom(primal, havingGradients(primal)) };
  const errors: Diagnostic[] = [];
  const objectives = program.objectives.map((objective): Objective => {
    c.b.within(null, objective.span);
    const value = objective.tag === "match" ? matchValue(c, objective) : ascendValue(c, objective);
    if (E.isRight(value)) return { ...objective, value: value.right.node, mean: averageOf(c.b, value.right).node };
    errors.push(value.left);
    return objective;
  });
  const metrics = program.metrics.map((metric): Metric => {
    c.b.within(null, metric.span);
    if (primal.typeAt(metric.value.node).shape.length === 0) return { ...metric, mean: averageOf(c.b, atHere(c.b, metric.value)).node };
    errors.push(diagnose(NOT_SCALAR, `metric ${metric.name} is not a scalar`, [{ at: metric.span, text: "one number is wanted" }]));
    return metric;
  });
  errors.push(...checkTreatments(program, env));
  const chosen = c.b.finish({ objectives, metrics });
  if (errors.length === 0) errors.push(...checkAscents(chosen, env));
  const [first, ...rest] = errors;
  return first === undefined ? E.right(chosen) : E.left([first, ...rest]);
};

/** What `^x` can be asked of. */
const havingGradients = (primal: Primal): readonly NodeId[] => {
  const own = primal.program.nodes.flatMap((node, id) => (node.tag === "input" || node.tag === "param" ? [id] : []));
  return [...own, ...primal.program.names.map((one) => one.node)].filter((id) => isFloat(primal.typeAt(id)));
};

type Match = Extract<Objective, { tag: "match" }>;
type Ascend = Extract<Objective, { tag: "ascend" }>;

const ascendValue = (c: Choice, objective: Ascend): Chosen => {
  const { shape } = c.primal.typeAt(objective.objective.node);
  if (shape.length === 0) return E.right(atHere(c.b, objective.objective));
  return E.left(
    diagnose(NOT_SCALAR, `an objective is a scalar; this one has the shape [${shape.join(", ")}]`, [{ at: objective.span, text: "ascended here" }], {
      help: "Reduce it with `sum` or `mean`, or index it.",
    }),
  );
};

const matchValue = (c: Choice, objective: Match): Chosen => {
  const loss = lossOf(c, objective);
  if (E.isLeft(loss)) return loss;
  const { record, from, attrs } = loss.right;
  const decoded = record.attributes.decode(attrs);
  if (E.isLeft(decoded)) {
    return E.left(diagnose(LOSS_ATTRIBUTES, `${record.name}: ${decoded.left}`, [{ at: objective.span, text: "in this statement" }]));
  }
  const value = record.build(c.b, from, constantOf(c, objective.target), decoded.right);
  if (objective.weight === null) return E.right(value);
  if (c.primal.typeAt(objective.weight.node).shape.length > 0) {
    return E.left(diagnose(NOT_SCALAR, "the weight of a loss is not a scalar", [{ at: objective.span, text: "in this statement" }]));
  }
  return E.right(mul(c.b, constantOf(c, objective.weight), value));
};

/** Targets and weights give no gradient to anything; what has none to give stays as it is. */
const constantOf = (c: Choice, x: Operand): Operand => (c.reaching[x.node] === 1 ? detach(c.b, x) : x);

interface Found {
  readonly record: Loss;
  readonly from: Operand;
  readonly attrs: Attrs;
}

const MATCHING = "match";

/** `match` is what the op behind the prediction names; a loss of probabilities goes through the pre-activation where that op allows it. */
const lossOf = (c: Choice, objective: Match): E.Either<Diagnostic, Found> => {
  const asked = c.env.losses.get(objective.loss.name);
  if (asked === undefined) {
    const guess = nearest(objective.loss.name, [...c.env.losses.keys()]);
    const help = guess === null ? "" : `Did you mean \`${guess}\`?`;
    return E.left(diagnose(UNKNOWN_LOSS, `there is no loss ${objective.loss.name}`, [{ at: objective.span, text: "in this statement" }], { help }));
  }
  const origins = originsOf(c.primal, objective.from, [objective.from, objective.target, ...(objective.weight === null ? [] : [objective.weight])]);
  const matching = origins.nodes.map((id) => matchingOf(c, id, asked));
  const [one] = matching;
  if (one !== undefined && one !== null && matching.every((other) => other !== null && sameLoss(one, other))) {
    const from = origins.replaced(c.b, (id) => inputOf(c, id));
    return E.right({ ...one, from });
  }
  if (asked.of === "pre-activation") {
    return E.left(
      diagnose(NEEDS_ACTIVATION, `${asked.name} needs the activation function that it belongs to`, [{ at: objective.span, text: "in this statement" }]),
    );
  }
  if (asked.name === MATCHING) noteJacobian(c, objective, origins.nodes, matching);
  return E.right({ record: asked, from: objective.from, attrs: objective.loss.attrs });
};

type Matching = Pick<Found, "record" | "attrs">;

/** The loss of the op at a node that is computed from what the op is applied to, if that is what is asked for. */
const matchingOf = (c: Choice, id: NodeId, asked: Loss): Matching | null => {
  const node = c.primal.nodeAt(id);
  const op = node.tag === "op" ? c.primal.opNamed(node.op) : null;
  const wanted = asked.name === MATCHING ? (op?.loss ?? null) : asked.of === "pre-activation" ? asked.name : (asked.stable ?? null);
  const record = wanted !== null && op?.loss === wanted ? c.env.losses.get(wanted) : undefined;
  return node.tag !== "op" || node.ins.length === 0 || record === undefined ? null : { record, attrs: pickAttrs(record, node.attrs) };
};

const sameLoss = (a: Matching, b: Matching): boolean => a.record === b.record && JSON.stringify(a.attrs) === JSON.stringify(b.attrs);

/** What the op at a node is applied to. */
const inputOf = (c: Choice, id: NodeId): Operand => {
  const node = c.primal.nodeAt(id);
  const [input] = node.tag === "op" ? node.ins : [];
  invariant(input !== undefined, "an activation function has an operand");
  return input;
};

/** ½‖p − y‖² is what nobody asked for behind a function that bends, or where some steps of the prediction have a loss that others don't. */
const noteJacobian = (c: Choice, objective: Match, nodes: readonly NodeId[], matching: readonly (Matching | null)[]): void => {
  const known = matching.find((one) => one !== null);
  const bent = nodes.find((id) => bends(c, id)), node = bent === undefined ? undefined : c.primal.nodeAt(bent);
  const at = [{ at: objective.span, text: "trained here" }];
  if (known !== undefined) {
    const named = [...c.env.losses.values()].find((one) => one.stable === known.record.name);
    c.env.note(diagnose(JACOBIAN, "the prediction comes from functions with different losses, each at some of the steps that count: this is ½‖p − y‖²", at,
      named === undefined ? {} : { help: `\`=[${named.name}]=>\` is computed from the prediction, whatever made it.` }));
  } else if (node?.tag === "op") {
    c.env.note(diagnose(JACOBIAN, `${node.op.replace(/^.*\./, "")} has no matching loss: this is ½‖p − y‖² through its derivative`, at));
  }
};

const pickAttrs = (loss: Loss, attrs: Attrs): Attrs =>
  Object.fromEntries(Object.entries(attrs).filter(([name]) => loss.attributes.list.some((one) => one.name === name)));

/** A function of one value, element by element, that is not linear: only there is a matching loss missed. */
const bends = (c: Choice, id: NodeId): boolean => {
  const node = c.primal.nodeAt(id);
  if (node.tag !== "op") return false;
  const op = c.primal.opNamed(node.op);
  return op.elementwise && op.inputs.length === 1 && op.notation.tag === "call";
};
