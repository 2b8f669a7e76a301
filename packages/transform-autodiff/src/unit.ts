/** The gradient of a call whose rules are overridden, by a transform's record or by hand (`^y -> ^x`). */
import * as E from "fp-ts/lib/Either.js";
import { demandOrder, dependentOn, intersectSteps, invariant, moment, read, readableOn, sameSteps, shiftRead, stepsOf } from "@sequent/ir";
import type { Build, CallId, Domain, Node, NodeId, Operand, Override, Piece, Program, Rules, Site } from "@sequent/ir";
import type { Outflow, Sweep } from "./reverse.js";
import { sameRead } from "./regions.js";
import { restrict } from "./transpose.js";
import { totalOf } from "./vocabulary.js";

/** In the order of the unit's boundary: ^In as read, and the summed ^Params. */
export interface UnitGradient {
  readonly ins: readonly (Operand | null)[];
  readonly params: readonly (Operand | null)[];
}
type Inside = (seeds: readonly (readonly [NodeId, Piece])[]) => Outflow;

export const differentiateUnit = (
  s: Sweep,
  call: CallId,
  outs: readonly Operand[],
  gradient: readonly (Operand | null)[],
  inside: Inside,
): UnitGradient => {
  const override = s.primal.program.calls[call]?.override ?? null;
  invariant(override !== null, "a unit is a call with an override");
  const ordinary = ordinaryRules(s, call, outs, inside);
  const site: Site<unknown> = { attrs: null, ins: s.primal.regions.boundaryOf(call).ins, outs, gradient };
  if (override.tag === "custom") return byHand(s, call, override, site, ordinary);
  const transform = s.primal.env.transforms.get(override.transform);
  invariant(transform !== undefined, `no transform is registered as ${override.transform}`);
  const attrs = transform.attributes.decode(override.attrs);
  invariant(E.isRight(attrs), `${override.transform}: ${E.isLeft(attrs) ? attrs.left : ""}`);
  const autodiff: Build = transform.autodiff?.(ordinary, attrs.right) ?? ordinary.autodiff;
  const update: Build = transform.update?.(ordinary, attrs.right) ?? ordinary.update;
  return { ins: autodiff(s.b, site), params: update(s.b, site) };
};

/** The body's own rules; one sweep serves both for the same gradient. */
const ordinaryRules = (s: Sweep, call: CallId, outs: readonly Operand[], inside: Inside): Rules => {
  const done = new Map<string, Outflow>();
  const boundary = s.primal.regions.boundaryOf(call);
  const flow = (site: Site<unknown>): Outflow => {
    const key = site.gradient.map((g) => (g === null ? "" : sameRead(g))).join(";");
    const known = done.get(key);
    if (known !== undefined) return known;
    const made = inside(seedsOf(outs, site.gradient));
    done.set(key, made);
    return made;
  };
  return {
    forward: () => outs,
    autodiff: (_, site) => {
      const { ins } = flow(site);
      return boundary.ins.map((x) => ins.get(sameRead(x)) ?? null);
    },
    update: (_, site) => {
      const { params } = flow(site);
      return boundary.params.map((node) => params.get(node) ?? null);
    },
  };
};

const seedsOf = (outs: readonly Operand[], gradient: readonly (Operand | null)[]): readonly (readonly [NodeId, Piece])[] => {
  const seeds: (readonly [NodeId, Piece])[] = [];
  const seen = new Set<NodeId>();
  outs.forEach((x, k) => {
    const value = gradient[k] ?? null;
    if (value === null || seen.has(x.node)) return;
    seen.add(x.node);
    seeds.push([x.node, { on: null, value }]);
  });
  return seeds;
};

type Custom = Extract<Override, { readonly tag: "custom" }>;

/** What the body gives for ^In and ^M, with the gradients that arrive in place of its `^y`; the rest is differentiated as usual. */
const byHand = (s: Sweep, call: CallId, override: Custom, site: Site<unknown>, ordinary: Rules): UnitGradient => {
  const boundary = s.primal.regions.boundaryOf(call);
  const given = override.seeds.map((seed, k) => [seed, arriving(s, seed, site.outs[k], site.gradient[k] ?? null)] as const);
  const substitute = substituter(s, new Map(given));
  const byParam = new Map(override.params.map((one) => [one.param, one.gradient]));
  const someIn = boundary.ins.some((x, k) => (override.ins[k] ?? null) === null && s.useful(x.node));
  const paramOf = (id: NodeId): number => {
    const node = s.primal.nodeAt(id);
    return node.tag === "param" ? node.param : -1;
  };
  const someParam = boundary.params.some((id) => !byParam.has(paramOf(id)));
  const ins = someIn ? ordinary.autodiff(s.b, site) : [];
  const params = someParam ? ordinary.update(s.b, site) : [];
  return {
    ins: boundary.ins.map((x, k) => {
      const mine = override.ins[k] ?? null;
      return mine === null ? (ins[k] ?? null) : whereRead(s, x, substitute(mine));
    }),
    params: boundary.params.map((id, k) => {
      const mine = byParam.get(paramOf(id));
      if (mine === undefined) return params[k] ?? null;
      const total = substitute(mine);
      return s.b.isStatic(total) ? total : totalOf(s.b, total);
    }),
  };
};

