/** Each refusal of programs over time (SQ0905) has a program that raises it; those that none is known of say so in their record. */
import path from "node:path";
import { REFUSALS } from "@sequent/backend-pytorch";
import type { Refusal, Refused } from "@sequent/backend-pytorch";
import * as E from "fp-ts/lib/Either.js";
import { describe, expect, it, test } from "vitest";
import { compile } from "../../src/compile.js";
import { emitPytorch } from "../../src/pytorch.js";
import { folder } from "../examples.js";

interface Raising {
  readonly text: readonly string[];
  readonly gradients?: "explicit";
  /** Steps of the shortest of sequences with lengths of their own; without it all are alike. */
  readonly ragged?: true;
  readonly shortest?: number;
  /** Where a train.py goes to. */
  readonly folder?: string;
}

const NET = ["F : dense[2]", "h_t => y_t", "y_t : [2]"];
const TWO_ENDS = ["x_t : [2]", "h_{t+2} | x_t --[F|tanh]-> h_t", "0 -> h_T", "1 -> h_{T-1}", ...NET];
// In a sequence of one step the first equation is one at step 0, which longer ones do not have.
const BEFORE_THE_FIRST = [...TWO_ENDS.slice(0, 4), "F : dense[2]", "$ -sum((h_t - 1)^2)"];
const PROGRAMS: Readonly<Partial<Record<Refused, Raising>>> = {
  "a gradient that a macro states for itself, from other steps than its result's": {
    text: ["Keep: v", "    0 -> s_0", "    0.5*s_{t-1} + v -> s_t", "    0 -> g_{T+1}", "    0.5*g_{t+1} + ^s_t -> g_t", "    g_t -> ^v", "    return s_t", "x_t : [2]", "0 -> h_0", "h_{t-1}|x_t --[F|Keep]-> h_t", ...NET],
  },
  "a recurrence without steps of its own": { text: ["x_t : [2]", "x_3 -> h_3", "h_{t+1} | x_t --[F|tanh]-> h_t", "F : dense[2]", "h_1 => z", "z : [2]"] },
  "windows of fewer than": {
    text: [`@data "${path.join(folder, "data/driven.npz")}"`, "@horizon back=1", "x_t : [3]", "h_{t+1} | h_{t+2} | x_{t-1} --[F|tanh]-> h_t", "0.3 -> h_{T+1}", "0 -> h_T", "F : dense[2]", "$ -sum((h_t - 1)^2)"],
    folder: ".",
  },
  "sequences of fewer than": { text: BEFORE_THE_FIRST, shortest: 1 },
};

const toldOf = ({ text, gradients, ...more }: Raising): string => {
  const compiled = compile(`${text.join("\n")}\n`, "p.seq");
  if (E.isLeft(compiled)) return compiled.left.map((one) => `${one.code} ${one.message}`).join("; ");
  const emitted = emitPytorch(compiled.right, { name: "refused", folder: null, ...(gradients === undefined ? {} : { gradients }), ...more });
  return E.isLeft(emitted) ? emitted.left.map((one) => `${one.code} ${one.message}`).join("; ") : "printed";
};

describe("what PyTorch is not written for yet", () => {
  test("has a program each", () => {
    expect(REFUSALS.filter((one: Refusal) => one.unseen !== true && PROGRAMS[one.what as Refused] === undefined).map((one) => one.what)).toEqual([]);
  });
  it.each(Object.entries(PROGRAMS))("%s: is refused", (what, program) => {
    expect(toldOf(program)).toContain(`SQ0905 ${what}`);
  });
});
