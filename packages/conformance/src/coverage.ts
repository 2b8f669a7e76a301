/** How often a set of programs meets what the language has. */
import { coverageOf } from "./generate/generate.js";
import type { Generated, Vocabulary } from "./generate/generate.js";

export interface Covered {
  readonly tag: string;
  readonly programs: number;
}

/** Every tag that a good set of programs has, with the number of programs that have it; the rarest first. */
export const coverage = (vocabulary: Vocabulary, programs: readonly Generated[]): readonly Covered[] => {
  const counts = new Map(coverageOf(vocabulary).map((tag) => [tag, 0]));
  for (const { tags } of programs) for (const tag of tags) if (counts.has(tag)) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  return [...counts].map(([tag, programs]) => ({ tag, programs })).sort((a, b) => a.programs - b.programs || (a.tag < b.tag ? -1 : 1));
};

/** A table for people: three columns of tags with their counts. */
export const coverageTable = (rows: readonly Covered[], columns = 3): string => {
  const width = rows.reduce((most, { tag }) => Math.max(most, tag.length), 0);
  const cells = rows.map(({ tag, programs }) => `${tag.padEnd(width)} ${String(programs).padStart(5)}`);
  const height = Math.ceil(cells.length / columns);
  const lines = Array.from({ length: height }, (_, row) => Array.from({ length: columns }, (_, column) => cells[column * height + row] ?? "").join("   ").trimEnd());
  return `${lines.join("\n")}\n`;
};
