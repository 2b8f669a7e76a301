/** Where values over time exist: the least fixpoint of intervals of steps. */
import { AROUND, horizonOf, hullSteps, intersectSteps, isBefore, isEmptySteps, moment, NEVER, sameSteps, stepsOf } from "@sequent/ir";
import type { Domain, Interval, Moment, NodeId, Program } from "@sequent/ir";
import type { Component } from "./reads.js";
import type { Direction } from "./direction.js";

/** Beyond every step: what an end is widened to that moves with every turn around a recurrence. */
const FAR = 2 ** 30;
const WIDE: Readonly<Record<Direction, Moment>> = { forward: moment("T", FAR), backward: moment("0", -FAR) };

const NO_STEPS: Domain = { space: { tag: "static" }, time: NEVER };

/** The steps of an input over time. */
export type StepsOfInput = (name: string) => Interval;

/** A program of windows that begin at a step behind the first. */
export interface Part {
  readonly first: number;
  /** What has steps before that, which earlier windows left. All else is computed from the first one on. */
  readonly given: ReadonlySet<NodeId>;
}

export interface Domains {
  readonly at: (id: NodeId) => Domain;
  readonly all: () => readonly Domain[];
  /** Computes a value that reads no later one, or a recurrence with its direction. */
  readonly settle: (component: Component, direction: Direction | null) => void;
}

export const createDomains = (program: Program, stepsOfInput: StepsOfInput, part: Part | null = null, opening = 0): Domains => {
  const found: (Domain | undefined)[] = new Array<Domain | undefined>(program.nodes.length);
  const at = (id: NodeId): Domain => found[id] ?? NO_STEPS;
  const keep = horizonOf(program)?.back ?? Infinity;
  const spaceOf = (id: NodeId): Domain["space"] => (program.varies ?? [])[id]?.space ?? { tag: "static" };
  const isTimed = (id: NodeId): boolean => (program.varies ?? [])[id]?.time === true;
  const computed = (id: NodeId): Interval => {
    const node = program.nodes[id];
    if (node === undefined) return NEVER;
    if (node.tag === "input") return stepsOfInput(node.name);
    const found = node.tag === "sum" && node.pieces.length === 0 ? AROUND : stepsOf(node, at, 0, keep);
    const steps = opening > 0 && (node.tag === "op" || node.tag === "pick") ? intersectSteps(found, { lower: moment("0", opening), upper: AROUND.upper }) : found;
    return part === null || part.given.has(id) ? steps : intersectSteps(steps, { lower: moment("0", part.first), upper: AROUND.upper });
  };
  const put = (id: NodeId, time: Interval | null): void => {
    found[id] = { space: spaceOf(id), time };
  };
  const once = (id: NodeId): void => { put(id, isTimed(id) ? computed(id) : null); };

  /**
   * Grows from nothing, the end that runs with the recurrence widened as soon as it moves; then shrinks to what the values that are read
   * from outside allow. Only the interval that the boundary starts is found, so that a gap ends it.
   */
  const around = (nodes: readonly NodeId[], direction: Direction): void => {
    const rounds = nodes.length + 2;
    for (const id of nodes) put(id, isTimed(id) ? NEVER : null);
    const timed = nodes.filter(isTimed);
    for (let round = 0; round < 2 * rounds; round += 1) {
      let changed = false;
      for (const id of timed) {
        const before = at(id).time ?? NEVER;
        const now = hullSteps(before, computed(id));
        if (sameSteps(before, now)) continue;
        changed = true;
        put(id, isEmptySteps(before) ? now : widened(before, now, direction));
      }
      if (!changed) break;
    }
    for (let round = 0; round < rounds; round += 1) {
      let changed = false;
      for (const id of timed) {
        const now = computed(id);
        if (sameSteps(at(id).time ?? NEVER, now)) continue;
        put(id, now);
        changed = true;
      }
      if (!changed) break;
    }
  };
  return {
    at,
    all: () => program.nodes.map((_, id) => at(id)),
    settle: ({ nodes }, direction) => {
      const [only] = nodes;
      if (direction === null && only !== undefined) once(only);
      else if (direction !== null) around(nodes, direction);
    },
  };
};

const widened = (before: Interval, now: Interval, direction: Direction): Interval =>
  direction === "forward"
    ? { lower: now.lower, upper: isBefore(before.upper, now.upper) ? WIDE.forward : now.upper }
    : { lower: isBefore(now.lower, before.lower) ? WIDE.backward : now.lower, upper: now.upper };
