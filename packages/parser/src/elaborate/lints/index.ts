/** Notes, lints and errors that need neither types nor time: what the text alone shows. A new one of a scope is a function in this list. */
import { lintBootstrap } from "./bootstrap.js";
import { lintGates } from "./gate.js";
import { lintLiftings } from "./names.js";
import { lintPolicies } from "./policy.js";
import type { Lint, Scene } from "./scene.js";

export { lintNames, lintUnused } from "./names.js";

const LINTS: readonly Lint[] = [lintLiftings, lintGates, lintBootstrap, lintPolicies];

/** Of the program, and of every macro's body. */
export const lintScope = (scene: Scene): void => {
  for (const lint of LINTS) lint(scene);
};
