/** Whether lines of Python, comments left out, have a word; one that ends in a dot has an attribute behind it. */
export const mentions = (lines: readonly string[], word: string): boolean => {
  const whole = new RegExp(word.endsWith(".") ? String.raw`\b${word.slice(0, -1)}\.\w` : String.raw`\b${word}\b`);
  // Most lines have not even its letters, which is found out sooner.
  return lines.some((line) => line.includes(word) && whole.test(line.replace(/^ *#.*/, "")));
};
