// Runs a bundle with what V8 made of it the last time: reading 1.4 MB of JavaScript anew takes longer than all of `sequent check`.
// Node keeps such a cache by itself from version 22 on, for the same reason.
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import vm from "node:vm";

/** Runs the CommonJS bundle `file`; the cache stands beside it. V8 itself rejects one that another text or version of Node made. */
export function runBundle(file) {
  const cache = `${file}.cache`;
  const cachedData = fs.existsSync(cache) ? fs.readFileSync(cache) : undefined;
  const wrapper = `(function (exports, require, module, __filename, __dirname) {${fs.readFileSync(file, "utf8")}\n})`;
  const script = new vm.Script(wrapper, { filename: file, ...(cachedData && { cachedData }) });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(file), module, file, path.dirname(file));
  // At the end, since it holds the functions that have been called by then.
  if (cachedData === undefined || script.cachedDataRejected) process.once("exit", () => keep(cache, script.createCachedData()));
}

/** In one step, for others may read it now. Where nothing may be written, the next start is as slow as this one. */
function keep(cache, data) {
  const draft = `${cache}.${process.pid}`;
  try {
    fs.writeFileSync(draft, data);
    fs.renameSync(draft, cache);
  } catch {
    fs.rmSync(draft, { force: true });
  }
}
