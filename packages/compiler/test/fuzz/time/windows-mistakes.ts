/** Mistakes planted in emitted programs that learn window by window. */
import fs from "node:fs";
import path from "node:path";
import type { AskedInWindows } from "./windows.js";

export interface Mistake {
  readonly name: string;
  readonly file: "model.py" | "train.py";
  readonly change: (text: string) => string;
}

const inCarried = (change: (text: string) => string) => (text: string): string => text.replace(/^def carried\([\s\S]*?(?=\n\n\n|$(?![\s\S]))/m, change);

export const mistakes: readonly Mistake[] = [
  { name: "what is carried is not detached", file: "model.py", change: inCarried((text) => text.replaceAll(".detach()", "")) },
  { name: "what is carried stands one step early", file: "model.py", change: inCarried((text) => text.replaceAll("[steps", "[steps - 1")) },
  { name: "what is carried is zero", file: "train.py", change: (text) => text.replace(/^( +)(values, (?:states|done) = .*\bcarry\b.*)$/m, "$1carry = type(carry)(*(torch.zeros_like(x) for x in carry))\n$1$2") },
  { name: "a window starts one step early", file: "train.py", change: (text) => text.replace("first = window * BACK", "first = max(0, window * BACK - 1)") },
  { name: "burn-in is one step short", file: "train.py", change: (text) => text.replace("lower = max(0, first - BURN_IN)", "lower = min(first, max(0, first - BURN_IN) + 1)") },
  { name: "rows beyond the window count", file: "train.py", change: (text) => text.replace(/^( +part\["counted\w*"\] = )counts\[/gm, "$1torch.ones_like(counts)[") },
  { name: "ends beyond the window count", file: "train.py", change: (text) => text.replace("(left > 0) & (left <= counting)", "left > 0") },
  { name: "nothing is looked ahead", file: "train.py", change: (text) => text.replace(/^AHEAD = \d+$/m, "AHEAD = 0") },
  { name: "rows are as long in a window as in all", file: "train.py", change: (text) => text.replace("left.clamp(0, steps)", "batch[\"lengths\"].clamp(0, steps)") },
  { name: "windows of a batch are taken from the last on", file: "train.py", change: (text) => text.replace("return epoch, number, window", "return epoch, number, count - 1 - window") },
];

/** The scripts of a case with a mistake, in a folder of their own; none where it has no place in them. */
export const withMistake = ({ name, file, change }: Mistake, asked: AskedInWindows): readonly AskedInWindows[] => {
  const text = fs.readFileSync(path.join(asked.folder, file), "utf8"), changed = change(text);
  if (changed === text) return [];
  const folder = path.join(asked.folder, name.replaceAll(" ", "-"));
  fs.mkdirSync(folder, { recursive: true });
  for (const one of fs.readdirSync(asked.folder).filter((at) => at.endsWith(".py"))) {
    fs.writeFileSync(path.join(folder, one), one === file ? changed : fs.readFileSync(path.join(asked.folder, one), "utf8"));
  }
  return [{ ...asked, folder }];
};
