import * as E from "fp-ts/lib/Either.js";
import fc from "fast-check";
import { generate, coverageOf } from "../../../conformance/src/generate/generate.js";
import { environment } from "../../src/registry.js";
import { compileFully, toTrainable } from "../../src/compile.js";
const env = environment();
const vocabulary = { ops: [...env.ops.values()], transforms: [...new Set(env.transforms.values())], losses: [...env.losses.values()] };
const n = Number(process.argv[2] ?? 100), shown = Number(process.argv[3] ?? 5);
const lists = fc.sample(fc.array(fc.nat(65535), { minLength: 10, maxLength: 80, size: "max" }), { seed: 1, numRuns: n });
const kinds = new Map<string, number>(), examples = new Map<string, string>();
const counts = new Map<string, number>(coverageOf(vocabulary).map((t) => [t, 0]));
const bump = (k: string, ex: string) => { kinds.set(k, (kinds.get(k) ?? 0) + 1); if (!examples.has(k) || examples.get(k)!.length > ex.length) examples.set(k, ex); };
const t0 = performance.now(); let made = 0, good = 0;
for (const list of lists) {
  let g;
  try { g = generate(vocabulary, list); } catch (e) { bump("GEN " + (e as Error).message, JSON.stringify(list)); continue; }
  for (const t of g.tags) counts.set(t, (counts.get(t) ?? 0) + 1);
  made++;
  try {
    const c = compileFully(g.text, "f.seq");
    const bad = c.notes.filter((d) => d.severity !== "note");
    if (E.isLeft(c.result)) { for (const d of c.result.left.slice(0,1)) bump(d.code + " " + d.severity, g.text + "\n## " + d.message + " @ " + g.text.slice(d.labels[0]?.at.from, d.labels[0]?.at.to)); continue; }
    if (bad[0]) { bump(bad[0].code + " lint", g.text + "\n## " + bad[0].message+ " @ " + g.text.slice(bad[0].labels[0]?.at.from, bad[0].labels[0]?.at.to)); continue; }
    const t = toTrainable(c.result.right);
    if (E.isLeft(t)) { bump("T " + t.left[0].code, g.text + "\n## " + t.left[0].message); continue; }
    good++;
  } catch (e) { bump("EXC " + (e as Error).message.slice(0, 80), g.text + "\n## " + (e as Error).stack); }
}
console.log(made, good, Math.round(performance.now() - t0), "ms");
console.log([...kinds].sort((a, b) => b[1] - a[1]).map(([k, v]) => `${v} ${k}`).join("\n"));
for (const [k, ex] of [...examples].slice(0, shown)) console.log("-----", k, "\n" + ex);
console.log([...counts].sort((a, b) => a[1] - b[1]).slice(0, 200).map(([k, v]) => `${k}=${v}`).join(", "));
