/** What PyTorch is not written for yet is told, and never printed wrong (SQ0905). */
import * as E from "fp-ts/lib/Either.js";
import { expect, it } from "vitest";
import { compile } from "../../src/compile.js";
import { emitPytorch } from "../../src/pytorch.js";

const KEEP = "Keep: v\n    0 -> s_0\n    0.5*s_{t-1} + v -> s_t\n    0 -> g_{T+1}\n    0.5*g_{t+1} + ^s_t -> g_t\n    g_t -> ^v\n    return s_t\n";
const PROGRAM = `${KEEP}x_t : [2]\n0 -> h_0\nh_{t-1}|x_t --[F|Keep]-> h_t\nF : dense[2]\nh_t => y_t\ny_t : [2]\n`;

it("refuses by autograd a stated gradient that is made of other steps", () => {
  const compiled = compile(PROGRAM, "program.seq");
  if (E.isLeft(compiled)) throw new Error(compiled.left.map((one) => one.message).join("; "));
  const codes = (gradients: "autograd" | "explicit"): readonly string[] => E.match((found: readonly { readonly code: string }[]) => found.map((one) => one.code), () => ["printed"])(emitPytorch(compiled.right, { name: "program", folder: null, gradients }));
  expect(codes("autograd")).toEqual(["SQ0905"]);
  expect(codes("explicit")).toEqual(["printed"]);
});
