import { describe, expect, it } from "vitest";
import type { Diagnostic } from "../../src/index.js";
import { createRenderer, lineStarts, positionAt, renderAll } from "../../src/render/index.js";

const at = (from: number, to: number, file = "main.seq") => ({ file, from, to });
const error = (labels: Diagnostic["labels"], more: Partial<Diagnostic> = {}): Diagnostic =>
  ({ code: "SQ0301", severity: "error", message: "sizes differ", labels, help: "", fixes: [], ...more });
const show = (text: string, d: Diagnostic, colour = false): string => createRenderer(new Map([["main.seq", text]]), { colour }).render(d);

describe("a rendered diagnostic", () => {
  it("shows code, message, place, lines, labels, help and fixes", () => {
    const text = "X : [784]\ny : [10]\nX --[M]-> p => y\n";
    const d = error([{ at: at(29, 35), text: "they meet here" }, { at: at(10, 18), text: "10 comes from here" }], {
      help: "Declare it.",
      fixes: [{ title: "write [784]", edits: [{ at: at(0, 1), text: "" }], unsafe: true }],
    });
    expect(show(text, d)).toBe([
      "error[SQ0301]: sizes differ",
      " --> main.seq:3:11",
      "  |",
      "2 | y : [10]",
      "  | -------- 10 comes from here",
      "3 | X --[M]-> p => y",
      "  |           ^^^^^^ they meet here",
      "  |",
      "  = help: Declare it.",
      "  = unsafe fix: write [784]",
      "",
    ].join("\n"));
  });

  it("marks what a terminal shows: tabs, wide and combining characters", () => {
    const text = "\tab 日本 e\u0301x y";
    const marked = (from: number, to: number): string => show(text, error([{ at: at(from, to), text: "" }])).split("\n")[4] ?? "";
    expect(marked(1, 3)).toBe("  |     ^^");
    expect(marked(4, 6)).toBe(`  | ${" ".repeat(7)}^^^^`);
    expect(marked(11, 12)).toBe(`  | ${" ".repeat(15)}^`);
  });

  it("shows a window of a line of a megabyte", () => {
    const text = `${"a".repeat(500_000)}BAD${"c".repeat(500_000)}`;
    const lines = show(text, error([{ at: at(500_000, 500_003), text: "here" }])).split("\n");
    expect(lines[1]).toBe(" --> main.seq:1:500001");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(120);
    const column = lines[4]!.indexOf("^^^");
    expect(lines[3]!.slice(column, column + 3)).toBe("BAD");
  });

  it("takes spans at and beyond the end, over several lines, and empty files", () => {
    expect(show("ab", error([{ at: at(2, 2), text: "expected more" }]))).toContain("1 | ab\n  |   ^ expected more");
    expect(show("ab\n", error([{ at: at(3, 3), text: "" }]))).toContain("2 |\n  | ^");
    expect(show("", error([{ at: at(0, 0), text: "empty" }]))).toContain("1 |\n  | ^ empty");
    expect(show("abc\ndef", error([{ at: at(1, 6), text: "both" }]))).toContain("1 | abc\n  |  ^^ both");
    expect(show("abc", error([{ at: at(90, 99), text: "far" }]))).toContain("main.seq:1:");
  });

  it("lets no control character reach the terminal", () => {
    const text = "a\u001b[31mb\u0007\u202e";
    const d = error([{ at: at(0, 1), text: "x\u001by" }], { message: "m\u001b[2J" });
    // eslint-disable-next-line no-control-regex
    expect(show(text, d)).not.toMatch(/[\u001b\u0007\u202e]/);
  });

  it("is coloured only when asked", () => {
    const d = error([{ at: at(0, 1), text: "" }]);
    expect(show("a", d, true)).toContain("\u001b[31;1merror[SQ0301]\u001b[0m");
    // eslint-disable-next-line no-control-regex
    expect(show("a", d, true).replace(/\u001b\[[\d;]*m/g, "")).toBe(show("a", d));
  });

  it("names a file whose text is missing, and nothing where there is no place", () => {
    const d = error([{ at: at(0, 1, "digits.npz"), text: "" }, { at: at(0, 0, ""), text: "" }]);
    expect(renderAll([d, d], new Map())).toBe("error[SQ0301]: sizes differ\n --> digits.npz\n\nerror[SQ0301]: sizes differ\n --> digits.npz\n");
  });

  it("as JSON has lines and columns", () => {
    const renderer = createRenderer(new Map([["main.seq", "ab\r\ncd"]]));
    const json = renderer.toJson(error([{ at: at(4, 6), text: "cd" }]));
    expect(json.labels[0]!.at).toEqual({ file: "main.seq", from: 4, to: 6, start: { line: 2, column: 1 }, end: { line: 2, column: 3 } });
    expect(JSON.parse(JSON.stringify(json))).toEqual(json);
  });
});

describe("positions", () => {
  it("count lines as editors do", () => {
    const starts = lineStarts("a\nb\r\nc\rd");
    expect(starts).toEqual([0, 2, 5, 7]);
    expect(positionAt(starts, 6)).toEqual({ line: 3, column: 2 });
  });
});
