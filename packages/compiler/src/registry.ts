/** The registries that programs are compiled with, as values; someone outside adds theirs by passing lists. */
import { directives, facts, INITIALISERS, losses, ops } from "@sequent/ir";
import type { AnyOp, DirectiveRecord, Env, Fact, Initialiser, Loss, Transform } from "@sequent/ir";
import { autodiffFacts, transforms } from "@sequent/transform-autodiff";
import { timeFacts } from "@sequent/transform-time";

/** What is added to ours; of two records of one name the later counts. */
export interface Extensions {
  readonly ops?: readonly AnyOp[];
  readonly transforms?: readonly Transform[];
  readonly losses?: readonly Loss[];
  readonly initialisers?: readonly Initialiser[];
  readonly directives?: readonly DirectiveRecord[];
  readonly facts?: readonly Fact[];
  readonly note?: Env["note"];
}

const byName = <A extends { readonly name: string }>(records: readonly A[]): ReadonlyMap<string, A> =>
  new Map(records.map((record) => [record.name, record]));

/** The default environment with extensions: `environment({ ops: [fft], transforms: [lion] })`. */
export const environment = (more: Extensions = {}): Env => ({
  ops: new Map([...ops, ...(more.ops ?? [])].map((op) => [op.name, op])),
  transforms: new Map(
    [...transforms, ...(more.transforms ?? [])].flatMap((one) => [one.name, ...one.aliases].map((name) => [name, one] as const)),
  ),
  losses: byName([...losses, ...(more.losses ?? [])]),
  initialisers: byName([...INITIALISERS, ...(more.initialisers ?? [])]),
  directives: byName([...directives, ...(more.directives ?? [])]),
  facts: byName([...facts, ...autodiffFacts, ...timeFacts, ...(more.facts ?? [])]),
  note: more.note ?? (() => undefined),
});
