/** Macros over time: cells that are given whatever step the caller writes, and macros that hold recurrent states of their own. */
import { anySignal, beside, fresh, layerOf, push, readAt, stepAt, supportOf, termOf, widthOf } from "./draft.js";
import type { Direction, Signal, TimeDraft } from "./draft.js";
import { now, partsOf } from "./equation.js";
import type { Part } from "./equation.js";
import { before, behind, boundaries, finish, here, planScan } from "./scans.js";
import type { Feature } from "./scans.js";

const indented = (parts: readonly Part[]): readonly Part[] => ["    ", ...parts];
const define = (draft: TimeDraft, header: readonly Part[], body: readonly (readonly Part[])[]): void => {
  for (const parts of [header, ...body.map(indented), [""]]) draft.macros.push({ parts, defines: false });
};

/** A cell, as plain arithmetic of two arguments without contexts, or with the contexts of its first caller. */
const newCell = (draft: TimeDraft, input: number): TimeDraft["cells"][number] => {
  const size = widthOf(draft), name = fresh(draft, "Cell");
  if (draft.choices.chance(0.5)) define(draft, [`${name}: h, v`], [partsOf`h | v --[${layerOf(draft, size)}|tanh]-> n`, ["return n"]]);
  else {
    define(draft, [`${name}: h, v`], [
      partsOf`h | v --[${layerOf(draft, size)}|sigmoid]-> z`, partsOf`h | v --[${layerOf(draft, size)}|tanh]-> n`, ["(1 - z) * h + z * n -> u"], ["return u"],
    ]);
  }
  const cell = { name, size, input, count: 0 };
  draft.cells.push(cell);
  return cell;
};

const runCell = (draft: TimeDraft, direction: Direction, cell: TimeDraft["cells"][number], driver: Signal, instance: number): Signal => {
  const scan = planScan(draft, direction, [readAt(driver)], 1);
  const name = fresh(draft, "h");
  push(draft, partsOf`${before(scan, name, 1)}, ${termOf(readAt(driver))} --[${cell.name}_${String(instance)}]-> ${here(name)}`);
  boundaries(draft, scan, name, cell.size);
  return finish(draft, scan, name, cell.size);
};

const cells: Feature = {
  name: "macro as a cell",
  add: (draft) => {
    const { choices } = draft;
    const driver = anySignal(draft, (one) => one.first <= 1);
    const known = draft.cells.find((one) => one.input === driver.size);
    const cell = known !== undefined && choices.chance(0.5) ? known : newCell(draft, driver.size);
    cell.count += 1;
    const first = choices.pick<Direction>(["forward", "backward"]);
    if (first === "backward") draft.tags.add("macro as a backward cell");
    runCell(draft, first, cell, driver, cell.count);
    if (!choices.chance(0.4)) return;
    const other: Direction = first === "forward" ? "backward" : "forward";
    const tied = choices.chance(0.4);
    if (tied) draft.tags.add("tied parameter");
    else cell.count += 1;
    draft.tags.add("macro as a backward cell").add("mixed directions");
    runCell(draft, other, cell, driver, cell.count);
  },
};

/** A macro whose formal is bound with its context. */
const wholeFormals: Feature = {
  name: "macro with contexts in its formals",
  add: (draft) => {
    const driver = anySignal(draft, (one) => one.first <= 1);
    const scan = planScan(draft, draft.choices.pick<Direction>(["forward", "backward"]), [readAt(driver)], 1);
    const size = widthOf(draft), macro = fresh(draft, "Enc"), name = fresh(draft, "h");
    const past = { name: "h", at: now(behind(scan.direction, 1)) }, own = { name: "h", at: now() }, x = { name: "x", at: now() }, z = { name: "z", at: now() };
    define(draft, partsOf`${macro}: ${past}, ${x}`, [
      partsOf`${past} | ${x} --[${layerOf(draft, size)}|sigmoid]-> ${z}`,
      partsOf`(1 - ${z}) * ${past} + ${z} * tanh(${past}) -> ${own}`,
      partsOf`return ${own}`,
    ]);
    push(draft, partsOf`${before(scan, name, 1)}, ${termOf(readAt(driver))} --[${macro}_1]-> ${here(name)}`);
    boundaries(draft, scan, name, size);
    finish(draft, scan, name, size);
  },
};

/** Layers of a macro with a state of its own, one set of states at each call. */
const ownState: Feature = {
  name: "macro state",
  add: (draft) => {
    const { choices } = draft;
    const x = anySignal(draft, (one) => one.first <= 1 && one.last >= 0);
    const scan = planScan(draft, choices.pick<Direction>(["forward", "backward"]), [readAt(x)], 1);
    const size = widthOf(draft), macro = fresh(draft, "Rec");
    const s = { name: "s", at: now() }, v = { name: "v", at: now() }, past = { name: "s", at: now(behind(scan.direction, 1)) };
    const layer = layerOf(draft, size), smoothed = choices.chance(0.4);
    define(draft, partsOf`${macro}: ${v}`, [
      partsOf`${choices.pick(["0", "0.5"])} -> ${{ name: "s", at: stepAt(scan.direction, scan.base) }}`,
      partsOf`${beside([past, v])} --[${layer}|tanh]-> ${s}`,
      ...(smoothed ? [partsOf`${s} * 0.5 + 0.5 * ${past} -> ${{ name: "r", at: now() }}`, partsOf`return ${{ name: "r", at: now() }}`] : [partsOf`return ${s}`]),
    ]);
    const call = (of: Signal, instance: number): Signal => {
      const name = fresh(draft, "h");
      push(draft, partsOf`${termOf(readAt(of))} --[${macro}_${String(instance)}]-> ${{ name, at: now() }}`);
      const made = finish(draft, { ...scan, drivers: [readAt(of)], support: { ...supportOf([readAt(of)]) } }, name, size);
      if (!smoothed) return made;
      // What is returned exists where the step before does.
      const cut: Signal = scan.direction === "forward" ? { ...made, first: Math.max(0, made.first + 1) } : { ...made, last: Math.min(0, made.last - 1) };
      draft.signals.splice(draft.signals.length - 1, 1, cut);
      return cut;
    };
    const first = call(x, 1);
    if (!choices.chance(0.6)) return;
    draft.tags.add("several instances of a macro");
    const again = choices.chance(0.3);
    if ((!again || x.size === first.size) && first.first <= scan.base + 1 && -first.last <= scan.base + 1) call(first, again ? 1 : 2);
    else call(x, again ? 1 : 2);
    if (again) draft.tags.add("tied parameter");
  },
};

export const macros: readonly Feature[] = [ownState, cells, wholeFormals];
