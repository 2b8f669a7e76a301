import { expect, it } from "vitest";
import { distance, nearest } from "../src/index.js";

it("counts insertions, deletions, substitutions and swaps", () => {
  expect([distance("relu", "relu"), distance("rleu", "relu"), distance("", "abc"), distance("kitten", "sitting")]).toEqual([0, 1, 3, 3]);
});
it("finds the word that was meant, if one is near", () => {
  const known = ["relu", "gelu", "sigmoid", "softmax"];
  expect([nearest("rleu", known), nearest("sigmiod", known), nearest("conv", known), nearest("softmx", known)]).toEqual(["relu", "sigmoid", null, "softmax"]);
});
