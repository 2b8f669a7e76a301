/** Programs with boundary equations at random, trained window by window in the interpreter and in PyTorch, both forms. */
import path from "node:path";
import type { Env } from "@sequent/ir";
import * as E from "fp-ts/lib/Either.js";
import { boundaryProgram, decideFrom, inWindowsAtRandom } from "./boundaries.js";
import { askInWindows, compareInWindows, generatedFrom, runInWindows, windowCaseOf } from "./windows.js";
import type { AskedInWindows } from "./windows.js";

/** How many runs there were, and what failed or differs, the shortest first. */
export interface TrainedInWindows {
  readonly trained: number;
  readonly failures: readonly string[];
}

export const boundariesInWindows = async (count: number, seed: number, env: Env, root: string): Promise<TrainedInWindows> => {
  const decide = decideFrom(seed);
  const asked: { readonly about: string; readonly made: AskedInWindows }[] = [], failures: string[] = [];
  for (let k = 0; k < count; k += 1) {
    const written = inWindowsAtRandom(decide, boundaryProgram(decide));
    const found = windowCaseOf(generatedFrom(written), env, path.join(root, String(k)));
    // Most are refused, as they should be.
    if (E.isLeft(found) || found.right === null) continue;
    const one = found.right;
    for (const form of ["autograd", "explicit"] as const) {
      const about = `${form}, rows end at ${written.last.join(", ")}, batches of ${String(written.batch)}\n${written.text}`;
      const made = E.tryCatch(() => askInWindows(one, form), String);
      if (E.isLeft(made)) failures.push(`${made.left}\n${about}`);
      else if (E.isLeft(made.right)) failures.push(`${made.right.left}\n${about}`);
      else asked.push({ about, made: made.right.right });
    }
  }
  const runs = await runInWindows(root, asked.map(({ made }) => made));
  asked.forEach(({ about, made }, k) => { const why = compareInWindows(made, runs[k]); if (why !== null) failures.push(`${why}\n${about}`); });
  return { trained: asked.length, failures: failures.sort((a, b) => a.length - b.length) };
};
