/** Applies the fixes of diagnostics to a text. */
import type { Diagnostic, Edit, Fix } from "@sequent/ir";

export interface Fixed {
  readonly text: string;
  /** The fixes that were applied, in the order of the diagnostics. */
  readonly applied: readonly Fix[];
}

const key = (edit: Edit): string => `${String(edit.at.from)} ${String(edit.at.to)} ${edit.text}`;

/** Two edits clash if they touch the same text, or insert at one place. */
const clash = (a: Edit, b: Edit): boolean =>
  a.at.from === a.at.to && b.at.from === b.at.to ? a.at.from === b.at.from : a.at.from < b.at.to && b.at.from < a.at.to;

/**
 * The first fix of each diagnostic, those that change a compiling program's meaning only with `unsafe`. A fix is applied whole or not at
 * all: one that overlaps an earlier one waits, so repeat on the new text until nothing is applied. Equal edits count once.
 */
export const applyFixes = (source: string, diagnostics: readonly Diagnostic[], options: { readonly unsafe: boolean }): Fixed => {
  const edits = new Map<string, Edit>();
  const touched = new Map<number, Edit[]>();
  const applied: Fix[] = [];
  for (const { fixes } of diagnostics) {
    const fix = fixes.find((one) => options.unsafe || !one.unsafe);
    if (fix === undefined || fix.edits.length === 0) continue;
    const fresh = fix.edits.filter((edit) => !edits.has(key(edit)));
    const free = fresh.every((edit) => near(touched, edit).every((other) => !clash(edit, other)));
    if (!free) continue;
    applied.push(fix);
    for (const edit of fresh) {
      edits.set(key(edit), edit);
      for (const block of blocks(edit)) touched.set(block, [...(touched.get(block) ?? []), edit]);
    }
  }
  return { text: splice(source, [...edits.values()]), applied };
};

/** Fixes uncover others, but never this many times. */
const MOST_ROUNDS = 100;

/** A fix that only takes something out, which a fix before may have made use of. */
const removes = (fix: Fix): boolean => fix.unsafe && fix.edits.every((edit) => edit.text === "");

/**
 * In which order fixes are tried: what reading found before what inference found, since the later may follow from the earlier; of one kind those
 * that keep the meaning or that an error demands, then those that write something else; what nothing reads is removed at last.
 */
const stageOf = ({ code }: Diagnostic, fix: Fix): number => (removes(fix) ? 1000 : 2 * Number(code.slice(2, 4)) + (fix.unsafe ? 1 : 0));

/**
 * Applies fixes until none is left, with what `say` has to say of each text on the way. It ends: fixes that undo each other would bring back a
 * text that was there before, which counts as none left, and the rounds are bounded.
 */
export const fixAll = (source: string, say: (text: string) => readonly Diagnostic[], options: { readonly unsafe: boolean }): Fixed => {
  const applied: Fix[] = [];
  const seen = new Set([source]);
  let text = source;
  while (seen.size <= MOST_ROUNDS) {
    const said = say(text).map((one) => ({ ...one, fixes: one.fixes.filter((fix) => options.unsafe || !fix.unsafe) }));
    const stages = [...new Set(said.flatMap((one) => one.fixes.map((fix) => stageOf(one, fix))))].sort((a, b) => a - b);
    let next: Fixed | null = null;
    for (const stage of stages) {
      next = applyFixes(text, said.map((one) => ({ ...one, fixes: one.fixes.filter((fix) => stageOf(one, fix) === stage) })), options);
      if (!seen.has(next.text)) break;
      next = null;
    }
    if (next === null) break;
    text = next.text;
    seen.add(text);
    applied.push(...next.applied);
  }
  return { text, applied };
};

/** Edits by blocks of text, so that each is compared with its neighbours only. */
const BLOCK = 256;
const blocks = (edit: Edit): readonly number[] => {
  const first = Math.floor(edit.at.from / BLOCK), last = Math.floor(edit.at.to / BLOCK);
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
};
const near = (touched: ReadonlyMap<number, readonly Edit[]>, edit: Edit): readonly Edit[] =>
  blocks(edit).flatMap((block) => touched.get(block) ?? []);

const splice = (source: string, edits: readonly Edit[]): string => {
  const parts: string[] = [];
  let at = 0;
  for (const edit of [...edits].sort((a, b) => a.at.from - b.at.from || a.at.to - b.at.to)) {
    parts.push(source.slice(at, edit.at.from), edit.text);
    at = edit.at.to;
  }
  parts.push(source.slice(at));
  return parts.join("");
};
