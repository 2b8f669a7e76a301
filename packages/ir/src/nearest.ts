/** Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours, each 1. */
export const distance = (a: string, b: string): number => {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) best = Math.min(best, (before[j - 2] ?? 0) + 1);
      row.push(best);
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? 0;
};

/** The known word that a misspelt one was most likely meant to be: at most a third of its letters away, or null. First of equals. */
export const nearest = (word: string, known: Iterable<string>): string | null => {
  const within = Math.max(1, Math.floor(word.length / 3));
  let best: string | null = null;
  let least = within + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) >= least) continue;
    const d = distance(word, candidate);
    if (d > 0 && d < least) [best, least] = [candidate, d];
  }
  return best;
};
