import { describe, expect, it } from "vitest";
import { drawCurve, printSeconds, terminalReporter } from "../src/index.js";
import { linear, right, run, temporaryFolder } from "./fixtures.js";

describe("the curve", () => {
  const curve = Array.from({ length: 300 }, (_, i) => ({ step: (i + 1) * 10, losses: [1 / (i + 1), 2 - i / 300] }));
  it("fits the terminal, and names its statements and steps", () => {
    for (const columns of [40, 80, 200]) {
      const text = drawCurve(curve, ["p => y", "q => z"], columns, false);
      for (const line of text.split("\n").slice(0, -2)) expect(line.length).toBeLessThanOrEqual(columns);
      expect(text).toMatch(/step 10 +3000/);
      expect(text).toContain("p => y");
      expect(text).toContain("q => z");
    }
  });
  it("falls from left to right where the loss does", () => {
    const lines = drawCurve(
      [
        { step: 1, losses: [1] },
        { step: 2, losses: [0] },
      ],
      ["a"],
      60,
      false,
    ).split("\n");
    expect(lines[0]).toMatch(/^ +1 [┼┤]/);
    expect((lines[0] ?? "").search("[─╮]")).toBeLessThan((lines[10] ?? "").search("[─╰]"));
  });
  it("ends, for constant, huge, tiny and absent losses", () => {
    const of = (...losses: number[]) =>
      drawCurve(
        losses.map((loss, i) => ({ step: i, losses: [loss] })),
        ["a"],
        80,
        false,
      );
    expect(of(1, 1, 1).split("\n").length).toBeGreaterThan(2);
    for (const text of [of(1e16, 1e16 + 2), of(1e300, -1e300), of(1e-300, 0), of(1e9, 1e9 + 1e-6)])
      expect(text.split("\n").length).toBeLessThan(16);
    expect([of(), of(1), of(NaN, NaN)]).toEqual(["", "", ""]);
  });
});

describe("the report", () => {
  const slow = () =>
    linear((loss) => {
      for (const until = performance.now() + 2; performance.now() < until;);
      return loss;
    });
  const watch = async (screen: { isTTY?: boolean; columns?: number }, clock?: () => number) => {
    let text = "";
    const reporter = terminalReporter({ ...screen, write: (more) => (text += more) }, clock);
    right(await run(slow(), temporaryFolder(), { length: { unit: "epochs", count: 10 } }, reporter));
    return text;
  };
  it("is one live line on a terminal, never wider than it", async () => {
    const text = await watch({ isTTY: true, columns: 60 });
    const live = text.split("\r\x1b[2K").slice(1, -1);
    expect(live.length).toBeGreaterThan(2);
    for (const line of live) expect(line).toMatch(/^epoch \d+\/10 {2}step \d+\/100 {2}p => y [\d.e-]+ {2}.{0,40}$/);
    for (const line of live) expect(line.length).toBeLessThan(60);
    expect(text).toMatch(/trained: 100 steps in \ds, .*\ntrain {2}error [\d.e-]+ {2}p => y [\d.e-]+\ntest {3}error/);
  });
  it("is plain lines every few seconds elsewhere", async () => {
    let time = 0;
    const text = await watch({}, () => (time += 2000));
    expect(text).not.toContain("\x1b");
    expect(text).not.toContain("\r");
    expect(text.split("\n").filter((line) => /steps\/s {2}.* left$/.test(line)).length).toBeGreaterThan(0);
    expect((await watch({}, () => 0)).split("\n").filter((line) => line.includes("steps/s"))).toEqual([]);
  });
  it("prints times as people do", () => {
    expect([0.4, 59, 61, 3725, Infinity].map(printSeconds)).toEqual(["0s", "59s", "1m 01s", "1h 02m", "?"]);
  });
});
