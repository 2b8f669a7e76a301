import * as E from "fp-ts/lib/Either.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { format, parse, parseExpression, printExpr, printTree } from "../../src/index.js";
import { bare, expr, program } from "./generate.js";

const formatted = (text: string): string => {
  const result = format(text);
  if (E.isLeft(result)) throw new Error(`${JSON.stringify(result.left)}\n${text}`);
  return result.right;
};

describe("printing and reading back", () => {
  it("is the identity on expressions", () => {
    fc.assert(fc.property(expr, (e) => {
      const back = parseExpression(printExpr(e));
      expect(back, printExpr(e)).toMatchObject({ _tag: "Right" });
      if (E.isRight(back)) expect(bare(back.right)).toEqual(bare(e));
    }), { numRuns: 1000, seed: 1 });
  });

  it("is the identity on programs", () => {
    fc.assert(fc.property(program, (tree) => {
      const text = printTree(tree);
      const { program: back, diagnostics } = parse(text);
      expect(diagnostics.filter((d) => d.severity === "error"), text).toEqual([]);
      expect(bare(back)).toEqual(bare(tree));
      expect(printTree(back)).toBe(text);
    }), { numRuns: 500, seed: 2 });
  });
});

/** Adds comments, blank lines, carriage returns, tabs and odd spacing to a canonical text, at places picked by `dice`. */
const disturbed = (text: string, dice: readonly number[]): string => {
  let n = 0;
  const roll = (): number => (dice[n++ % dice.length] ?? 0) % 8;
  return text.split("\n").map((line) => {
    const [a, b] = [roll(), roll()];
    const own = a === 1 ? `# own ${String(n)} é\n` : a === 2 ? `\t  # inner ${String(n)}\n` : a === 3 ? "\n\n\n" : "";
    const broken = b >= 6 && !line.includes('"') ? line.replace(/ (->|=>|--\[)/g, b === 6 ? "\n      $1" : `  # mid ${String(n)}\n# own\n $1`) : line;
    const end = b === 1 ? ` # end ${String(n)}  ` : b === 2 ? "#end" : b === 3 ? "  \t" : "";
    return own + broken + end;
  }).join((dice[0] ?? 0) % 2 === 0 ? "\n" : "\r\n");
};

describe("fmt", () => {
  it("is idempotent, keeps all comments and the meaning", () => {
    fc.assert(fc.property(program, fc.array(fc.nat(), { minLength: 40, maxLength: 40 }), (tree, dice) => {
      const text = disturbed(printTree(tree), dice);
      const once = formatted(text);
      const before = parse(text);
      const after = parse(once);
      expect(after.program.comments.map((c) => c.text.trimEnd())).toEqual(before.program.comments.map((c) => c.text.trimEnd()));
      expect(bare(after.program), `${text}\n=====\n${once}`).toEqual(bare(before.program));
      expect(formatted(once)).toBe(once);
    }), { numRuns: 500, seed: 3 });
  });

  it.each([
    ["x-y*2->z", "x - y * 2 -> z\n"],
    ["", ""],
    ["\n\n# only\n\n\n#comments", "# only\n\n#comments\n"],
    ["\ufeffx -> y\r\n\tz", null],
    ["0->h_0;h_1:=0;0.99->gamma # three", "0 -> h_0 ; h_1 := 0 ; 0.99 -> gamma  # three\n"],
    ["x --[f]-> y; y => z", "x --[f]-> y\ny => z\n"],
    ["Enc:h_{t-1},x_t\n\t# body\n\th_{ t - 1 }|x_t --[C|tanh]-> c_t\n\treturn c_t", "Enc: h_{t-1}, x_t\n    # body\n    h_{t-1}|x_t --[C|tanh]-> c_t\n    return c_t\n"],
    ["x -> y\n\n$ -y^2", "x -> y\n\n$ -y^2\n"],
    ["x -> y ; $ y", "x -> y\n\n$ y\n"],
    ["X --[M_1] -> h", "X --[M_1]-> h\n"],
    ["X --[M_1|relu]-> h_1 # first\n  # between\n --[M_2]-> p => y", "X --[M_1|relu]-> h_1  # first\n    # between\n    --[M_2]-> p\n    => y\n"],
    ["@metric accuracy=mean(argmax(p)==y)", "@metric accuracy = mean(argmax(p) == y)\n"],
    ["@data   \"digits.npz\"  test = 0.2 seed=0", "@data \"digits.npz\" test=0.2 seed=0\n"],
  ])("writes %j", (text, right) => {
    const result = format(text);
    if (right === null) expect(E.isLeft(result)).toBe(true);
    else expect(result).toEqual(E.right(right));
  });

  it("breaks a chain of more than 100 columns before each arrow", () => {
    const text = `X ${"--[Matrix|relu]-> hidden ".repeat(6)}=> y`;
    const lines = formatted(text).trimEnd().split("\n");
    expect(lines).toHaveLength(7);
    expect(lines[0]).toBe("X --[Matrix|relu]-> hidden");
    expect(lines[6]).toBe("    => y");
  });
});
