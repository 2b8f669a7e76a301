/** The facts that the passes of this package provide, each with its verifier. */
import { invariant, isEmptySteps } from "@sequent/ir";
import type { Diagnostic, Fact, Program } from "@sequent/ir";

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
];
