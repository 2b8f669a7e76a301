import { generateOverTime } from "@sequent/conformance";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { environment } from "../../../src/registry.js";
import { decisions } from "../suite.js";
import { vocabularyOf } from "../subject.js";
import { comparedNames, timeSubject, observeOverTime, isTameOverTime } from "./subject.js";
import type { TimeSubject, TimeObservation } from "./subject.js";
import { askOverTime, runOverTime, compareOverTime } from "./pytorch.js";
import type { AskedOverTime } from "./pytorch.js";
const env = environment();
const v = vocabularyOf(env);
const n = Number(process.argv[2] ?? 200), seed = Number(process.argv[3] ?? 1), third = Number(process.argv[4] ?? 3);
const said = new Map<string, [number, string]>();
const note = (k: string, text: string) => { const s = said.get(k); said.set(k, [(s?.[0] ?? 0) + 1, s === undefined || text.length < s[1].length ? text : s[1]]); };
const todo: { s: TimeSubject; o: TimeObservation; a: AskedOverTime; head: string }[] = [];
let t0 = performance.now();
fc.sample(decisions, { seed, numRuns: n }).forEach((list, k) => {
  const g = generateOverTime(v, list);
  const head = `# start ${g.start} last ${g.last.join(",")} end ${g.end} rows ${g.rows}\n${g.text}`;
  let s; try { s = timeSubject(g, env); } catch (e) { note("THROW", String((e as Error).stack).slice(0, 500) + head); return; }
  if (E.isLeft(s)) { note("compile " + s.left[0]?.code, (s.left[0]?.message ?? "") + "\n" + head); return; }
  try {
    const o = observeOverTime(s.right, env, comparedNames(s.right));
    if (!isTameOverTime(o)) { note("wild", head); return; }
    for (const form of k % third === 0 ? ["autograd", "explicit"] as const : ["autograd"] as const) {
      const a = askOverTime(s.right, form);
      if (E.isLeft(a)) note(`ask ${form} ${a.left[0].code}`, a.left[0].message + "\n" + head); else todo.push({ s: s.right, o, a: a.right, head });
    }
  } catch (e) { note("THROW", String((e as Error).stack).slice(0, 900) + head); return; }
});
console.log("ours", performance.now() - t0, todo.length); t0 = performance.now();
const results = await runOverTime(todo.map((x) => x.a));
console.log("python", performance.now() - t0);
const flags = new Map<string, number>(); let rounding = 0, bad = 0;
todo.forEach(({ s, o, a, head }, k) => {
  const c = compareOverTime(s, o, a, results[k]);
  if (c.rounding) rounding++;
  if (c.difference !== null) { bad++; const g = s.generated, tg = g.tags; const fl = (tg.has("T before a boundary") ? "S" : "") + (g.horizon !== null && ["range of the past", "range of the future", "range of all steps", "range of its own state"].some((x) => tg.has(x)) ? "H" : "") + (Math.max(...g.last) <= 2 ? "E" : "") + (Math.min(...g.last) <= 1 ? "e" : ""); flags.set(fl, (flags.get(fl) ?? 0) + 1); if (fl !== "" && process.argv[5] === undefined) return; const kind = c.difference.replace(/[0-9.\-e]+/g, "#").replace(/[a-zA-Z^]+#[\w.^#]*/g, "N").slice(0, 60); note(`${a.form}: ${kind}`, `${c.difference}\n${head}`); }
});
console.log([...flags]); console.log("rounding", rounding, "bad", bad);
for (const [k, [c, t]] of [...said].sort((a, b) => b[1][0] - a[1][0])) console.log("== FAIL", k, c, t.slice(0, 2600));
