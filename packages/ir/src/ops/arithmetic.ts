/** Arithmetic with scalar broadcast, and functions of one number. */
import { defineOp } from "../define-codec.js";
import * as kernels from "../kernels/elementwise.js";
import { erf, power, sign } from "../kernels/special.js";
import type { Builder } from "../builder.js";
import type { AnyOp } from "../op.js";
import type { OpName } from "../program.js";
import type { Operand } from "../time.js";
import { label, labels, onOne, onTwo, sample, vary, within } from "./samples.js";
import {
  binary, div, elementwise, fit, likeFirst, mul, neg, none, nth, rule, scale, slope, sub, ternary, unary, where, vanishTogether, vanishWithAny,
} from "./support.js";

const infix = (symbol: string) => ({ tag: "infix", symbol }) as const;
const call = (name: string) => ({ tag: "call", name }) as const;
const pair = { inputs: ["a", "b"], elementwise: true, type: elementwise } as const;
const single = { inputs: ["x"], elementwise: true, type: likeFirst } as const;

/** NaN stays; where the bounds cross, the upper one wins. */
const clip = kernels.map3((x, low, high) => Math.min(Math.max(x, low), high));
/** g to the operand that is further out, half to each at a tie. */
const extremum = (b: Builder, g: Operand, p: Operand, q: Operand, further: OpName): readonly Operand[] => {
  const half = where(b, b.op("core.eq", [p, q]), scale(b, g, 0.5), b.constant(0));
  const share = (one: Operand, other: Operand): Operand => fit(b, where(b, b.op(further, [one, other]), g, half), one);
  return [share(p, q), share(q, p)];
};
/** Away from 0 on both sides would be two ranges; one side, for functions that are odd or even. */
const APART = [0.3, 2] as const;

