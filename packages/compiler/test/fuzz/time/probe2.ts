import { generateOverTime } from "@sequent/conformance";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { environment } from "../../../src/registry.js";
import { decisions } from "../suite.js";
import { vocabularyOf } from "../subject.js";
import { comparedNames, timeSubject, observeOverTime, isTameOverTime } from "./subject.js";
import * as P from "./properties.js";
const env = environment();
const v = vocabularyOf(env);
const n = Number(process.argv[2] ?? 200), seed = Number(process.argv[3] ?? 1), only = process.argv[4];
const props: [string, P.Property][] = [["grad", P.gradientsAreDerivatives], ["wgrad", P.windowGradientsAreDerivatives], ["windows", P.windowsAreOnePass()], ["pad", P.paddingIsNeverRead], ["split", P.batchesSplit], ["shift", P.shiftsDoNotMatter], ["mirror", P.reversesWithItsData], ["back", P.readsBack], ["order", P.schedulesInOrder]];
const said = new Map<string, [number, string]>();
const time = new Map<string, number>();
let wild = 0;
const note = (k: string, text: string) => { const s = said.get(k); said.set(k, [(s?.[0] ?? 0) + 1, s === undefined || text.length < s[1].length ? text : s[1]]); };
for (const list of fc.sample(decisions, { seed, numRuns: n })) {
  const g = generateOverTime(v, list);
  const head = `# start ${g.start} last ${g.last.join(",")} end ${g.end} rows ${g.rows}\n${g.text}`;
  let s; try { s = timeSubject(g, env); } catch (e) { note("THROW", String((e as Error).stack).slice(0, 500) + head); continue; }
  if (E.isLeft(s)) { note("compile " + s.left[0]?.code, (s.left[0]?.message ?? "") + "\n" + head); continue; }
  try { const o = observeOverTime(s.right, env, comparedNames(s.right)); if (!isTameOverTime(o)) { wild++; note("wild", [...o.values].filter(([, v]) => !JSON.stringify(v).length).map(([n]) => n) + String(o.loss) + head); continue; } } catch (e) { note("OBSERVE", String((e as Error).stack).slice(0, 600) + head); continue; }
  for (const [name, p] of props) {
    if (only !== undefined && only !== name) continue;
    const t0 = performance.now();
    let r; try { r = p(s.right, env); } catch (e) { r = "THROW " + String((e as Error).stack).slice(0, 500); }
    time.set(name, (time.get(name) ?? 0) + performance.now() - t0);
    if (r !== null) note(name, `${r}\n${head}`);
  }
}
console.log("wild", wild, [...time]);
for (const [k, [c, t]] of said) console.log("== FAIL", k, c, t.slice(0, 3500));
