import { invariant } from "@sequent/ir";
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

export const autodiffFacts: readonly Fact[] = [
  holds("losses", "Every objective has its scalar and its mean, every metric its mean.", (program) => {
    for (const one of program.objectives) if (one.value === null || one.mean === null) return `no loss for ${one.text}`;
    for (const one of program.metrics) if (one.mean === null) return `no mean for ${one.name}`;
    return null;
  }),
  holds("differentiated", "The loss and the next value of every trained parameter are equations, one each.", (program) => {
    if (program.loss === undefined || program.updates === undefined) return "there are no updates";
    const seen = new Set<number>();
    for (const { param } of program.updates) {
      if (seen.has(param)) return `two updates of ${program.params[param]?.name ?? ""}`;
      seen.add(param);
    }
    return null;
  }),
];
