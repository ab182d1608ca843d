import {fieldsOf} from '../../../tfjs-internals.js';
import type {ChannelRule, LayerUse, TracedTensor} from '../layer-use.js';
import {concatenated} from './recurrent.js';

/** Layers that make one tensor out of several. */
export const MERGE_RULES: Record<string, ChannelRule> = {
  Add: elementwise,
  Average: elementwise,
  Maximum: elementwise,
  Minimum: elementwise,
  Multiply: elementwise,
  Concatenate: concatenation,
  Dot: use => use.refuse('are multiplied with each other by it'),
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
