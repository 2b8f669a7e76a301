/** What `=>` and `=[…]=>` may name. Each gives a scalar per instance, summed over features. */
import { attributes, integer, NO_ATTRIBUTES, positive } from "./attributes-codec.js";
import type { Builder } from "./builder.js";
import { defineLoss } from "./define-codec.js";
import type { Loss } from "./loss.js";
import type { OpName } from "./program.js";
import type { Operand } from "./time.js";

const sumAll = (b: Builder, x: Operand): Operand => (b.typeOf(x).shape.length === 0 ? x : b.op("core.sum_to_scalar", [x]));
/** y · f, and 0 where y is 0, whatever f is there: `p` is replaced by 1 there before f is computed. */
const certain = (b: Builder, p: Operand, y: Operand): Operand =>
  b.op("core.where", [b.op("core.eq", [y, b.constant(0)]), b.constant(1), p]);

const byOp = (name: string, op: OpName, doc: string, of: Loss["of"]): Loss =>
  defineLoss({ name, doc, attributes: NO_ATTRIBUTES, of, build: (b, from, target) => b.op(op, [from, target]) });

export const losses: readonly Loss[] = [
  byOp("match", "core.half_square",
    "The matching loss of the function that made the prediction; after any other function ½‖p − y‖².", "prediction"),
  byOp("half_square", "core.half_square", "½‖p − y‖²; its gradient is p − y.", "prediction"),
  defineLoss({
    name: "softmax_cross_entropy",
    doc: "−Σ y log p for p = softmax(x), from x; its gradient is p − y.",
    attributes: attributes({ axis: integer("the axis of the softmax", -1) }),
    of: "pre-activation",
    build: (b, from, target, { axis }) => b.op("core.softmax_cross_entropy", [from, target], { axis }),
  }),
  byOp("sigmoid_cross_entropy", "core.sigmoid_cross_entropy",
    "−Σ y log p + (1−y) log(1−p) for p = sigmoid(x), from x; its gradient is p − y.", "pre-activation"),
  byOp("poisson_cross_entropy", "core.poisson_cross_entropy",
    "Σ p − y log p for p = eˣ, from x; its gradient is p − y.", "pre-activation"),
  defineLoss({
    name: "mse",
    doc: "Σ (p − y)².",
    attributes: NO_ATTRIBUTES,
    of: "prediction",
    build: (b, from, target) => {
      const d = b.op("core.sub", [from, target]);
      return sumAll(b, b.op("core.mul", [d, d]));
    },
  }),
  defineLoss({
    name: "ce",
    doc: "−Σ y log p for probabilities p; 0 where y is 0.",
    attributes: NO_ATTRIBUTES,
    of: "prediction",
    stable: "softmax_cross_entropy",
    build: (b, from, target) =>
      b.op("core.neg", [sumAll(b, b.op("core.mul", [target, b.op("core.log", [certain(b, from, target)])]))]),
  }),
  { ...byOp("bce", "core.binary_cross_entropy", "−Σ y log p + (1−y) log(1−p) for probabilities p.", "prediction"), stable: "sigmoid_cross_entropy" },
  defineLoss({
    name: "poisson",
    doc: "Σ p − y log p for rates p.",
    attributes: NO_ATTRIBUTES,
    of: "prediction",
    stable: "poisson_cross_entropy",
    build: (b, from, target) => {
      const surprise = b.op("core.mul", [target, b.op("core.log", [certain(b, from, target)])]);
      return sumAll(b, b.op("core.sub", [from, surprise]));
    },
  }),
  defineLoss({
    name: "huber",
    doc: "Σ of ½d² where |d| ≤ delta, else delta (|d| − ½ delta), for d = p − y.",
    attributes: attributes({ delta: positive("where it turns from a parabola into a line", 1) }),
    of: "prediction",
    build: (b, from, target, { delta }) => {
      const d = b.op("core.sub", [from, target]), size = b.op("core.abs", [d]);
      const parabola = b.op("core.mul", [b.op("core.mul", [d, d]), b.constant(0.5)]);
      const line = b.op("core.mul", [b.op("core.sub", [size, b.constant(delta / 2)]), b.constant(delta)]);
      return sumAll(b, b.op("core.where", [b.op("core.le", [size, b.constant(delta)]), parabola, line]));
    },
  }),
];
