/** The type of a join of pieces, the cases of a state or the terms of an adjoint: one shape, but a known scalar may differ. */
import { broadcast } from "../ops/support.js";
import type { Solver, TypeVar } from "../solver.js";

/**
 * As a type rule: pieces of unknown shape wait for the others. A float scalar says nothing of the dtype where another piece can,
 * so that `0 -> a_0` starts a class as well as a vector.
 */
export const joinTypes = (s: Solver, equalKinds: (a: TypeVar, b: TypeVar) => void, pieces: readonly TypeVar[], out: TypeVar): boolean => {
  if (pieces.length === 0) return true;
  const speaks = pieces.filter((v) => !(s.dims(v)?.length === 0 && s.dtype(v) === "float"));
  for (const v of speaks.length > 0 ? speaks : pieces) if (s.dtype(v) !== null) equalKinds(v, out);
  const settled = broadcast(s, pieces, out);
  return settled && (s.last || s.dtype(out) !== null);
};
