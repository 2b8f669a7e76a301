/** The tables: what PyTorch can write. Someone outside adds a record to a list of their own. */
import type { OpName } from "@sequent/ir";
import { ARITHMETIC } from "./arithmetic.js";
import { DRAWS } from "./draw.js";
import { INDEXING } from "./indexing.js";
import { INTERNALS } from "./internal.js";
import { LINEAR } from "./linear.js";
import { LOSSES } from "./loss.js";
import type { Lowering, Lowerings } from "./lowering.js";
import { NORMALIZATION } from "./normalization.js";
import { REDUCTIONS } from "./reduction.js";
import { WINDOWS } from "./window.js";

export const LOWERINGS: readonly Lowering[] = [
  ...ARITHMETIC, ...REDUCTIONS, ...LINEAR, ...WINDOWS, ...INDEXING, ...NORMALIZATION, ...DRAWS, ...LOSSES, ...INTERNALS,
];

export const tableOf = (records: readonly Lowering[]): Lowerings => new Map<OpName, Lowering>(records.map((record) => [record.op, record]));
