/** The update equations: treatments in the order of the table, statistics, and the renewal of copies. */
import * as E from "fp-ts/lib/Either.js";
import { createBuilder, diagnose, invariant, read } from "@sequent/ir";
import type { Diagnostic, Env, NodeId, Operand, ParamId, ParameterGroup, Program, TableBuilder, Transform, Treatment } from "@sequent/ir";
import { TRANSFORM_ATTRIBUTES, TWO_OPTIMIZERS } from "./diagnostics.js";
import { decoded } from "./primal.js";

/** What treats a weight that nothing in the program speaks of. */
const DEFAULT_OPTIMIZER = { transform: "adam", attrs: {} } as const;

/** Adds the next values of statistics that ops keep; on the program as written, because an op's expansion no longer knows of them. */
export const addStatistics = (program: Program, env: Env): Program => {
  const b = createBuilder(program, env);
  const latest = new Map<ParamId, Operand>();
  program.nodes.forEach((node, id) => {
    if (node.tag !== "op") return;
    const op = env.ops.get(node.op);
    if (op?.statistics === undefined) return;
    const attrs = decoded(op, node.attrs);
    const params = op.params(attrs);
    const first = node.ins.length - params.length;
    b.within(program.callOf[id] ?? null, program.spans[id] ?? program.spans[0] ?? { file: "", from: 0, to: 0 });
    const paramAt = (k: number): ParamId | null => {
      const source = program.nodes[node.ins[first + k]?.node ?? -1];
      return source?.tag === "param" && program.params[source.param]?.role === "statistic" ? source.param : null;
    };
    // A second use of the same statistic goes on from where the first left it.
    const ins = node.ins.map((x, k) => latest.get(k < first ? -1 : (paramAt(k - first) ?? -1)) ?? x);
    const next = op.statistics(b, { attrs, ins, outs: [read(id)], gradient: [] });
    params.forEach((spec, k) => {
      const param = paramAt(k);
      const value = next[spec.name];
      if (param !== null && value !== undefined) latest.set(param, value);
    });
  });
  for (const [param, value] of latest) b.assign(b.readParam(param), value);
  return latest.size === 0 ? program : b.finish();
};

interface Decoded {
  readonly treatment: Treatment;
  readonly transform: Transform;
  readonly attrs: unknown;
}

const decodeAll = (env: Env, treatments: readonly Treatment[]): { readonly given: readonly Decoded[]; readonly errors: readonly Diagnostic[] } => {
  const all = treatments.map((treatment) => decodeTreatment(env, treatment));
  const given = all.flatMap((one) => (E.isRight(one) && one.right.transform.treat !== null ? [one.right] : []));
  return { given, errors: [...all.flatMap((one) => (E.isLeft(one) ? [one.left] : [])), ...conflicts(given)] };
};

/** What is wrong with the treatments of a program. */
export const checkTreatments = (program: Program, env: Env): readonly Diagnostic[] => decodeAll(env, program.treatments).errors;

/** Adds each weight's next value, given its gradient; weights without one stay as they are. */
export const addUpdates = (b: TableBuilder, program: Program, env: Env, gradients: ReadonlyMap<ParamId, Operand>): readonly Diagnostic[] => {
  const { given, errors } = decodeAll(env, [...program.treatments, defaults(program, env, gradients)]);
  if (errors.length > 0) return errors;
  const current = new Map(gradients);
  for (const one of given) applyGradient(b, one, current);
  const done = new Set<ParamId>();
  for (const one of given) applyOptimizer(b, one, current, done);
  renewCopies(b, program, env);
  return [];
};

const decodeTreatment = (env: Env, treatment: Treatment): E.Either<Diagnostic, Decoded> => {
  const transform = env.transforms.get(treatment.transform);
  invariant(transform !== undefined, `no transform is registered as ${treatment.transform}`);
  const attrs = transform.attributes.decode(treatment.attrs);
  if (E.isRight(attrs)) return E.right({ treatment, transform, attrs: attrs.right });
  return E.left(diagnose(TRANSFORM_ATTRIBUTES, `${treatment.transform}: ${attrs.left}`, [{ at: treatment.span, text: "written here" }]));
};

const isOptimizer = (env: Env, treatment: Treatment): boolean => env.transforms.get(treatment.transform)?.treat?.order === "optimizer";