export const ARITHMETIC: readonly AnyOp[] = [
  defineOp({
    ...pair,
    name: "core.add",
    doc: "The sum of two values of one shape, or of a value and a scalar.",
    notation: infix("+"),
    vanishes: vanishTogether,
    forward: binary(kernels.add),
    autodiff: rule((b, { ins, g }) => ins.map((x) => fit(b, g, x))),
    samples: onTwo(),
  }),
  defineOp({
    ...pair,
    name: "core.sub",
    doc: "The difference of two values of one shape, or of a value and a scalar.",
    notation: infix("-"),
    vanishes: vanishTogether,
    forward: binary(kernels.subtract),
    autodiff: rule((b, { ins, g }) => [fit(b, g, nth(ins, 0)), neg(b, fit(b, g, nth(ins, 1)))]),
    samples: onTwo(),
  }),
  defineOp({
    ...pair,
    name: "core.mul",
    doc: "The product, element by element, of two values of one shape, or of a value and a scalar.",
    notation: infix("*"),
    vanishes: vanishWithAny,
    forward: binary(kernels.multiply),
    // d(a b) = b da + a db
    autodiff: rule((b, { ins: [p, q], g }) =>
      p === undefined || q === undefined ? [] : [fit(b, mul(b, g, q), p), fit(b, mul(b, g, p), q)]),
    samples: onTwo(),
  }),
  defineOp({
    ...pair,
    name: "core.div",
    doc: "The quotient, element by element, of two values of one shape, or of a value and a scalar.",
    notation: infix("/"),
    vanishes: ([above, below]) => above === true && below !== true,
    forward: binary(kernels.divide),
    // d(a/b) = da/b − (a/b) db/b
    autodiff: rule((b, { ins, y, g }) => {
      const over = div(b, g, nth(ins, 1));
      return [fit(b, over, nth(ins, 0)), neg(b, fit(b, mul(b, over, y), nth(ins, 1)))];
    }),
    samples: onTwo([-2, 2], APART),
  }),
  defineOp({
    ...pair,
    name: "core.pow",
    doc: "The power a^b, element by element; 0^0 is 1, and a negative base with a fractional exponent is NaN.",
    notation: infix("^"),
    forward: binary(kernels.map2(power)),
    // d(a^b) = b a^(b−1) da + a^b log a db; 0 where b = 0, and 0 for db where a = 0 and b ≥ 0 (PyTorch's edge cases)
    autodiff: rule((b, { ins, y, g }) => {
      const base = nth(ins, 0), exponent = nth(ins, 1), zero = b.constant(0);
      const base1 = mul(b, exponent, b.op("core.pow", [base, sub(b, exponent, b.constant(1))]));
      const toBase = where(b, b.op("core.eq", [exponent, zero]), zero, mul(b, g, base1));
      const flat = mul(b, b.op("core.eq", [base, zero]), b.op("core.ge", [exponent, zero]));
      const toExponent = mul(b, g, where(b, flat, zero, mul(b, y, b.op("core.log", [base]))));
      return [fit(b, toBase, base), fit(b, toExponent, exponent)];
    }),
    samples: onTwo(APART, [-2, 2]),
  }),
  defineOp({
    ...single,
    name: "core.neg",
    doc: "The negative.",
    notation: { tag: "prefix", symbol: "-" },
    vanishes: vanishTogether,
    forward: unary(kernels.negate),
    autodiff: slope((b, { g }) => neg(b, g)),
    samples: onOne(),
  }),
  defineOp({
    ...single,
    name: "core.exp",
    doc: "e to the power of x.",
    notation: call("exp"),
    forward: unary(kernels.exp),
    autodiff: slope((b, { y, g }) => mul(b, g, y)),
    loss: "poisson_cross_entropy",
    samples: onOne(),
  }),
  defineOp({
    ...single,
    name: "core.log",
    doc: "The natural logarithm; −∞ at 0, NaN below.",
    notation: call("log"),
    forward: unary(kernels.log),
    autodiff: slope((b, { x, g }) => div(b, g, x)),
    samples: onOne(APART),
  }),
  defineOp({
    ...single,
    name: "core.sqrt",
    doc: "The square root; its slope at 0 is infinite.",
    notation: call("sqrt"),
    vanishes: vanishTogether,
    forward: unary(kernels.sqrt),
    // 1 / (2 √x)
    autodiff: slope((b, { y, g }) => div(b, g, scale(b, y, 2))),
    samples: onOne(APART),
  }),
  defineOp({
    ...single,
    name: "core.abs",
    doc: "The absolute value; its slope at 0 is 0.",
    notation: call("abs"),
    vanishes: vanishTogether,
    forward: unary(kernels.map1(Math.abs)),
    autodiff: slope((b, { x, g }) => mul(b, g, b.op("core.sign", [x]))),
    samples: [...onOne(APART), sample([within([-2, -0.3], 3)])],
  }),
  defineOp({
    ...single,
    name: "core.sign",
    doc: "−1, 0 or 1.",
    notation: call("sign"),
    vanishes: vanishTogether,
    forward: unary(kernels.map1(sign)),
    autodiff: none("constant wherever it is continuous: its gradient is 0"),
    samples: [...onOne(APART), sample([within([-2, -0.3], 3)])],
  }),
  defineOp({
    ...single,
    name: "core.sin",
    doc: "The sine.",
    notation: call("sin"),
    vanishes: vanishTogether,
    forward: unary(kernels.map1(Math.sin)),
    autodiff: slope((b, { x, g }) => mul(b, g, b.op("core.cos", [x]))),
    samples: onOne(),
  }),
  defineOp({
    ...single,
    name: "core.cos",
    doc: "The cosine.",
    notation: call("cos"),
    forward: unary(kernels.map1(Math.cos)),
    autodiff: slope((b, { x, g }) => neg(b, mul(b, g, b.op("core.sin", [x])))),
    samples: onOne(),
  }),
  defineOp({
    ...single,
    name: "core.erf",
    doc: "The error function, 2/√π ∫₀ˣ e^(−t²) dt.",
    notation: call("erf"),
    vanishes: vanishTogether,
    forward: unary(kernels.map1(erf)),
    // 2/√π e^(−x²)
    autodiff: slope((b, { x, g }) => scale(b, mul(b, g, b.op("core.exp", [neg(b, mul(b, x, x))])), 2 / Math.sqrt(Math.PI))),
    samples: onOne(),
  }),
  defineOp({
    ...pair,
    name: "core.maximum",
    doc: "The greater of two values, element by element; at a tie each gets half of the gradient.",
    notation: call("max"),
    forward: binary(kernels.map2(Math.max)),
    autodiff: rule((b, { ins, g }) => extremum(b, g, nth(ins, 0), nth(ins, 1), "core.gt")),
    samples: [...onTwo([0.3, 2], [-2, -0.3]), ...onTwo([-2, -0.3], [0.3, 2])],
  }),
  defineOp({
    ...pair,
    name: "core.minimum",
    doc: "The smaller of two values, element by element; at a tie each gets half of the gradient.",
    notation: call("min"),
    forward: binary(kernels.map2(Math.min)),
    autodiff: rule((b, { ins, g }) => extremum(b, g, nth(ins, 0), nth(ins, 1), "core.lt")),
    samples: [...onTwo([0.3, 2], [-2, -0.3]), ...onTwo([-2, -0.3], [0.3, 2])],
  }),
  defineOp({
    ...pair,
    inputs: ["x", "low", "high"],
    name: "core.clip",
    doc: "x, but at least low and at most high; the gradient passes where low ≤ x ≤ high.",
    notation: call("clip"),
    forward: ternary(clip),
    // As torch.clamp: x gets g on [low, high]; a bound gets it where it is the value.
    autodiff: rule((b, { ins, g }) => {
      const x = nth(ins, 0), low = nth(ins, 1), high = nth(ins, 2), zero = b.constant(0);
      const above = b.op("core.ge", [x, low]), below = b.op("core.le", [x, high]);
      const crossed = b.op("core.lt", [high, low]);
      const atLow = mul(b, b.op("core.lt", [x, low]), b.op("core.lt", [low, high]));
      const atHigh = b.op("core.maximum", [b.op("core.gt", [x, high]), crossed]);
      return [
        fit(b, where(b, mul(b, above, below), g, zero), x),
        fit(b, where(b, atLow, g, zero), low),
        fit(b, where(b, atHigh, g, zero), high),
      ];
    }),
    samples: [
      sample([vary(4), within([-5, -3], 4), within([3, 5], 4)]),
      sample([within([-2, -1.2], 3), within([-1, -0.5]), within([0.5, 1])]),
      sample([within([1.2, 2], 2, 2), within([-1, -0.5]), within([0.5, 1])]),
      sample([vary(1), within([-5, -3]), within([3, 5])], {}, 1),
    ],
  }),
  defineOp({
    ...pair,
    inputs: ["c", "a", "b"],
    name: "core.where",
    doc: "a where c is not 0, else b; what is not chosen has no influence, not even as NaN.",
    notation: call("where"),
    vanishes: ([condition, yes, no]) => no === true && (condition === true || yes === true),
    forward: ternary(kernels.where),
    autodiff: rule((b, { ins, g }) => {
      const c = nth(ins, 0), zero = b.constant(0);
      return [null, fit(b, where(b, c, g, zero), nth(ins, 1)), fit(b, where(b, c, zero, g), nth(ins, 2))];
    }),
    samples: [
      sample([within([0.3, 1], 3), vary(3), vary(3)]),
      sample([labels(2, 3), vary(3), vary()]),
      sample([label(2), vary(2, 2), vary(2, 2)]),
      sample([labels(2, 4), vary(), vary(4)]),
      sample([label(1), vary(1), vary(1)], {}, 1),
    ],
  }),
];
