/** The facts that the passes of this package provide, each with its verifier. */
import { invariant, isEmptySteps, operandsOf } from "@sequent/ir";
import type { Diagnostic, Fact, NodeId, Program } from "@sequent/ir";

const holds = (name: string, doc: string, check: (program: Program) => string | null): Fact => ({
  name,
  doc,
  // What a pass promised and did not keep is our bug, not the user's.
  verify: (program): readonly Diagnostic[] => {
    const wrong = check(program);
    invariant(wrong === null, `${name}: ${wrong ?? ""}`);
    return [];
  },
});

export const timeFacts: readonly Fact[] = [
  holds("timed", "It is known at which steps each value exists, and each has one.", (program) => {
    const { domains } = program;
    if (domains === undefined) return "the program has no domains";
    for (const [id, domain] of domains.entries()) {
      const timed = program.varies?.[id]?.time === true;
      if (timed !== (domain.time !== null)) return `equation ${String(id)} ${timed ? "varies over time and has no steps" : "has steps and no time"}`;
      if (domain.time !== null && isEmptySteps(domain.time) && program.nodes[id]?.tag !== "sum") return `equation ${String(id)} exists at no step`;
    }
    return null;
  }),
  holds("scheduled", "It is known what is computed when, each value after what it reads.", (program) => {
    const { schedule } = program;
    if (schedule === undefined) return "the program has no schedule";
    const done = new Set<NodeId>();
    for (const step of schedule.steps) {
      const nodes = step.tag === "scan" ? step.nodes.map(({ node }) => node) : step.nodes;
      if (step.tag === "scan") for (const id of nodes) done.add(id);
      for (const id of nodes) {
        const node = program.nodes[id];
        const late = node === undefined ? undefined : operandsOf(node).find((x) => !done.has(x.node));
        if (late !== undefined) return `equation ${String(id)} is computed before ${String(late.node)}`;
        done.add(id);
      }
    }
    return null;
  }),
];
