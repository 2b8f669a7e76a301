/** Of which steps a stated gradient is made: where its parts exist, which way they lie, and how one step reads what another does. */
import { demandOrder, moment, operandsOf, read, sameSteps, stepsOf } from "@sequent/ir";
import type { Domain, Interval, Node, NodeId, Operand, Program } from "@sequent/ir";
import { directionsOf } from "@sequent/transform-time";

/** What of gradients is read by what is computed of them. */
export const readsOfGradients = (program: Program, gradients: readonly Operand[], dependent: ReadonlySet<NodeId>): readonly Operand[] => {
  const reads = gradients.filter((x) => dependent.has(x.node)), seen = new Set<NodeId>();
  for (const { node } of reads) {
    if (seen.has(node)) continue;
    seen.add(node);
    reads.push(...operandsOf(program.nodes[node] ?? { tag: "input", name: "" }).filter((x) => dependent.has(x.node)));
  }
  return reads;
};

/** Where values exist, gradients of results being where these are. */
export const domainsWith = (program: Program, dependent: ReadonlySet<NodeId>, results: ReadonlyMap<NodeId, NodeId>): ((node: NodeId) => Domain) => {
  const known = (node: NodeId): Domain => program.domains?.[node] ?? { space: { tag: "static" }, time: null };
  // Of a window it says itself where it is.
  const found = new Map([...results].map(([seed, out]) => [seed, known(known(seed).time === null ? out : seed)]));
  const at = (node: NodeId): Domain => found.get(node) ?? known(node);
  const order = demandOrder(program.nodes, [...dependent].map((node) => read(node))).filter((node) => dependent.has(node) && !results.has(node));
  // From wherever the program says, less and less.
  for (let round = 0, changed = true; changed && round <= order.length; round += 1) {
    changed = false;
    for (const node of order) {
      const made = program.nodes[node], before = at(node).time;
      const steps = made === undefined ? null : stepsOf(made, at, 0);
      if (steps === null || (before !== null && sameSteps(steps, before))) continue;
      found.set(node, { space: { tag: "data" }, time: steps });
      changed = true;
    }
  }
  return at;
};

/** Which way the steps lie that are read of gradients, else of what a loop has not made yet; null: on both sides. */
export const aheadOf = (program: Program, gradients: readonly Operand[], results: readonly NodeId[]): 1 | -1 | null => {
  const signs = new Set(gradients.flatMap((x) => (x.at.tag === "at" && x.at.time.from === "t" && x.at.time.plus !== 0 ? [Math.sign(x.at.time.plus)] : [])));
  if (signs.size > 1) return null;
  const [sign] = signs, directions = directionsOf(program);
  return sign === undefined ? (results.some((node) => directions.get(node) === "backward") ? -1 : 1) : sign > 0 ? 1 : -1;
};

/** How many steps later an operand is read; null: it is no shift. */
export const laterBy = (x: Operand, ahead: 1 | -1): number | null => (x.at.tag === "at" && x.at.time.from === "t" ? x.at.time.plus * ahead : null);

/** What an equation reads at a fixed step, which holds at one alone, or reads that many steps later, as that step reads it. */
export const fromHere = (x: Operand, { lower, upper }: Interval, later = 0): Operand => {
  if (x.at.tag !== "at") return x;
  const { from, plus } = x.at.time;
  if (from === "t") return { ...x, at: { tag: "at", time: moment("t", plus + later) } };
  return from === lower.from && sameSteps({ lower, upper }, { lower, upper: lower }) ? { ...x, at: { tag: "at", time: moment("t", plus - lower.plus) } } : x;
};

export const isZero = (node: Node | undefined): boolean => node?.tag === "op" && node.op === "core.constant" && node.attrs["value"] === 0;
