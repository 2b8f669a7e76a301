/** Recurrences that PyTorch has a kernel for are recognised by their structure, and nothing else is; that values stay is tested beside. */
import * as E from "fp-ts/lib/Either.js";
import { describe, expect, it } from "vitest";
import { compile } from "../../src/compile.js";
import { emitPytorch } from "../../src/pytorch.js";
import { DISGUISES, NEAR_MISSES } from "./cells.js";

const kernelOf = (lines: readonly string[]): string | null => {
  const compiled = compile(`${lines.join("\n")}\n`, "cell.seq");
  if (E.isLeft(compiled)) throw new Error(JSON.stringify(compiled.left.map((one) => [one.code, one.message])));
  const emitted = emitPytorch(compiled.right, { name: "cell", folder: null });
  if (E.isLeft(emitted)) throw new Error(JSON.stringify(emitted.left));
  return /torch\.(lstm|rnn_tanh|rnn_relu)\(/.exec(emitted.right.files.get("model.py") ?? "")?.[1] ?? null;
};

describe("recognised", () => {
  it.each(Object.entries(DISGUISES))("%s", (_, [kernel, lines]) => { expect(kernelOf(lines)).toBe(kernel); });
});
describe("not recognised", () => {
  it.each(Object.entries(NEAR_MISSES))("%s", (_, lines) => { expect(kernelOf(lines)).toBe(null); });
});
