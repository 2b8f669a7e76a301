/** What a window hands to the next one, as named arrays: `h@12` the values `[rows, …shape]`, `h@12/there` where they exist. */
import type { Entry } from "@sequent/interpreter";
import type { NodeId, Program, Tensor } from "@sequent/ir";
import type { TargetState } from "@sequent/trainer";

const NAME = /^(.*)@(-?\d+)$/;
const THERE = "/there";

/** Of several names of a value the first, as `windowed` of transform-time calls it. */
const namesOf = (program: Program): ReadonlyMap<NodeId, string> => {
  const names = new Map<NodeId, string>();
  for (const one of program.names) if (one.adjointOf === null && !names.has(one.node)) names.set(one.node, one.name);
  program.nodes.forEach((_, id) => { if (!names.has(id)) names.set(id, `#${String(id)}`); });
  return names;
};

export const nameCarried = (program: Program, entries: readonly Entry[]): TargetState => {
  const names = namesOf(program);
  return new Map(entries.flatMap(({ node, step, value, there }): [string, Tensor][] => {
    const name = `${names.get(node) ?? ""}@${String(step)}`;
    const whole = { shape: [value.rows, ...value.shape], rows: 1, batched: false, data: value.data };
    return [[name, whole], [name + THERE, { shape: [there.length], rows: 1, batched: false, data: there }]];
  }));
};

/** Null if it is not of this program. */
export const readCarried = (program: Program, carried: TargetState): readonly Entry[] | null => {
  const byName = new Map([...namesOf(program)].map(([node, name]) => [name, node]));
  const entries: Entry[] = [];
  for (const [name, { shape, data }] of carried) {
    if (name.endsWith(THERE)) continue;
    const [, of = "", step = ""] = NAME.exec(name) ?? [];
    const node = byName.get(of);
    const there = carried.get(name + THERE)?.data;
    const [rows = 0, ...rest] = shape;
    if (node === undefined || !(there instanceof Int32Array) || there.length !== rows) return null;
    const known = (program.types?.[node] ?? [])[0]?.shape ?? [];
    if (known.length !== rest.length || known.some((dim, k) => typeof dim === "number" && dim !== rest[k])) return null;
    entries.push({ node, step: Number(step), value: { shape: rest, rows, batched: true, data }, there });
  }
  return entries;
};