/** A gradient at the steps alone at which there is what it goes to: a state of the macro's may begin before them, or end behind. */
const whereRead = (s: Sweep, x: Operand, gradient: Operand): Operand => {
  const has = s.primal.domainAt(x.node)?.time ?? null, own = s.b.domainAt(gradient.node)?.time ?? null;
  const read = has === null ? null : readableOn(x.at, has), given = own === null ? null : readableOn(gradient.at, own);
  if (read === null || given === null || sameSteps(intersectSteps(given, read), given)) return gradient;
  return restrict(s.b, gradient, intersectSteps(given, read));
};

/** What reaches a result, at each of its instances: 0 where nothing comes, which a sum says, and what a single reader gives does not. */
const arriving = (s: Sweep, seed: NodeId, x: Operand | undefined, gradient: Operand | null): Operand => {
  invariant(x !== undefined, "a seed for each result");
  // The steps of a result in its sequence: a window may have another part of them.
  const stated = s.primal.domainAt(seed), has = s.primal.domainAt(x.node), isOther = stated !== undefined && stated.time !== null && (has === undefined || has.time === null || !sameSteps(stated.time, has.time));
  // A sum may be what reaches another value, which has fewer steps.
  const given = gradient === null ? null : (s.b.domainAt(gradient.node)?.time ?? null), own = has?.time ?? null;
  const isSum = gradient !== null && s.b.nodeAt(gradient.node).tag === "sum" && (own === null || (given !== null && sameSteps(intersectSteps(given, own), own)));
  const isWhole = gradient !== null && !isOther && (isSum || !isOverTime(s.primal.program));
  if (isWhole) return gradient;
  const row = s.b.reserve(s.primal.typeAt(x.node), s.primal.variesAt(x.node), isOther ? stated : has);
  s.b.define(row, { tag: "sum", pieces: gradient === null ? [] : [{ on: null, value: gradient }] });
  return read(row);
};
const isOverTime = ({ domains = [] }: Program): boolean => domains.some((one) => one.time !== null);

/** Copies what depends on the seeds, operands first; the rest is shared. A state may depend on itself, so the rows of states are there first. */
const substituter = (s: Sweep, seeds: ReadonlyMap<NodeId, Operand>): ((x: Operand) => Operand) => {
  const { nodes } = s.primal.program;
  const image = new Map<NodeId, NodeId>([...seeds].map(([seed, g]) => [seed, g.node]));
  const dependent = dependentOn(nodes, seeds.keys());
  const through = (x: Operand): Operand => ({ ...x, node: image.get(x.node) ?? x.node });
  const copy = (id: NodeId, node: Node): NodeId => {
    switch (node.tag) {
      case "op":
        return s.b.node({ ...node, ins: node.ins.map(through) });
      case "pick":
        return s.b.node({ ...node, of: image.get(node.of) ?? node.of });
      default:
        return id;
    }
  };
  return (wanted) => {
    const order = demandOrder(nodes, [wanted]).filter((id) => dependent.has(id) && !image.has(id));
    const states = order.flatMap((id) => {
      const node = s.primal.nodeAt(id);
      return node.tag === "cases" || node.tag === "sum" ? [{ id, node }] : [];
    });
    const domains = states.length === 0 ? null : domainsOf(s, order, seeds);
    for (const { id } of states) image.set(id, s.b.reserve(s.primal.typeAt(id), { ...s.primal.variesAt(id), space: { tag: "data" } }, domains?.(id) ?? s.primal.domainAt(id)));
    for (const id of order) if (!image.has(id)) image.set(id, copy(id, s.primal.nodeAt(id)));
    for (const { id, node } of states) s.b.define(image.get(id) ?? id, { ...node, pieces: node.pieces.map((p) => ({ on: p.on, value: relative(node, through, p.value) })) });
    return through(wanted);
  };
};

/** An equation of one step reads others as that step does: in a recurrence a fixed one may not be there. */
const relative = (node: Node, through: (x: Operand) => Operand, x: Operand): Operand => {
  const by = x.at.tag === "at" && x.at.time.from !== "t" ? shiftRead(node, x) : null;
  return by === null ? through(x) : { ...through(x), at: { tag: "at", time: moment("t", by) } };
};

/** Where the copies exist: the gradients at some steps alone, which the seeds do not say; from wherever their originals do, less and less. */
const domainsOf = (s: Sweep, order: readonly NodeId[], seeds: ReadonlyMap<NodeId, Operand>): ((id: NodeId) => Domain | undefined) => {
  const found = new Map([...seeds].flatMap(([seed, g]) => { const has = s.b.domainAt(g.node); return has === undefined ? [] : [[seed, has] as const]; }));
  if (found.size === 0) return () => undefined;
  const at = (id: NodeId): Domain => found.get(id) ?? s.primal.domainAt(id) ?? { space: { tag: "static" }, time: null };
  for (let round = 0, changed = true; changed && round <= order.length; round += 1) {
    changed = false;
    for (const id of order) {
      const steps = stepsOf(s.primal.nodeAt(id), at, 0), before = at(id).time;
      if (before !== null && sameSteps(steps, before)) continue;
      found.set(id, { space: { tag: "data" }, time: steps });
      changed = true;
    }
  }
  return at;
};
