/** A line diff for people: what is removed and added, with its line numbers. Linear but for the changed middle. */

/** Longest common subsequences of this many line pairs are looked for; beyond it the middle is shown as replaced. */
const MOST_PAIRS = 4_000_000;

interface Line {
  readonly mark: "-" | "+";
  readonly number: number;
  readonly text: string;
}

const middle = (a: readonly string[], b: readonly string[], offset: number): readonly Line[] => {
  const removed = (i: number): Line => ({ mark: "-", number: offset + i + 1, text: a[i] ?? "" });
  const added = (j: number): Line => ({ mark: "+", number: offset + j + 1, text: b[j] ?? "" });
  if (a.length * b.length > MOST_PAIRS) return [...a.map((_, i) => removed(i)), ...b.map((_, j) => added(j))];
  const width = b.length + 1;
  const longest = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const same = a[i] === b[j] ? (longest[(i + 1) * width + j + 1] ?? 0) + 1 : 0;
      longest[i * width + j] = Math.max(same, longest[(i + 1) * width + j] ?? 0, longest[i * width + j + 1] ?? 0);
    }
  }
  const lines: Line[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) [i, j] = [i + 1, j + 1];
    else if (j >= b.length || (i < a.length && (longest[(i + 1) * width + j] ?? 0) >= (longest[i * width + j + 1] ?? 0))) lines.push(removed(i++));
    else lines.push(added(j++));
  }
  return lines;
};

/** The changed lines, `- 12 | old` and `+ 12 | new`; empty if the texts are equal. */
export const diff = (before: string, after: string, colour: boolean): string => {
  const a = before.split("\n");
  const b = after.split("\n");
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  const lines = middle(a.slice(start, a.length - end), b.slice(start, b.length - end), start);
  const paint = (mark: "-" | "+", text: string): string => (colour ? `\u001b[${mark === "-" ? "31" : "32"}m${text}\u001b[0m` : text);
  return lines.map(({ mark, number, text }) => `${paint(mark, `${mark} ${String(number).padStart(4)} | ${text}`)}\n`).join("");
};
