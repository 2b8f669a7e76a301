/** How the items of a scope read values where there is time: all steps at once, or what the loop around them says. */
import { EPISODE, FIRST_STEP, intersectSteps, invariant, isEmptySteps, isNow, moment, NEVER, pieceSteps, read, sameSteps } from "@sequent/ir";
import type { Domain, Interval, NodeId, Operand, Piece } from "@sequent/ir";
import { atom, call, method } from "../model/code.js";
import type { Code } from "../model/code.js";
import type { Inside, Join, Reading, Surroundings } from "../model/body.js";
import type { Emission } from "../model/emission.js";
import type { Item } from "../model/scope.js";
import type { Lead } from "../lowerings/lowering.js";
import { joined } from "./join.js";
import { behind as maskBehind, cut, fanned, fannedOnce, plusText, readKept, repeatLast, rowPlace, seenOf, subscript, sweep, validOf } from "./read.js";
import type { Horizon, Kept, Seen } from "./read.js";
import { fromEnd, fromFront, isLong, leastCount, leastEnd, leastOf, mayBeEmpty, stepsIn } from "./slices.js";

export const domainIn = ({ program }: Emission) => (id: NodeId): Domain => program.domains?.[id] ?? { space: { tag: "static" }, time: null };

/** The steps on which a term gives a value that is wanted. */
export const stepsOfPiece = (emission: Emission, id: NodeId, piece: Piece): Interval => {
  // Of what is wanted at no step nothing is computed.
  if (emission.time.isTimed(piece.value.node) && emission.time.stepsOf(piece.value.node) === null) return NEVER;
  const found = pieceSteps(piece, domainIn(emission)) ?? EPISODE;
  return intersectSteps(found, emission.time.stepsOf(id) ?? EPISODE);
};

export const isBatched = (emission: Emission, id: NodeId): boolean => (emission.program.varies ?? [])[id]?.space.tag === "data";
export const rankAt = (emission: Emission, id: NodeId): number => (emission.program.types ?? [])[id]?.[0]?.shape.length ?? 0;

export const keptOf = (emission: Emission, id: NodeId, code: Code, steps: Interval): Kept => ({
  code, steps, rank: rankAt(emission, id), batched: isBatched(emission, id), isGradient: emission.isGradient(id),
});
/** Counts of steps and rows, from values that the scope is given. */
const sizesIn = (emission: Emission, around: Surroundings) => {
  const { time } = emission;
  const given = [...around.given].filter(([id]) => isBatched(emission, id) && !emission.time.isSwept(id));
  const long = given.find(([id]) => { const steps = time.stepsOf(id); return steps !== null && isLong(steps); }) ?? null;
  const first = long ?? given.find(([id]) => !time.isTimed(id)) ?? given[0] ?? null;
  const rows = around.rows ?? (first === null ? "rows" : time.isTimed(first[0]) && time.isWhole(around.scope) ? `${first[1].text}.shape[1]` : `len(${first[1].text})`);
  const count = (on: Interval): string => {
    if (!isLong(on)) return String(on.upper.plus - on.lower.plus + 1);
    invariant(long !== null, "no value tells how many steps there are");
    const has = time.stepsOf(long[0]);
    invariant(has !== null, "a value over time has steps");
    const more = (fromEnd(on, has.upper) ?? 0) + (fromFront(on, has.lower) ?? 0);
    const found = more === 0 ? `len(${long[1].text})` : `len(${long[1].text}) ${more > 0 ? "+" : "-"} ${String(Math.abs(more))}`;
    return leastCount(on, leastEnd(emission.program)) < 0 ? `max(0, ${found})` : found;
  };
  const device = first === null ? "" : `, device=${first[1].text}.device`;
  return { rows, count, device };
};

