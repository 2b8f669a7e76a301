/** Edits between two words (insert, drop, replace, swap neighbours), at most `limit` + 1. */
const distance = (a: string, b: string, limit: number): number => {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (before[j - 2] ?? 0) + 1);
      row.push(least);
    }
    [before, above] = [above, row];
  }
  return above[b.length] ?? 0;
};

/**
 * The candidate that `name` was most likely meant to be (case aside, a third of the letters may differ); null if there
 * is none.
 */
export const nearest = (name: string, candidates: Iterable<string>): string | null => {
  const folded = name.toLowerCase();
  const limit = Math.max(1, Math.floor(name.length / 3));
  let best: string | null = null;
  let least = limit + 1;
  for (const candidate of candidates) {
    const edits = distance(folded, candidate.toLowerCase(), limit);
    // One-letter names are all one edit apart; only their case may differ.
    if (edits < least && (name.length > 1 || edits === 0)) {
      best = candidate;
      least = edits;
    }
  }
  return best;
};
