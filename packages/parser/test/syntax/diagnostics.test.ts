import type { Diagnostic, Edit } from "@sequent/ir";
import { describe, expect, it } from "vitest";
import { parse, syntaxDiagnostics } from "../../src/index.js";

/** The text after the edits of a fix. */
const applied = (text: string, edits: readonly Edit[]): string =>
  [...edits].sort((a, b) => b.at.from - a.at.from).reduce((s, e) => s.slice(0, e.at.from) + e.text + s.slice(e.at.to), text);

const codes = (ds: readonly Diagnostic[]): string[] => ds.map((d) => d.code);

describe("syntax diagnostics", () => {
  it("have codes of their own, in the syntax area", () => {
    const all = syntaxDiagnostics.map((r) => r.code);
    expect(new Set(all).size).toBe(all.length);
    for (const code of all) expect(code).toMatch(/^SQ01\d\d$/);
  });

  for (const record of syntaxDiagnostics)
    describe(`${record.code} ${record.title}`, () => {
      it("has three examples", () => {
        expect(record.examples.length).toBeGreaterThanOrEqual(3);
      });
      for (const example of record.examples) {
        const shown = JSON.stringify(example.length > 60 ? `${example.slice(0, 60)}…` : example);
        it(`is all that is said of ${shown}`, () => {
          const { diagnostics } = parse(example);
          expect(new Set(codes(diagnostics))).toEqual(new Set([record.code]));
          for (const d of diagnostics) {
            expect(d.severity).toBe(record.severity);
            for (const l of d.labels) {
              expect(l.at.from).toBeGreaterThanOrEqual(0);
              expect(l.at.to).toBeLessThanOrEqual(example.length);
              expect(l.at.from).toBeLessThanOrEqual(l.at.to);
            }
          }
        });
        it(`${record.fix.tag === "offered" ? "has a fix that mends" : "has no fix for"} ${shown}`, () => {
          let text = example;
          let { diagnostics } = parse(text);
          if (record.fix.tag === "none") {
            expect(diagnostics.flatMap((d) => d.fixes)).toEqual([]);
            return;
          }
          for (let n = 0; n < 10 && diagnostics.length > 0; n++) {
            const fix = diagnostics[0]?.fixes[0];
            expect(fix, text).toBeDefined();
            text = applied(text, fix?.edits ?? []);
            ({ diagnostics } = parse(text));
          }
          expect(codes(diagnostics).filter((c) => c === record.code), text).toEqual([]);
        });
      }
    });
});