export const timedReading = (
  emission: Emission, around: Surroundings, kept: (operand: Operand) => Code, current: () => Inside | null, variable: (base: string, text: string) => string,
): Reading => {
  const { program, time } = emission;
  /** The loop that an item is printed in. */
  const inside = (item: Item): Inside | null => { const now = current(); return now?.holds(item) === true ? now : null; };
  const isInside = (id: NodeId): boolean => current() !== null && time.loopOf(id) !== null && current()?.holds({ tag: "node", id }) === true;
  const { rows, count, device } = sizesIn(emission, around);
  const { window } = emission.options;
  const horizon: Horizon = {
    count, device, last: emission.options.ragged ? "lengths" : null, byRow: true, short: emission.options.padded !== null, moved: window === null ? null : window.first - FIRST_STEP, keep: emission.options.keep, variable,
    asks: (on) => { emission.least.steps = Math.max(emission.least.steps, leastOf(on)); },
  };
  const keptAs = (id: NodeId, code: Code, steps: Interval): Kept => keptOf(emission, id, code, steps);
  /** The steps that an item reads at; of a collective those at which all that it reads exists. */
  const stepsAt = (item: Item, operand: Operand): Interval | null => {
    if (item.tag === "call") return time.stepsOfCall(item.id);
    const node = program.nodes[item.id];
    if (operand.at.tag === "over" && node?.tag === "op") {
      return node.ins.reduce<Interval | null>((all, x) => {
        const steps = time.isTimed(x.node) ? time.stepsOf(x.node) : null;
        return steps === null ? all : all === null ? steps : intersectSteps(all, steps);
      }, null);
    }
    return time.stepsOf(item.id);
  };
  /** A range stacks what all that it meets has. */
  const alongAxis = (has: Kept, x: Operand): Kept => {
    const axis = x.at.tag === "range" ? time.axisOf(x)?.steps : undefined;
    return axis === undefined || x.at.tag !== "range" || sameSteps(axis, sweep(x.at.on, has.steps)) ? has : { ...has, code: cut(has, axis, { ...horizon, last: null }), steps: axis };
  };
  const value = (operand: Operand, item?: Item): Code => {
    if (item === undefined) return kept(operand);
    const found = inside(item)?.value(operand, item) ?? null;
    if (found !== null) return found;
    const code = kept(operand);
    const steps = time.stepsOf(operand.node);
    // Within a function there is one instance, or all of them.
    if (steps === null || !time.isWhole(around.scope) || (emission.time.isSwept(operand.node) && isNow(operand.at))) return code;
    const node = item.tag === "node" ? program.nodes[item.id] : undefined;
    // Each piece of a join is cut to its own steps.
    const isJoin = item.tag === "node" && (node?.tag === "cases" || node?.tag === "sum") && time.stepsOf(item.id) !== null;
    return isJoin ? code : selected(operand, item, readKept(alongAxis(keptAs(operand.node, code, steps), operand), operand.at, stepsAt(item, operand), horizon));
  };
  const leadOfValue = (id: NodeId): Lead => {
    const batched = isBatched(emission, id);
    if (!time.isTimed(id)) return batched ? 1 : 0;
    return isInside(id) || time.isStepwise(around.scope) || emission.time.isSwept(id) ? 1 : 2;
  };
  const lead = (operand: Operand, item: Item): Lead => {
    const own = inside(item) !== null && time.isTimed(operand.node) ? 1 : leadOfValue(operand.node);
    if (!time.isTimed(operand.node)) return own;
    if (operand.at.tag === "at" && operand.at.time.from !== "t") return isBatched(emission, operand.node) ? 1 : 0;
    if (operand.at.tag === "over") return emission.time.isSwept(operand.node) || (operand.at.axes !== "time" && isPicked(stepsAt(item, operand))) ? 1 : 2;
    if (operand.at.tag === "range" && !(operand.at.on.lower.from === "t" && operand.at.on.upper.from === "t")) return 1;
    return own;
  };
  const term = (operand: Operand, on: Interval, code: Code): Code => {
    const steps = time.stepsOf(operand.node);
    const own = operand.at.tag === "fan" ? domainIn(emission)(operand.at.of).time : null;
    if (operand.at.tag === "fan" && own !== null) return fannedTerm(emission, operand.node, operand.at.range, code, own, on, horizon);
    return steps === null || isEmptySteps(on) ? code : readKept(keptAs(operand.node, code, steps), operand.at, on, horizon);
  };
  const seen = (operand: Operand, item: Item, axis: number, rank: number): Code | null => {
    const found = time.axisOf(operand), on = item.tag === "node" ? time.stepsOf(item.id) : null;
    const within = inside(item);
    const isFixed = found !== null && found.on.lower.from !== "t" && found.on.upper.from !== "t";
    const features = Array<string>(rank - 1 - axis).fill("None");
    const own = within?.seen(operand, item) ?? null;
    if (own !== null) return axis + features.length === 0 ? own : subscript(own, [":", ...Array<string>(axis).fill("None"), ":", ...features].join(", "));
    if (found === null || (on === null && !isFixed) || item.tag !== "node") return null;
    if (within !== null && (time.isOwnStack(item.id, operand) || time.ownBeside(item.id, operand) !== null)) return null;
    const whole = (steps: Interval, placed: Horizon): Seen | null => seenOf(found.steps, found.on, steps, placed);
    const mask = whole(on ?? found.steps, horizon);
    if (mask === null) return null;
    const { text, byRow } = mask;
    if (isFixed) return subscript(atom(text), [":", ...Array<string>(axis).fill("None"), ":", ...features].join(", "));
    if (within !== null) {
      const row = within.row(`seen ${JSON.stringify(found)}`, "seen_t", item.id, (steps, placed) => {
        const mask = whole(steps, placed)?.text ?? "";
        return horizon.keep === null || mask === "" ? mask : variable("near", mask);
      });
      if (byRow) return subscript(row, [":", ...Array<string>(axis).fill("None"), ":", ...features].join(", "));
      return features.length === 0 ? row : subscript(row, [":", ...features].join(", "));
    }
    return subscript(atom(variable("seen", text)), [":", byRow ? ":" : "None", ...Array<string>(axis).fill("None"), ...(features.length === 0 && !byRow ? [] : [":", ...features])].join(", "));
  };
  /** Whether rows have different steps of an interval. */
  const isPicked = (on: Interval | null): boolean => on !== null && horizon.last !== null && on.lower.from === "0" && on.upper.from === "T";
  /** A collective reads the steps that each row has: they are rows of their own then, or zeros where rows are kept. */
  const selected = (operand: Operand, item: Item, value: Code): Code => {
    if (operand.at.tag !== "over" || !time.isTimed(operand.node)) return value;
    const on = stepsAt(item, operand);
    const valid = on === null ? null : validOf(on, horizon);
    if (valid === null) return value;
    if (operand.at.axes === "time") return call("torch.where", maskBehind(atom(valid), rankAt(emission, operand.node)), value, "0.0");
    return subscript(isBatched(emission, operand.node) ? value : method(value, "expand", "-1", rows, ...Array<string>(rankAt(emission, operand.node)).fill("-1")), valid);
  };
  return {
    seen,
    mayLack: (operand, item) => {
      const on = operand.at.tag === "over" && time.isTimed(operand.node) ? stepsAt(item, operand) : null;
      return on !== null && mayBeEmpty(on, leastEnd(program));
    },
    valid: (id) => {
      const on = time.stepsOf(id), text = on === null || !time.isWhole(around.scope) ? null : validOf(on, horizon);
      return text === null ? null : atom(text);
    },
    repeated: (id, x) => {
      const on = time.stepsOf(id);
      return on === null || horizon.last === null ? x : repeatLast(x, on, horizon.last);
    },
    value, lead, ownLead: leadOfValue, rows, horizon,
    steps: (id) => { const on = time.stepsOf(id); return on === null ? "1" : count(on); },
    clock: (id) => {
      const on = time.stepsOf(id);
      if (!time.isTimed(id) || on === null) return null;
      if (!time.isWhole(around.scope)) return { text: "t", byRow: false };
      const now = inside({ tag: "node", id })?.clock(), steps = clockOf(on, horizon);
      return now === undefined ? { ...steps, text: variable("steps", steps.text) } : { text: now, byRow: false };
    },
    join: (id, node: Join, terms) => {
      const within = inside({ tag: "node", id });
      if (within !== null) return within.join(id, node, terms);
      const on = time.stepsOf(id);
      if (on === null || !time.isWhole(around.scope)) return null;
      return joined({ emission, id, node, on, rows, horizon, value: (piece, steps) => term(piece.value, steps, terms(piece.value, { tag: "node", id })) });
    },
  };
};

