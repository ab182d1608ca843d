import type {WeightLayout} from './structure.js';

/** A weight's axes, with the gates on an axis of their own, so that an index along the outputs is a unit. */
export interface UnitView {
  readonly shape: readonly number[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** The axes of a convolution's window, in order. */
  readonly spatial: readonly number[];
}

/** Splits the gates off: an LSTM kernel of `[inputs, 4 * units]` is seen as `[inputs, 4, units]`. */
export function unitView({shape, inputAxes, outputAxes, gates}: WeightLayout): UnitView {
  const all = shape.map((_, axis) => axis);
  const spatial = all.filter(axis => !inputAxes.includes(axis) && !outputAxes.includes(axis));
  if (gates === 1) return {shape, inputs: inputAxes, outputs: outputAxes, spatial};
  const gated = outputAxes.at(-1)!;
  const moved = (axes: readonly number[]) => axes.map(axis => (axis < gated ? axis : axis + 1));
  return {
    shape: all.flatMap(axis => (axis === gated ? [gates, shape[axis]! / gates] : [shape[axis]!])),
    inputs: moved(inputAxes),
    outputs: moved(outputAxes),
    spatial: moved(spatial),
  };
}
