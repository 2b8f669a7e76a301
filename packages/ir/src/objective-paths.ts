/** The ways along which `x $ J` goes: from this instance of x to J, the other members of the tuple held constant. */
import { readersOf } from "./readers.js";
import { isNow } from "./time.js";
import type { NodeId, Operand } from "./time.js";

/** A program as gradients see it. */
export interface Flow {
  readonly size: number;
  readonly isTimed: (node: NodeId) => boolean;
  /** The operands that a gradient may pass to. */
  readonly sourcesOf: (node: NodeId) => readonly Operand[];
}

export interface Paths {
  /** Nodes on the ways, members and objective included. */
  readonly on: (node: NodeId) => boolean;
  /** Whether a reader's use of an operand lies on one. */
  readonly counts: (reader: NodeId, x: Operand) => boolean;
  readonly missing: readonly Operand[];
  /** A value that lies on the ways at several instants, which one time index cannot tell apart. */
  readonly several: Several | null;
}

/** `steps` are counted from the objective's own; null where it is read over a range or at a fixed step. */
export interface Several {
  readonly node: NodeId;
  readonly steps: readonly [number, number] | null;
}

/** How far around the objective's own step a way may lead, where reads go to the past and to the future. */
const WINDOW = 32;

export const pathsOf = (flow: Flow, members: readonly Operand[], value: NodeId): Paths => {
  const leaves = new Set(members.map((x) => x.node));
  const ahead = reachedFrom(flow, leaves);
  const behind = behindOf(flow, value, leaves, ahead);
  const missing = members.filter((x) => !behind.has(x.node));
  const timed = [...behind].some((node) => flow.isTimed(node));
  if (!timed) return { on: (node) => behind.has(node), counts: (_, x) => behind.has(x.node), missing, several: null };
  return atInstants(flow, members, value, behind, leaves);
};

/** Nodes that depend on some others along ways that a gradient takes. */
const reachedFrom = (flow: Flow, from: Iterable<NodeId>): Uint8Array => {
  const readers = readersOf(flow.size, flow.sourcesOf);
  const found = new Uint8Array(flow.size);
  const queue: NodeId[] = [];
  const add = (id: NodeId): void => {
    if (found[id] === 1) return;
    found[id] = 1;
    queue.push(id);
  };
  for (const id of from) add(id);
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) readers(id, add);
  return found;
};

/** What the objective depends on and a member leads to; members lead no further. */
const behindOf = (flow: Flow, value: NodeId, leaves: ReadonlySet<NodeId>, ahead: Uint8Array): ReadonlySet<NodeId> => {
  const found = new Set<NodeId>();
  const queue: NodeId[] = [value];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    if (ahead[id] !== 1 || found.has(id)) continue;
    found.add(id);
    if (!leaves.has(id)) for (const x of flow.sourcesOf(id)) queue.push(x.node);
  }
  return found;
};

/** The step of a value relative to the objective's; values without time have none. */
type Place = string;
const placeOf = (node: NodeId, step: number | null): Place => `${String(node)}@${String(step)}`;

/** How many steps later an operand is read, or null where the context is not a shift. */
const shiftOf = (x: Operand): number | null => (x.at.tag === "at" && x.at.time.from === "t" ? x.at.time.plus : isNow(x.at) ? 0 : null);

const atInstants = (flow: Flow, members: readonly Operand[], value: NodeId, behind: ReadonlySet<NodeId>, leaves: ReadonlySet<NodeId>): Paths => {
  const wanted = new Map(members.map((x) => [x.node, flow.isTimed(x.node) ? shiftOf(x) : null]));
  const [low, high] = boundsOf(flow, behind, leaves, [...wanted.values()]);
  const readers = new Map<Place, Place[]>();
  const seen = new Map<Place, readonly [NodeId, number | null]>();
  const start = [value, flow.isTimed(value) ? 0 : null] as const;
  const queue: (readonly [NodeId, number | null])[] = [start];
  seen.set(placeOf(...start), start);
  let blurred: NodeId | null = null;
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    const [id, step] = at;
    if (leaves.has(id)) continue;
    for (const x of flow.sourcesOf(id)) {
      if (!behind.has(x.node)) continue;
      const next = stepOf(flow, x, step);
      if (next === "blurred") {
        blurred = x.node;
        continue;
      }
      if (next !== null && (next < low || next > high)) continue;
      const place = placeOf(x.node, next);
      readers.set(place, [...(readers.get(place) ?? []), placeOf(id, step)]);
      if (!seen.has(place)) {
        seen.set(place, [x.node, next]);
        queue.push([x.node, next]);
      }
    }
  }
  return settlePlaces(members, wanted, readers, seen, blurred);
};

const stepOf = (flow: Flow, x: Operand, step: number | null): number | null | "blurred" => {
  if (!flow.isTimed(x.node)) return null;
  const shift = shiftOf(x);
  return shift === null || step === null ? "blurred" : step + shift;
};

/** All reads to the past: nothing earlier than the earliest member comes back to one; likewise for the future. */
const boundsOf = (
  flow: Flow,
  behind: ReadonlySet<NodeId>,
  leaves: ReadonlySet<NodeId>,
  steps: readonly (number | null)[],
): readonly [number, number] => {
  let past = false, future = false;
  for (const id of behind) {
    if (leaves.has(id)) continue;
    for (const x of flow.sourcesOf(id)) {
      const shift = behind.has(x.node) ? (shiftOf(x) ?? 0) : 0;
      past ||= shift < 0;
      future ||= shift > 0;
    }
  }
  const least = Math.min(0, ...steps.map((s) => s ?? 0)), most = Math.max(0, ...steps.map((s) => s ?? 0));
  if (past && future) return [least - WINDOW, most + WINDOW];
  return [least, most];
};

const settlePlaces = (
  members: readonly Operand[],
  wanted: ReadonlyMap<NodeId, number | null>,
  readers: ReadonlyMap<Place, readonly Place[]>,
  seen: ReadonlyMap<Place, readonly [NodeId, number | null]>,
  blurred: NodeId | null,
): Paths => {
  const alive = new Set<Place>();
  const stepsOf = new Map<NodeId, number | null>();
  let several: Several | null = blurred === null ? null : { node: blurred, steps: null };
  const queue = [...wanted].map(([node, step]) => placeOf(node, step)).filter((place) => seen.has(place));
  for (let place = queue.pop(); place !== undefined; place = queue.pop()) {
    if (alive.has(place)) continue;
    alive.add(place);
    const at = seen.get(place);
    if (at === undefined) continue;
    const known = stepsOf.get(at[0]);
    if (known !== undefined && known !== at[1] && several === null) several = { node: at[0], steps: [Math.min(known ?? 0, at[1] ?? 0), Math.max(known ?? 0, at[1] ?? 0)] };
    stepsOf.set(at[0], at[1]);
    queue.push(...(readers.get(place) ?? []));
  }
  const counts = (reader: NodeId, x: Operand): boolean => {
    const from = stepsOf.get(reader), to = stepsOf.get(x.node);
    if (from === undefined || to === undefined) return false;
    return to === null || from === null || from + (shiftOf(x) ?? 0) === to;
  };
  return { on: (node) => stepsOf.has(node), counts, missing: members.filter((x) => !stepsOf.has(x.node)), several };
};
