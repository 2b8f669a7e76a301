/** What a fuzzer must find: compilers with one thing wrong, each a changed record or a changed pass. */
import { invariant } from "@sequent/ir";
import type { AnyOp, Build, Builder, Loss, Operand, OpName, Program, Reference, Transform } from "@sequent/ir";

/** The registries that a compiler is made of. */
export interface Records {
  readonly ops: readonly AnyOp[];
  readonly transforms: readonly Transform[];
  readonly losses: readonly Loss[];
}

/** What is changed: what is elaborated, what has its losses chosen, or what has its gradients (programs over time alone). */
export type Stage = "elaborate" | "choose-losses" | "differentiate";

/** `stage`: the pass whose result is changed. */
export interface Mutation {
  readonly name: string;
  /** A tag of generated programs that meet it; the others need not be tried first. */
  readonly meets: string | null;
  readonly change:
    | { readonly tag: "records"; readonly apply: (records: Records) => Records }
    | { readonly tag: "pass"; readonly stage: Stage; readonly apply: (program: Program) => Program };
}

export const inOp = (name: OpName, meets: string | null, what: string, change: (op: AnyOp) => AnyOp): Mutation => ({
  name: `${name}: ${what}`,
  meets,
  change: { tag: "records", apply: (records) => ({ ...records, ops: replaced(records.ops, name, change) }) },
});
export const inTransform = (name: string, what: string, change: (transform: Transform) => Transform): Mutation => ({
  name: `${name}: ${what}`,
  meets: `transform ${name}`,
  change: { tag: "records", apply: (records) => ({ ...records, transforms: replaced(records.transforms, name, change) }) },
});
export const inLoss = (name: string, what: string, change: (loss: Loss) => Loss): Mutation => ({
  name: `${name}: ${what}`,
  meets: `loss ${name}`,
  change: { tag: "records", apply: (records) => ({ ...records, losses: replaced(records.losses, name, change) }) },
});
export const inPass = (stage: Stage, meets: string | null, name: string, apply: (program: Program) => Program): Mutation =>
  ({ name, meets, change: { tag: "pass", stage, apply } });

const replaced = <A extends { readonly name: string }>(records: readonly A[], name: string, change: (record: A) => A): readonly A[] => {
  invariant(records.some((record) => record.name === name), `there is no ${name} to change`);
  return records.map((record) => (record.name === name ? change(record) : record));
};

/** What a rule gives, changed: per instance and in total. */
export const changedRule = (op: AnyOp, change: (b: Builder, given: readonly (Operand | null)[]) => readonly (Operand | null)[]): AnyOp => {
  const { autodiff } = op;
  invariant(autodiff.tag === "rule", `${op.name} has no rule of its own`);
  const of = (build: Build): Build => (b, site) => change(b, build(b, site));
  const instance = of(autodiff.instance);
  return { ...op, autodiff: autodiff.total === undefined ? { tag: "rule", instance } : { tag: "rule", instance, total: of(autodiff.total) } };
};

/** Another rule. */
export const ruled = (op: AnyOp, instance: Build): AnyOp => ({ ...op, autodiff: { tag: "rule", instance } });

/** Another reference, given the true one. */
export const computed = (op: AnyOp, change: (of: Reference<unknown>) => Reference<unknown>): AnyOp => {
  const { forward } = op;
  invariant(forward.tag === "primitive", `${op.name} has no reference of its own`);
  return { ...op, forward: { tag: "primitive", reference: change(forward.reference) } };
};

/** A treatment whose attributes, builder or result are changed. */
export const treated = (transform: Transform, build: (of: NonNullable<Transform["treat"]>["build"]) => NonNullable<Transform["treat"]>["build"]): Transform => {
  const { treat } = transform;
  invariant(treat !== null, `${transform.name} treats no parameters`);
  return { ...transform, treat: { ...treat, build: build(treat.build) } };
};

/** The decoded attributes of a record with one of another value. Attributes are data of the record's own kind; a mutation may break them. */
export const withAttribute = (attrs: unknown, name: string, value: number | boolean): unknown => ({ ...Object(attrs), [name]: value });
export const attributeOf = (attrs: unknown, name: string): number => Number(Reflect.get(Object(attrs), name));
