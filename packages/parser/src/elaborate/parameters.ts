/** Parameters of functions: one set per qualified name, shared by all its uses; lagged copies; treatments of the parameters of a function. */
import type { AnyOp, Attrs, Operand, Param, ParamId, ParamSpec, Span, Transform, Treatment } from "@sequent/ir";
import { attributeConflict, treatmentConflict } from "./diagnostics.js";
import type { Renewal, Session } from "./session.js";

/** Reads the parameters of one use, under the renewals around it; null after an error. */
export const useParameters = (
  s: Session, op: AnyOp, attrs: Attrs, specs: readonly ParamSpec[], qualified: string, span: Span,
): readonly Operand[] | null => {
  if (specs.length === 0) return [];
  const key = JSON.stringify(Object.entries(attrs).sort(([a], [b]) => (a < b ? -1 : 1)));
  const known = s.registered.get(qualified);
  if (known !== undefined && (known.op !== op || known.attrs !== key)) {
    s.report.problem(attributeConflict, `\`${qualified}\` is used with different attributes`, span, "differs here", {
      labels: [{ at: known.span, text: "first used here" }],
      help: `The same name is the same function. Declare it once, or give one of them another name.`,
    });
    return null;
  }
  const registered = known ?? { op, attrs: key, params: create(s, specs, qualified, span), span };
  s.registered.set(qualified, registered);
  return registered.params.map((live) => {
    let id = live;
    for (const renewal of [...s.renewals].reverse()) id = copyOf(s, id, renewal);
    for (const collector of s.collectors) collector.add(live);
    return s.b.readParam(id);
  });
};

const create = (s: Session, specs: readonly ParamSpec[], qualified: string, span: Span): readonly ParamId[] => {
  const ids = new Map<string, ParamId>();
  for (const spec of specs) {
    const init = { ...spec.init, fanOf: spec.fanOf === null ? null : (ids.get(spec.fanOf) ?? null) };
    const param: Param = { name: `${qualified}.${spec.name}`, role: spec.role, of: null, init, renewedBy: null, type: null, span };
    const id = s.b.param(param);
    ids.set(spec.name, id);
    if (spec.role === "weight") s.weights.push(id);
  }
  return [...ids.values()];
};

/** The lagged copy of a parameter: one per argument list. */
const copyOf = (s: Session, of: ParamId, { transform, attrs }: Renewal): ParamId => {
  const key = `${String(of)} ${transform.name} ${JSON.stringify(attrs)}`;
  const made = s.copies.get(key);
  if (made !== undefined) return made;
  const live = s.b.paramAt(of);
  const plain = `${live.name}.${transform.name}`;
  const count = (s.copyCounts.get(plain) ?? 0) + 1;
  s.copyCounts.set(plain, count);
  const name = count === 1 ? plain : `${plain}_${String(count)}`;
  const id = s.b.param({ ...live, name, role: "copy", of, renewedBy: { transform: transform.name, attrs } });
  s.copies.set(key, id);
  return id;
};

/** Optimizers exclude one another; of the other transforms a parameter has one of each name. */
const kindOf = (transform: Transform): string => (transform.treat?.order === "optimizer" ? "optimizer" : transform.name);
const slot = (transform: Transform, param: ParamId): string => `${kindOf(transform)} ${String(param)}`;

export const isTreated = (s: Session, transform: Transform, param: ParamId): boolean => s.treated.has(slot(transform, param));

/** Puts parameters under a treatment; the same one again, at another use of the function, changes nothing. */
export const treat = (s: Session, transform: Transform, attrs: Attrs, touched: ReadonlySet<ParamId>, span: Span): void => {
  const params = [...touched].filter((id) => s.b.paramAt(id).role === "weight");
  if (params.length === 0) return;
  const row: Treatment = { transform: transform.name, attrs, params, span };
  const prior = params.map((id) => s.treated.get(slot(transform, id)));
  const other = prior.find((one) => one !== undefined);
  if (other === undefined) {
    s.treatments.push(row);
    for (const id of params) s.treated.set(slot(transform, id), row);
    return;
  }
  const same = prior.every((one) => one === other) && other.params.length === params.length && other.transform === row.transform &&
    JSON.stringify(other.attrs) === JSON.stringify(attrs);
  if (same) return;
  const at = params.find((id) => s.treated.has(slot(transform, id)));
  const name = at === undefined ? "" : s.b.paramAt(at).name;
  s.report.problem(treatmentConflict, `\`${name}\` is under two different transforms of one kind`, span, "this one", {
    labels: [{ at: other.span, text: "and this one" }],
    help: "These concern the parameters wherever they are used, so all uses say the same.",
  });
};
