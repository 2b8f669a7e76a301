/** Windows that slide over one or two spatial axes of [channels, …]. */
import { sizeOf } from "../tensor.js";

/** Per spatial axis: the window's size, its step, and the padding before and after. */
export interface Window {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly (readonly [number, number])[];
}

/** How many windows fit along an axis; 0 or less if none does. */
export const windows = (size: number, kernel: number, stride: number, padding: readonly [number, number]): number =>
  Math.floor((size + padding[0] + padding[1] - kernel) / stride) + 1;

/** The padding that keeps an axis's size at stride 1; of an even window the odd one comes after, as PyTorch's "same". */
export const samePadding = (kernel: number): readonly [number, number] => [Math.floor((kernel - 1) / 2), Math.ceil((kernel - 1) / 2)];

/** A window over [channels, height, width]; of one spatial axis, height is 1. */
export interface Grid {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly kernelH: number;
  readonly kernelW: number;
  readonly strideH: number;
  readonly strideW: number;
  readonly top: number;
  readonly left: number;
  readonly outH: number;
  readonly outW: number;
}

/** The grid of a window over `shape`: [channels, length] or [channels, height, width]. */
export const gridOf = (shape: readonly number[], w: Window): Grid => {
  const flat = shape.length === 2;
  const [kernelH = 1, kernelW = 1] = flat ? [1, ...w.kernel] : w.kernel;
  const [strideH = 1, strideW = 1] = flat ? [1, ...w.stride] : w.stride;
  const none: readonly [number, number] = [0, 0];
  const [vertical = none, horizontal = none] = flat ? [none, ...w.padding] : w.padding;
  const [channels = 1, height = 1, width = 1] = flat ? [shape[0] ?? 1, 1, shape[1] ?? 1] : shape;
  return {
    channels, height, width, kernelH, kernelW, strideH, strideW, top: vertical[0], left: horizontal[0],
    outH: windows(height, kernelH, strideH, vertical), outW: windows(width, kernelW, strideW, horizontal),
  };
};

/** The result's shape over [channels, spatial…] with `channels` of its own. */
export const slideShape = (shape: readonly number[], w: Window, channels: number): readonly number[] => {
  const g = gridOf(shape, w);
  return shape.length === 2 ? [channels, g.outW] : [channels, g.outH, g.outW];
};

/** Elements of one input and one output channel plane, and of a patch over all channels. */
export const planeSizes = (g: Grid): { readonly input: number; readonly output: number; readonly patch: number } => ({
  input: g.height * g.width, output: g.outH * g.outW, patch: sizeOf([g.channels, g.kernelH, g.kernelW]),
});

/** The outputs o with 0 ≤ o·stride + offset < size, as [from, to). */
export const inside = (offset: number, stride: number, size: number, outputs: number): readonly [number, number] => {
  const from = Math.max(0, Math.ceil(-offset / stride));
  return [from, Math.max(from, Math.min(outputs, Math.ceil((size - offset) / stride)))];
};
