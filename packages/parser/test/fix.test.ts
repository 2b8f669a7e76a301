import type { Diagnostic, Edit } from "@sequent/ir";
import { describe, expect, it } from "vitest";
import { applyFixes, fixAll } from "../src/index.js";

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

/** Offers to write `to` for the first `from` in a text. */
const writes = (from: string, to: string, unsafe = false) => (text: string): readonly Diagnostic[] =>
  text.includes(from) ? [with0(unsafe, edit(text.indexOf(from), text.indexOf(from) + from.length, to))] : [];
const all = (...offers: ((text: string) => readonly Diagnostic[])[]) => (text: string): readonly Diagnostic[] => offers.flatMap((offer) => offer(text));

describe("fixAll", () => {
  it("goes on with what a fix uncovers", () => {
    expect(fixAll("abc", all(writes("a", "b"), writes("bb", "d"), writes("dc", "e")), { unsafe: false }).text).toBe("e");
  });
  it("ends where fixes undo each other", () => {
    const fixed = fixAll("a", all(writes("a", "b"), writes("b", "a")), { unsafe: false });
    expect([fixed.text, fixed.applied.length]).toEqual(["b", 1]);
  });
  it("ends where a fix applies to what it wrote", () => {
    expect(fixAll("a", writes("a", "aa"), { unsafe: false }).applied.length).toBeLessThanOrEqual(100);
  });
  it("does what errors demand first, and removes at last", () => {
    const unused = (text: string): readonly Diagnostic[] => (text.endsWith("use g") ? [] : writes("def g", "", true)(text));
    expect(fixAll("def g; ?", all(unused, writes("?", "use h"), writes("h", "g", true)), { unsafe: true }).text).toBe("def g; use g");
    expect(fixAll("def g; ", unused, { unsafe: true }).text).toBe("; ");
    expect(fixAll("def g; ?", all(unused, writes("?", "use h"), writes("h", "g", true)), { unsafe: false }).text).toBe("def g; use h");
  });
});
