import type { Transform } from "@sequent/ir";
import { adam } from "./adam.js";
import { adamw } from "./adamw.js";
import { clipGrad } from "./clip-grad.js";
import { clipValue } from "./clip-value.js";
import { ema } from "./ema.js";
import { frozen } from "./frozen.js";
import { nograd } from "./nograd.js";
import { rmsprop } from "./rmsprop.js";
import { sgd } from "./sgd.js";
import { target } from "./target.js";

/** The transforms of functions. Someone outside adds theirs by concatenating lists. */
export const transforms: readonly Transform[] = [nograd, frozen, clipGrad, clipValue, sgd, adam, adamw, rmsprop, ema, target];
