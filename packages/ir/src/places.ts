/** A place on the ways to an objective: a node, at a step counted from the objective's own. */
import type { NodeId } from "./time.js";

/** Equal keys mean equal places; at step 0 it is the node itself. */
export type PlaceKey = number;
const STRIDE = 2 ** 32;
export const placeOf = (node: NodeId, step: number): PlaceKey => step * STRIDE + node;
export const nodeOf = (place: PlaceKey): NodeId => place - Math.floor(place / STRIDE) * STRIDE;
