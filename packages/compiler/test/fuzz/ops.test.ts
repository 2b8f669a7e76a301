/** Every op on all its samples: the interpreter with our rules, and the emitted PyTorch, held to the references and to central differences. */
import { conform, incomplete } from "@sequent/conformance";
import type { Conforming, Finding } from "@sequent/conformance";
import { expect, test } from "vitest";
import { environment } from "../../src/registry.js";
import { emittedPytorch, ourOwn } from "./conforming.js";

const LONG = 300_000;
const env = environment();

const summary = ({ name }: Conforming, findings: readonly Finding[]): string => {
  const limits = new Map(findings.flatMap((one) => (one.verdict === "limit" ? [[one.op, one.detail] as const] : [])));
  const count = (verdict: Finding["verdict"]): string => String(findings.filter((one) => one.verdict === verdict).length);
  const lines = [...limits].map(([op, why]) => `  ${op}: ${why}`);
  return `${name}: ${count("conforms")} samples conform, ${count("wrong")} do not, ${count("limit")} are declared limits\n${lines.join("\n")}\n`;
};

test("every op's record has samples, among them a batch of one and an axis of size 1, and a gradient or a reason", () => {
  expect([...env.ops.values()].flatMap((op) => incomplete(op).map((fault) => `${op.name}: ${fault}`))).toEqual([]);
});

test.each([["interpreter", ourOwn(env)], ["pytorch", emittedPytorch(env)]] as const)("%s conforms", async (_, backend) => {
  const findings = await conform(backend, env);
  process.stdout.write(summary(backend, findings));
  expect(findings.filter((one) => one.verdict === "wrong")).toEqual([]);
  expect(findings.filter((one) => one.verdict === "conforms").length).toBeGreaterThan(200);
}, LONG);
