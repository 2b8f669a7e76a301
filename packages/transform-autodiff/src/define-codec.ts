/** Transforms' records with their usual fields filled in. */
import type { Transform } from "@sequent/ir";

type Optional = "aliases" | "forward" | "autodiff" | "update" | "treat" | "renew";

/** What is left out is the identity. The attribute type is forgotten, soundly: every caller decodes with the record's own codec first. */
export const defineTransform = <A>(given: Omit<Transform<A>, Optional> & Partial<Pick<Transform<A>, Optional>>): Transform => {
  const full: object = { aliases: [], forward: null, autodiff: null, update: null, treat: null, renew: null, ...given };
  return full as Transform;
};
