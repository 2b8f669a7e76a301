/** Prints what a set of random programs covers: the text of `node scripts/fuzz-coverage.mjs [programs] [seed]`. */
import { coverage, coverageTable, generate } from "@sequent/conformance";
import fc from "fast-check";
import { environment } from "../../src/registry.js";
import { decisions } from "./suite.js";
import { vocabularyOf } from "./subject.js";

const [count = "2000", seed = "1"] = process.argv.slice(2);
const vocabulary = vocabularyOf(environment());
const programs = fc.sample(decisions, { seed: Number(seed), numRuns: Number(count) }).map((list) => generate(vocabulary, list));
process.stdout.write(coverageTable(coverage(vocabulary, programs)));
