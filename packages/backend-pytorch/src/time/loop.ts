/** A recurrence as one Python loop over its steps: what it reads of the outside comes step by step, what it makes is stacked at its end. */
import { invariant, moment, shiftMoment } from "@sequent/ir";
import type { Moment, NodeId } from "@sequent/ir";
import { atom } from "../model/code.js";
import type { Inside, Scribe } from "../model/body.js";
import { outsOf } from "../model/body.js";
import { callAt } from "../model/emission.js";
import { keyOf } from "../model/scope.js";
import type { Item } from "../model/scope.js";
import { existsAt, fixedSteps, iterationOrder, itemsByNode, mainSteps } from "./iterations.js";
import { addTo, startOfGather } from "./gather.js";
import type { Gather } from "./gather.js";
import { printKernel } from "./kernel.js";
import { joinIn, pieceHere } from "./loop-joins.js";
import { mainOf, placesOf, sourceOf, stepHere } from "./loop-printing.js";
import type { Printing } from "./loop-printing.js";
import { validRow } from "./loop-rows.js";
import { gathersOf, statesOf, subjectOf } from "./loop-states.js";
import { seenIn, valueIn } from "./loop-values.js";
import type { Loop } from "./plan.js";
import { clockOf, isBatched } from "./reading.js";
import { writeLoop } from "./write-loop.js";

export const printLoop = (scribe: Scribe, index: number, items: readonly Item[]): void => {
  const loop = scribe.emission.time.loops[index], match = scribe.emission.cellOf(index);
  invariant(loop !== undefined, "a loop without a schedule");
  if (match === null) printSteps(scribe, loop, items);
  else printKernel(scribe, loop, match);
};

const printSteps = (scribe: Scribe, loop: Loop, items: readonly Item[]): void => {
  const outer = scribe.names, around = scribe.inside;
  scribe.names = outer.part();
  const own = itemsByNode(scribe, loop, items), places = placesOf(loop, own);
  const order = iterationOrder(scribe, items, own.giver, places.ago);
  const main = mainSteps(scribe, items, places.skewAt, own.has, places.ago, places.isForward);
  const states = statesOf(scribe, items, own, places.ago), gathers = gathersOf(scribe, items, own);
  for (const { from, variable } of gathers.values()) if (!states.has(from)) states.set(from, { id: from, variable: scribe.names.take(`${variable}_t`), before: null, list: null, kept: false, zeros: 0, missed: 0 });
  const p: Printing = {
    ...places, scribe, own, main, states, gathers, sources: new Map(), reads: new Map(), placed: { ...scribe.reading.horizon, byRow: false }, fixedAt: null, endAt: null,
  };

  scribe.inside = insideOf(p, items);
  const { early, late } = fixedSteps(scribe, items, places.skewAt, main, places.isForward);
  const before = early.map((m) => iteration(p, order, m));
  const body = iteration(p, order, null);
  const after = late.map((m) => {
    const lines = iteration(p, order, m);
    for (const item of order) if (!existsAt(scribe, item, shiftMoment(m, places.skewAt(item)))) for (const id of madeBy(scribe, item)) { const state = states.get(id); if (state !== undefined) state.missed += 1; }
    return lines;
  });
  scribe.inside = around;
  scribe.names = outer;

  for (const gather of gathers.values()) scribe.tell(null, startOfGather(scribe, gather));
  writeLoop(scribe, { loop, states: [...states.values()], sources: [...p.sources.values()], before, body, after, main, reads: p.reads, about: subjectOf(scribe, [...states.values()], order) });
};

const madeBy = ({ emission }: Scribe, item: Item): readonly NodeId[] => (item.tag === "node" ? [item.id] : outsOf(callAt(emission.program, item.id)));

/** The lines of one iteration: of one in front of the loop or behind it, with what exists there; null: of the loop's own. */
const iteration = (p: Printing, order: readonly Item[], fixed: Moment | null): readonly string[] => {
  const { scribe, states } = p;
  p.fixedAt = fixed;
  const done: NodeId[] = [];
  const lines = scribe.aside(() => {
    for (const item of order) {
      if (fixed !== null && !existsAt(scribe, item, shiftMoment(fixed, p.skewAt(item)))) continue;
      scribe.print([item]);
      for (const gather of p.gathers.values()) if (item.tag === "node" && gather.from === item.id) scribe.tell(null, addingTo(p, gather));
      done.push(...madeBy(scribe, item));
    }
  });
  p.fixedAt = null;
  const appended = done.flatMap((id) => { const state = states.get(id); return state === undefined || state.list === null ? [] : [`${state.list}.append(${state.variable})`]; });
  return [...lines, ...appended];
};

/** What a reader of a range gives back to it. */
const addingTo = (p: Printing, gather: Gather): string => {
  const { emission, values } = p.scribe, steps = emission.time.stepsOf(gather.from);
  const valid = p.fixedAt === null && steps !== null && isBatched(emission, gather.from) ? validRow(p, steps, p.skewOf(gather.from)) : null;
  return addTo(p.scribe, gather, values.get(gather.from) ?? atom(""), valid, (name, whole) => rowOf(p, `${name} ${gather.variable}`, name, gather.from, whole));
};

/** What a node has in the iteration that is being printed, of something that is made for all steps at once. */
const rowOf = (p: Printing, key: string, name: string, id: NodeId, whole: Parameters<Inside["row"]>[3]) => {
  const here = stepHere(p, id);
  if (here !== null) {
    const text = whole({ lower: here, upper: here }, p.placed);
    return atom(`${/ [&|] /.test(text) ? p.scribe.reading.horizon.variable(name, text) : text}[0]`);
  }
  return sourceOf(p, `${key} ${String(p.skewOf(id))}`, name, () => atom(whole(mainOf(p, id), p.scribe.reading.horizon)));
};

/** How the items of a loop read, and are named, within one iteration. */
const insideOf = (p: Printing, items: readonly Item[]): Inside => {
  const { scribe, own, states } = p, { program } = scribe.emission;
  const keys = new Set(items.map(keyOf));
  return {
    holds: (item) => keys.has(keyOf(item)),
    value: (x, item) => valueIn(p, x, item),
    target: (id) => states.get(id)?.variable ?? null,
    wanted: (name) => `${name}_t`,
    isAlias: (id) => own.isAlias(id),
    told: (id) => {
      const node = program.nodes[id], piece = node?.tag === "cases" ? pieceHere(p, id, node) : undefined;
      const from = piece === undefined || !own.has(piece.value.node) ? null : own.giver(piece.value.node);
      return from ?? { tag: "node", id };
    },
    seen: (x, item) => seenIn(p, x, item),
    row: (key, name, id, whole) => rowOf(p, key, name, id, whole),
    clock: () => (p.fixedAt === null ? sourceOf(p, "clock", "t", () => atom(clockOf(p.main, scribe.reading.horizon).text)).text : momentText(p.fixedAt, scribe)),
    join: (id, node, terms) => joinIn(p, id, node, terms),
  };
};

const momentText = (m: Moment, { reading }: Scribe): string => {
  const { moved, count } = reading.horizon;
  if (moved === null) return m.from === "0" ? String(m.plus) : count({ lower: moment("0", 1), upper: m });
  return m.from === "0" ? `${String(m.plus - moved)} + offset` : `${count({ lower: moment("0", 1 + moved), upper: m })} + offset`;
};
