/** Two activations: one with an implementation and a gradient rule of its own, one made of other ops. */
import { allocate, attributes, defineOp, float, positive } from "@sequent/compiler";
import type { AnyOp, Builder, Operand, Sample, SampleInput } from "@sequent/compiler";

const mul = (b: Builder, x: Operand, y: Operand): Operand => b.op("core.mul", [x, y]);
const add = (b: Builder, x: Operand, y: Operand): Operand => b.op("core.add", [x, y]);

const x = (...shape: readonly number[]): SampleInput => ({ type: float(...shape) });
const samples: readonly Sample[] = [
  { ins: [x()], attrs: {} }, { ins: [x(5)], attrs: {} }, { ins: [x(2, 3)], attrs: {} }, { ins: [x(1)], attrs: {}, rows: 1 },
];

/** (x + √(x² + b)) / 2 (Barron 2021). */
export const squareplus: AnyOp = defineOp<{ readonly b: number }>({
  name: "acme.squareplus",
  doc: "(x + √(x² + b)) / 2, a smooth relu without an exponential.",
  notation: { tag: "call", name: "squareplus" },
  inputs: ["x"],
  elementwise: true,
  attributes: attributes({ b: positive("how smooth it is", 4) }),
  type: (s, ins, outs) => {
    const [from] = ins, [to] = outs;
    if (from === undefined || to === undefined) return true;
    s.setDtype(to, "float");
    s.equalShapes(from, to);
    return true;
  },
  forward: {
    tag: "primitive",
    reference: (ins, attrs, run) =>
      ins.map((one) => {
        const data = allocate(run.precision, one.data.length);
        one.data.forEach((value, i) => { data[i] = (value + Math.sqrt(value * value + attrs.b)) / 2; });
        return { ...one, data };
      }),
  },
  autodiff: {
    tag: "rule",
    // y = (x + r) / 2 with r = √(x² + b): y′ = (1 + x/r) / 2
    instance: (b, { attrs, ins: [of], gradient: [g] }) => {
      if (of === undefined || g === undefined || g === null) return [null];
      const root = b.op("core.sqrt", [add(b, mul(b, of, of), b.constant(attrs.b))]);
      const slope = mul(b, add(b, b.op("core.div", [of, root]), b.constant(1)), b.constant(0.5));
      return [mul(b, g, slope)];
    },
  },
  samples,
});

/** x·tanh(softplus(x)) (Misra 2019). Type, gradient and every backend follow from what it stands for. */
export const mish: AnyOp = defineOp({
  name: "acme.mish",
  doc: "x·tanh(softplus(x)).",
  notation: { tag: "call", name: "mish" },
  inputs: ["x"],
  elementwise: true,
  type: squareplus.type,
  forward: {
    tag: "expand",
    build: (b, { ins: [of] }) => (of === undefined ? [] : [mul(b, of, b.op("core.tanh", [b.op("core.softplus", [of])]))]),
  },
  autodiff: { tag: "expand" },
  samples,
});
