import { describe, expect, it } from "vitest";
import { applyFixes, elaborateDiagnostics } from "../../src/index.js";
import { outcome } from "./setup.js";

/** "Not yet" is no mistake: lints are reported beside it. */
const NOT_YET = "SQ0901";

describe.each(elaborateDiagnostics.map((record) => [record.code, record] as const))("%s", (code, record) => {
  it("has three examples, all different", () => expect(new Set(record.examples).size).toBeGreaterThanOrEqual(3));
  it.each(record.examples)("is raised by %j, with its severity and a place", (text) => {
    const found = outcome(text).all.filter((one) => one.code === code);
    expect(outcome(text).codes).toContain(code);
    for (const one of found) {
      expect(one.severity).toBe(record.severity);
      const at = one.labels[0]!.at;
      expect(at.to).toBeGreaterThan(at.from);
      expect(at.to).toBeLessThanOrEqual(text.length);
    }
    if (record.severity !== "error") expect(outcome(text).all.filter((one) => one.severity === "error" && one.code !== NOT_YET)).toEqual([]);
  });
  if (record.fix.tag === "none") {
    it("offers no fix", () => {
      for (const text of record.examples) for (const one of outcome(text).all) if (one.code === code) expect(one.fixes).toEqual([]);
    });
  } else {
    it.each(record.examples)("goes away when %j is fixed", (text) => {
      let fixed = text;
      for (let round = 0; round < 5; round += 1) {
        const mine = outcome(fixed).all.filter((one) => one.code === code);
        fixed = applyFixes(fixed, mine, { unsafe: true }).text;
      }
      expect(fixed).not.toBe(text);
      expect(outcome(fixed).codes).not.toContain(code);
      expect(outcome(fixed).all.filter((one) => one.code.startsWith("SQ01"))).toEqual([]);
      if (outcome(text).all.every((one) => one.severity !== "error" || one.code === code)) {
        expect(outcome(fixed).all.filter((one) => one.severity === "error")).toEqual([]);
      }
    });
  }
});
it("codes are unique", () => expect(new Set(elaborateDiagnostics.map((one) => one.code)).size).toBe(elaborateDiagnostics.length));