/** What readers of a range give back to what they read. */
export const fannedTerm = (emission: Emission, id: NodeId, range: Interval, code: Code, own: Interval, on: Interval, horizon: Horizon): Code => {
  const steps = emission.time.stepsOf(id), rank = rankAt(emission, id), batched = isBatched(emission, id);
  const axis = emission.time.axisOf(read(id))?.steps ?? sweep(range, own);
  if (steps === null) return fannedOnce({ code, rank, batched }, range, axis, own, on, horizon);
  // What is the same for all readers comes from each of them.
  const each = emission.time.isSwept(id) ? method(code, "expand", horizon.count(steps), ...Array<string>(rank + 1).fill("-1")) : code;
  return fanned({ code: each, steps, rank, batched }, range, axis, own, on, horizon);
};

/** Steps as numbers: `[steps]`, or `[steps, batch]` where each row has its own. */
export interface Clock {
  readonly text: string;
  readonly byRow: boolean;
}
/** The steps of an interval as numbers. */
export const clockOf = (on: Interval, { count, device, last, byRow, moved }: Horizon): Clock => {
  const first = on.lower.plus - (moved ?? 0), before = moved === null ? "" : `${OFFSET} + `;
  const n = count(on);
  if (on.lower.from === "T" && last !== null && byRow) {
    const each = stepsIn(on).map((m) => before + rowPlace(last, m.plus - (moved ?? 0)));
    return { text: `torch.stack([${each.join(", ")}])`, byRow: true };
  }
  const steps = (from: string, to: string): Clock => ({ text: `torch.arange(${from === "0" ? "" : `${from}, `}${to}${device})`, byRow: false });
  if (on.lower.from === "T") {
    const end = plusText(before + count({ lower: moment("0", 1), upper: on.lower }), -(moved ?? 0));
    return steps(end, plusText(end, on.upper.plus - on.lower.plus + 1));
  }
  if (moved !== null) return steps(plusText(OFFSET, first), before + plusText(n, first));
  return steps(String(first), plusText(n, first));
};
/** What functions are told of the steps before a window. */
const OFFSET = "offset";
