/** Sample inputs of ops: what their tests and every backend's run on. */
import type { Sample, SampleInput } from "../op.js";
import type { Attrs } from "../program.js";
import { classOf, float } from "../type.js";

type Range = readonly [number, number];

export const vary = (...shape: readonly number[]): SampleInput => ({ type: float(...shape) });
export const within = (range: Range, ...shape: readonly number[]): SampleInput => ({ type: float(...shape), range });
/** A parameter or constant: one value for all instances. */
export const fixed = (...shape: readonly number[]): SampleInput => ({ type: float(...shape), batched: false });
export const label = (classes: number): SampleInput => ({ type: classOf(classes) });
export const labels = (classes: number, ...shape: readonly number[]): SampleInput => ({
  type: { shape, dtype: "int", classes },
});

export const sample = (ins: readonly SampleInput[], attrs: Attrs = {}, rows?: number): Sample =>
  rows === undefined ? { ins, attrs } : { ins, attrs, rows };

/** A scalar, a vector, a matrix, one feature, and a batch of one. */
export const onOne = (range?: Range, attrs: Attrs = {}): readonly Sample[] => {
  const of = (...shape: readonly number[]): SampleInput => (range === undefined ? vary(...shape) : within(range, ...shape));
  return [
    sample([of()], attrs),
    sample([of(5)], attrs),
    sample([of(2, 3)], attrs),
    sample([of(1)], attrs),
    sample([of(4)], attrs, 1),
    sample([{ ...of(3), batched: false }], attrs),
  ];
};

/** Two operands: equal shapes, scalars on either side, static ones, one feature, a batch of one. */
export const onTwo = (first?: Range, second: Range | undefined = first): readonly Sample[] => {
  const of = (range: Range | undefined, shape: readonly number[]): SampleInput =>
    range === undefined ? vary(...shape) : within(range, ...shape);
  const a = (...shape: readonly number[]): SampleInput => of(first, shape);
  const b = (...shape: readonly number[]): SampleInput => of(second, shape);
  return [
    sample([a(), b()]),
    sample([a(4), b(4)]),
    sample([a(), b(3)]),
    sample([a(2, 3), b()]),
    sample([{ ...a(3), batched: false }, b(3)]),
    sample([a(3), { ...b(), batched: false }]),
    sample([a(1), b(1)]),
    sample([a(2), b(2)], {}, 1),
  ];
};
