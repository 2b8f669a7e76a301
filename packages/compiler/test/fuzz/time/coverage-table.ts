/** Judges random programs over time in PyTorch and prints what they cover: `node scripts/fuzz-coverage.mjs --time [programs] [seed]`. */
import { coverageTable } from "@sequent/conformance";
import { environment } from "../../../src/registry.js";
import { judged, makeJudged } from "./judge.js";
import { compareOverTime } from "./pytorch.js";
import { shownOf, timeCoverage } from "./suite.js";

const [count = "1000", seed = "1"] = process.argv.slice(2);
const env = environment();
const programs = makeJudged(Number(count), Number(seed), env);
const theirs = await judged(programs.asked);
const failures = programs.asked.flatMap(({ found, asked }, k) => {
  const why = compareOverTime(found.subject, found.ours, asked, theirs[k]).difference;
  return why === null ? [] : [`${asked.form}: ${why}\n${shownOf(found.subject.generated)}`];
});
const forms = (form: string): string => String(programs.asked.filter(({ asked }) => asked.form === form).length);
process.stdout.write(coverageTable(timeCoverage(env, programs.asked.flatMap(({ found, asked }) => (asked.form === "autograd" ? [found.subject.generated] : [])))));
process.stdout.write(`${forms("autograd")} programs by autograd and ${forms("explicit")} by equations: ${String(failures.length)} differ, ${String(programs.faults.length)} do not compile\n`);
for (const one of [...failures, ...programs.faults].sort((a, b) => a.length - b.length).slice(0, 12)) process.stdout.write(`${one}\n`);
process.exitCode = failures.length + programs.faults.length === 0 ? 0 : 1;
