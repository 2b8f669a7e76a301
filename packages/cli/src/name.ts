import path from "node:path";
import { programPath } from "./program-file.js";

/** What a program is called: `examples/two_spirals/main.seq` is `two_spirals`. */
export const nameOf = (file: string): string => {
  if (file === "-") return "stdin";
  const full = path.resolve(programPath(file));
  const stem = path.basename(full, path.extname(full));
  return stem === "main" ? path.basename(path.dirname(full)) || stem : stem;
};
