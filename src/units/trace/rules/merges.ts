import {fieldsOf} from '../../../tfjs-internals.js';
import type {LayerUse, TracedTensor} from '../layer-use.js';
import type {TracedUse} from '../traced-use.js';
import {concatenated} from './recurrent.js';

/** Layers that make one tensor out of several. */
export const MERGE_RULES: Record<string, (use: TracedUse) => TracedTensor[]> = {
  Add: elementwise,
  Average: elementwise,
  Maximum: elementwise,
  Minimum: elementwise,
  Multiply: elementwise,
  Concatenate: concatenation,
  Dot: dot,
};

/** Channels at the same position go together; one that is spread over all positions of the others must stay. */
function elementwise(use: LayerUse): TracedTensor[] {
  const [shape] = use.outputShapes;
  const inputs = use.inputs.map(input => ofRank(input, shape!.length));
  const axis = commonAxis(inputs);
  const wide = inputs.filter(input => input.shape[axis] === shape![axis]);
  for (const narrow of inputs.filter(input => !wide.includes(input))) {
    use.freeze(narrow.channels, 'are spread over the channels of its other inputs');
  }
  return [{shape: shape!, axis, channels: unified(use, wide, axis)}];
}

function concatenation(use: LayerUse): TracedTensor[] {
  const [shape] = use.outputShapes;
  const at = fieldsOf(use.layer)['axis'] as number;
  const axis = commonAxis(use.inputs);
  if (axis !== (at < 0 ? at + shape!.length : at)) {
    return [{shape: shape!, axis, channels: unified(use, use.inputs, axis)}];
  }
  return [{shape: shape!, axis, channels: concatenated(...use.inputs.map(input => use.along(input, axis)))}];
}

/**
 * Sums products over one axis of each input. Channels along both of these axes go together, as those of queries and
 * keys; along one of the other axes they pass through, as those of values.
 */
function dot(use: TracedUse): TracedTensor[] {
  const [shape] = use.outputShapes;
  const [x, y] = use.inputs as [TracedTensor, TracedTensor];
  const [xAxis, yAxis] = summedAxes(use);
  if (xAxis === 0 || yAxis === 0) return use.refuse('are multiplied across the examples of a batch by it');
  if (x.axis === xAxis && y.axis === yAxis) {
    use.together(x.channels, y.channels);
    // A norm over the channels needs each of the two, a product none where one is zero
    if (fieldsOf(use.layer)['normalize'] === true) for (const {channels} of [x, y]) use.takes(channels);
    else use.takes(x.channels, y.channels);
    return [use.staying(shape!, 'are sums over channels in it')];
  }
  for (const {channels} of [x, y].filter(({axis}, i) => axis === [xAxis, yAxis][i])) {
    use.freeze(channels, 'are summed over by it together with what are no channels of its other input');
  }
  const left = [
    {channels: x.channels, axis: x.axis - (x.axis > xAxis ? 1 : 0), isLeft: x.axis !== xAxis},
    {channels: y.channels, axis: x.shape.length + y.axis - (y.axis > yAxis ? 3 : 2), isLeft: y.axis !== yAxis},
  ].filter(({isLeft}) => isLeft);
  const passed = left.findLast(({channels}) => use.isFree(channels)) ?? left.at(-1)!;
  for (const {channels} of left.filter(other => other !== passed)) {
    use.freeze(channels, 'run along another axis of its output than those of its other input');
  }
  return [{shape: shape!, axis: passed.axis, channels: passed.channels}];
}

function summedAxes({layer, inputs}: LayerUse): [number, number] {
  const axes = fieldsOf(layer)['axes'] as number | readonly number[];
  const resolved = inputs.map(({shape}, i) => {
    const axis = typeof axes === 'number' ? axes : axes[i]!;
    return axis < 0 ? axis + shape.length : axis;
  });
  return resolved as [number, number];
}

/** The same tensor with axes of size 1 behind the batch, as tf.js expands it. */
function ofRank({shape, axis, channels}: TracedTensor, rank: number): TracedTensor {
  const missing = rank - shape.length;
  return {shape: [shape[0]!, ...Array<number>(missing).fill(1), ...shape.slice(1)], axis: axis + missing, channels};
}

/** The axis along which most inputs have channels; the last of them, where there are several. */
function commonAxis(inputs: readonly TracedTensor[]): number {
  const votes = inputs.map(({axis}) => inputs.filter(other => other.axis === axis).length);
  const most = Math.max(...votes);
  return Math.max(...inputs.filter((_, i) => votes[i] === most).map(({axis}) => axis));
}

function unified(use: LayerUse, inputs: readonly TracedTensor[], axis: number): Int32Array {
  const [first, ...others] = inputs.map(input => use.along(input, axis));
  for (const other of others) use.together(first!, other);
  return first!;
}
