/** A smaller program that fails, and what is kept of it. */
import fs from "node:fs";
import path from "node:path";
import type { Env } from "@sequent/ir";
import * as E from "fp-ts/lib/Either.js";
import { caseOf, compareCase, decisions, runPython } from "./suite.js";
import type { Case } from "./suite.js";

export interface Failure {
  readonly found: Case;
  readonly difference: string;
}

/** Candidates that are tried in one Python process, and how often. */
const WIDTH = 40;
const ROUNDS = 6;

/** Takes fast-check's smaller lists of decisions, many at once, as long as one of them still fails. */
export const shrink = async (failure: Failure, env: Env): Promise<Failure> => {
  let best = failure;
  for (let round = 0; round < ROUNDS; round += 1) {
    const smaller: Case[] = [];
    for (const { value } of decisions.shrink([...best.found.list], undefined)) {
      const made = caseOf(value, env);
      if (E.isRight(made) && made.right !== null) smaller.push(made.right);
      if (smaller.length === WIDTH) break;
    }
    const results = await runPython(smaller);
    const next = smaller.flatMap((found, k): Failure[] => {
      const result = results[k];
      const difference = result === undefined ? null : compareCase(found, result).difference;
      return difference === null ? [] : [{ found, difference }];
    });
    const [first] = next.sort((a, b) => a.found.subject.generated.text.length - b.found.subject.generated.text.length);
    if (first === undefined || first.found.subject.generated.text.length >= best.found.subject.generated.text.length) return best;
    best = first;
  }
  return best;
};

/** The program, its inputs and both values, in the package's `reports/fuzz`. */
export const save = ({ found, difference }: Failure, name: string): string => {
  const folder = path.resolve(import.meta.dirname, "../../reports/fuzz");
  fs.mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${name}.seq`);
  const { generated, batch, seed } = found.subject;
  fs.writeFileSync(file, generated.text);
  const inputs = Object.fromEntries([...batch.inputs].map(([key, x]) => [key, { shape: [x.rows, ...x.shape], data: [...x.data] }]));
  fs.writeFileSync(path.join(folder, `${name}.json`), `${JSON.stringify({ difference, seed, decisions: found.list, inputs }, null, 1)}\n`);
  fs.writeFileSync(path.join(folder, `${name}.py`), found.asked.job.files.get("model.py") ?? "");
  fs.writeFileSync(path.join(folder, `${name}-adjoint.py`), found.asked.adjoint.files.get("model.py") ?? "");
  return file;
};
