import type { Diagnostic, Edit } from "@sequent/ir";
import { describe, expect, it } from "vitest";
import { applyFixes } from "../src/index.js";

const edit = (from: number, to: number, text: string): Edit => ({ at: { file: "", from, to }, text });
const with0 = (unsafe: boolean, ...edits: Edit[]): Diagnostic =>
  ({ code: "SQ0000", severity: "lint", message: "", labels: [], help: "", fixes: [{ title: "", edits, unsafe }] });

describe("applyFixes", () => {
  it("applies fixes that touch different text, in any order", () => {
    const fixed = applyFixes("a b c", [with0(false, edit(4, 5, "z")), with0(false, edit(0, 1, "xx"))], { unsafe: false });
    expect(fixed.text).toBe("xx b z");
    expect(fixed.applied).toHaveLength(2);
  });
  it("leaves the whole of a fix that overlaps an earlier one", () => {
    const fixed = applyFixes("abcdef", [with0(false, edit(1, 3, "X")), with0(false, edit(2, 4, "Y"), edit(5, 6, "Z"))], { unsafe: false });
    expect(fixed.text).toBe("aXdef");
    expect(fixed.applied).toHaveLength(1);
  });
  it("counts equal edits once", () => {
    const fixed = applyFixes("p p", [with0(false, edit(1, 1, "_t")), with0(false, edit(1, 1, "_t"), edit(3, 3, "_t"))], { unsafe: false });
    expect(fixed.text).toBe("p_t p_t");
    expect(fixed.applied).toHaveLength(2);
  });
  it("changes the meaning of a program only if asked", () => {
    const lint = with0(true, edit(0, 1, "b"));
    expect(applyFixes("a", [lint], { unsafe: false })).toEqual({ text: "a", applied: [] });
    expect(applyFixes("a", [lint], { unsafe: true }).text).toBe("b");
  });
});