const defaults = (program: Program, env: Env, gradients: ReadonlyMap<ParamId, Operand>): Treatment => {
  const spoken = new Set(program.treatments.filter((one) => isOptimizer(env, one)).flatMap((one) => one.params));
  const span = program.spans[0] ?? { file: "", from: 0, to: 0 };
  return { ...DEFAULT_OPTIMIZER, params: [...gradients.keys()].filter((param) => !spoken.has(param)), span };
};

const conflicts = (given: readonly Decoded[]): readonly Diagnostic[] => {
  const first = new Map<ParamId, Decoded>();
  const reported = new Set<Treatment>();
  const errors: Diagnostic[] = [];
  for (const one of given) {
    if (one.transform.treat?.order !== "optimizer") continue;
    for (const param of one.treatment.params) {
      const other = first.get(param);
      if (other === undefined) first.set(param, one);
      else if (!sameTreatment(one, other) && !reported.has(one.treatment)) {
        reported.add(one.treatment);
        const labels = [{ at: one.treatment.span, text: "here" }, { at: other.treatment.span, text: "and here" }];
        errors.push(diagnose(TWO_OPTIMIZERS, `${other.transform.name} and ${one.transform.name} for the same parameters, or with other attributes`, labels));
      }
    }
  }
  return errors;
};

const sameTreatment = (a: Decoded, b: Decoded): boolean =>
  a.transform === b.transform && JSON.stringify(a.attrs) === JSON.stringify(b.attrs);

const groupOf = (b: TableBuilder, params: readonly ParamId[], gradients: ReadonlyMap<ParamId, Operand>): ParameterGroup => {
  const found = params.flatMap((param) => {
    const gradient = gradients.get(param);
    return gradient === undefined ? [] : [{ param, gradient, value: b.readParam(param) }];
  });
  return { params: found.map((x) => x.param), values: found.map((x) => x.value), gradients: found.map((x) => x.gradient), next: null };
};

const applyGradient = (b: TableBuilder, one: Decoded, gradients: Map<ParamId, Operand>): void => {
  if (one.transform.treat?.order !== "gradient") return;
  const group = groupOf(b, [...new Set(one.treatment.params)], gradients);
  if (group.params.length === 0) return;
  b.within(null, one.treatment.span);
  const changed = one.transform.treat.build(b, group, one.attrs).gradients;
  group.params.forEach((param, k) => {
    const gradient = changed[k];
    if (gradient !== undefined) gradients.set(param, gradient);
  });
};

const applyOptimizer = (b: TableBuilder, one: Decoded, gradients: ReadonlyMap<ParamId, Operand>, done: Set<ParamId>): void => {
  if (one.transform.treat?.order !== "optimizer") return;
  const params = [...new Set(one.treatment.params)].filter((param) => !done.has(param));
  const group = groupOf(b, params, gradients);
  if (group.params.length === 0) return;
  b.within(null, one.treatment.span);
  const { next } = one.transform.treat.build(b, group, one.attrs);
  group.values.forEach((value, k) => {
    const to = next?.[k];
    invariant(to !== undefined, `${one.transform.name} gives no next value`);
    b.assign(value, to);
  });
  for (const param of group.params) done.add(param);
};

/** Copies follow the values that the Update has just given. */
const renewCopies = (b: TableBuilder, program: Program, env: Env): void => {
  const next = new Map(b.updates().map((update) => [update.param, update.next]));
  program.params.forEach((param, id: ParamId) => {
    if (param.renewedBy === null || param.of === null) return;
    const transform = env.transforms.get(param.renewedBy.transform);
    const attrs = transform?.attributes.decode(param.renewedBy.attrs);
    invariant(transform?.renew !== undefined && transform.renew !== null && attrs !== undefined, `nothing renews ${param.name}`);
    invariant(E.isRight(attrs), `${param.name}: ${E.isLeft(attrs) ? attrs.left : ""}`);
    b.within(null, param.span);
    const copy = b.readParam(id);
    b.assign(copy, transform.renew(b, next.get(param.of) ?? b.readParam(param.of), copy, attrs.right));
  });
};

/** The gradients of weights, by parameter. */
export const weightGradients = (program: Program, found: ReadonlyMap<NodeId, Operand>): ReadonlyMap<ParamId, Operand> => {
  const gradients = new Map<ParamId, Operand>();
  program.nodes.forEach((node, id) => {
    const gradient = found.get(id);
    if (node.tag === "param" && gradient !== undefined && program.params[node.param]?.role === "weight") gradients.set(node.param, gradient);
  });
  return gradients;
};
