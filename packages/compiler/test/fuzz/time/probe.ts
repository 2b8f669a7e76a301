import { generateOverTime, arraysOverTime } from "@sequent/conformance";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { environment } from "../../../src/registry.js";
import { compileFully } from "../../../src/compile.js";
import { decisions } from "../suite.js";
import { vocabularyOf } from "../subject.js";
const env = environment();
const v = vocabularyOf(env);
const n = Number(process.argv[2] ?? 200);
const said = new Map<string, [number, string]>();
let ok = 0;
const t0 = performance.now();
for (const list of fc.sample(decisions, { seed: 1, numRuns: n })) {
  const g = generateOverTime(v, list);
  let r; try { 
    const arrays = new Map([...arraysOverTime(g, 1)].map(([name, a]) => [name, { name, dtype: g.inputs.find((o) => o.name === name)?.classes === null ? "float" as const : "int" as const, shape: a.shape, data: g.inputs.find((o) => o.name === name)?.classes === null ? Float64Array.from(a.data) : Int32Array.from(a.data), ...(g.start === 0 && g.inputs.find((o) => o.name === name)?.timed ? { from: 0 } : {}) }]));
    r = compileFully(g.text, "p.seq", { env, arrays }); } catch (e) { console.log("THROW", e, g.text); continue; }
  const all = [...(E.isLeft(r.result) ? r.result.left : []), ...r.notes.filter((x) => x.severity !== "note")];
  if (all.length === 0) ok++;
  for (const d of all.slice(0,1)) { const k = d.code; const s = said.get(k); const text = d.message + "\n" + g.text; said.set(k, [(s?.[0] ?? 0) + 1, s === undefined || text.length < s[1].length ? text : s[1]]); }
}
console.log(ok, n, performance.now() - t0);
for (const [k, [c, t]] of said) console.log("==", k, c, t);
