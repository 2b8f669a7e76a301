import type { Fact } from "../pass.js";
import { structure } from "./structure.js";
import { typed } from "./typed.js";

export { structure, typed };
/** The facts that this package verifies; passes that provide others add theirs. */
export const facts: readonly Fact[] = [structure, typed];
