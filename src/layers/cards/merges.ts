import {fieldsOf} from '../../tfjs-internals.js';
import {fromStart} from '../../math/from-start.js';
import type {ChannelCards, LostInputs} from './channel-card.js';
import {carried, unknown, type ConstantCall, type Constants} from './constants.js';
import type {LayerUse, TracedTensor} from './layer-use.js';

/** Layers that make one tensor out of several. */
export const MERGE_CHANNELS: ChannelCards = {
  Add: {channelRule: elementwise, constants: call => [merged(call, (a, b) => a + b)], canDrop: sumsWithout},
  Average: {channelRule: elementwise, constants: averaged},
  Maximum: {channelRule: elementwise, constants: call => [merged(call, Math.max)]},
  Minimum: {channelRule: elementwise, constants: call => [merged(call, Math.min)]},
  Multiply: {
    channelRule: elementwise,
    constants: call => [merged(call, (a, b) => (a === 0 || b === 0 ? 0 : a * b))],
  },
  Concatenate: {channelRule: concatenation, constants: concatenated, canDrop: concatenatesWithout},
  Dot: {channelRule: dot, constants: zerosCarried},
};

/** Joins channels position by position. A channel that is broadcast over all channels of the others must be kept. */
function elementwise(use: LayerUse): TracedTensor[] {
  const [shape] = use.outputShapes;
  const inputs = use.inputs.map(input => ofRank(input, shape!.length));
  const axis = commonAxis(inputs);
  const wide = inputs.filter(input => input.shape[axis] === shape![axis]);
  for (const narrow of inputs.filter(input => !wide.includes(input))) {
    use.freeze(narrow.channels, 'are broadcast over the channels of its other inputs');
  }
  return [{shape: shape!, axis, channels: unified(use, wide, axis)}];
}

function concatenation(use: LayerUse): TracedTensor[] {
  const [shape] = use.outputShapes;
  const axis = commonAxis(use.inputs);
  if (axis !== fromStart(fieldsOf(use.layer)['axis'] as number, shape!.length)) {
    return [{shape: shape!, axis, channels: unified(use, use.inputs, axis)}];
  }
  const channels = Int32Array.from(use.inputs.flatMap(input => [...use.along(input, axis)]));
  return [{shape: shape!, axis, channels}];
}

/**
 * Sums products over one axis of each input. Channels along both of these axes are joined, as in queries times keys;
 * channels along any other axis pass through, as those of values.
 */
function dot(use: LayerUse): TracedTensor[] {
  const [shape] = use.outputShapes;
  const [x, y] = use.inputs as [TracedTensor, TracedTensor];
  const [xAxis, yAxis] = summedAxes(use);
  if (xAxis === 0 || yAxis === 0) return use.refuse('are multiplied across the examples of a batch by it');
  if (x.axis === xAxis && y.axis === yAxis) {
    use.together(x.channels, y.channels);
    // A norm needs the channels of each input; a product needs neither of two channels if one of them is zero.
    if (fieldsOf(use.layer)['normalize'] === true) for (const {channels} of [x, y]) use.takes(channels);
    else use.takes(x.channels, y.channels);
    return [use.staying(shape!, 'are sums over channels in it')];
  }
  for (const {channels} of [x, y].filter(({axis}, i) => axis === [xAxis, yAxis][i])) {
    use.freeze(channels, 'are summed over by it together with an axis of its other input that holds no channels');
  }
  const left = [
    {channels: x.channels, axis: x.axis - (x.axis > xAxis ? 1 : 0), isLeft: x.axis !== xAxis},
    {channels: y.channels, axis: x.shape.length + y.axis - (y.axis > yAxis ? 3 : 2), isLeft: y.axis !== yAxis},
  ].filter(({isLeft}) => isLeft);
  const passed = left.findLast(({channels}) => use.isFree(channels)) ?? left.at(-1)!;
  for (const {channels} of left.filter(other => other !== passed)) {
    use.freeze(channels, 'run along a different axis of its output than the channels of its other input');
  }
  return [{shape: shape!, axis: passed.axis, channels: passed.channels}];
}

function summedAxes({layer, inputs}: LayerUse): [number, number] {
  const axes = fieldsOf(layer)['axes'] as number | readonly number[];
  const resolved = inputs.map(({shape}, i) => {
    return fromStart(typeof axes === 'number' ? axes : axes[i]!, shape.length);
  });
  return resolved as [number, number];
}

/** The same tensor with axes of size 1 after the batch, as tf.js expands it. */
function ofRank({shape, axis, channels}: TracedTensor, rank: number): TracedTensor {
  const missing = rank - shape.length;
  return {shape: [shape[0]!, ...Array<number>(missing).fill(1), ...shape.slice(1)], axis: axis + missing, channels};
}

/** The axis along which most inputs have their channels; the last one in case of a tie. */
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

/** Merges position by position. Broadcast inputs, and inputs with channels along another axis, are not constant. */
function merged({inputs, outputs: [output], values}: ConstantCall, f: (a: number, b: number) => number): Constants {
  const aligned = inputs.map(({shape, axis}, i) => {
    const fits = axis + output!.shape.length - shape.length === output!.axis;
    return fits && values[i]!.length === output!.channels.length ? values[i]! : unknown(output!);
  });
  return aligned.reduce((sum, list) => sum.map((value, i) => f(value, list[i]!)));
}

function averaged(call: ConstantCall): Constants[] {
  return [merged(call, (a, b) => a + b).map(sum => sum / call.inputs.length)];
}

function concatenated(call: ConstantCall): Constants[] {
  const {inputs, outputs, values} = call;
  const {axis} = outputs[0]!;
  if (axisOf(call) !== axis) return [merged(call, (a, b) => (a === b ? a : NaN))];
  const parts = inputs.map((input, i) => {
    return input.axis === axis ? values[i]! : unknown({channels: new Int32Array(input.shape[axis] ?? 0)});
  });
  return [Float32Array.from(parts.flatMap(part => [...part]))];
}

/** Sums of zeros are zero; anything else depends on the other input. */
function zerosCarried(call: ConstantCall): Constants[] {
  return carried(call).map(values => values.map(value => (value === 0 ? 0 : NaN)));
}

/** The remaining inputs must still have the shape of the sum. */
function sumsWithout({inputs, output, gone}: LostInputs): boolean {
  return inputs.some(({shape}, i) => !gone.includes(i) && shape.join() === output.shape.join());
}

/** Only inputs without any channel left can go. */
function concatenatesWithout({layer, inputs, output, gone, isEmpty}: LostInputs): boolean {
  return axisOf({layer, outputs: [output]}) === output.axis && gone.every(i => isEmpty(inputs[i]!));
}

/** The axis along which a layer concatenates, counted from the start. */
function axisOf({layer, outputs}: Pick<ConstantCall, 'layer' | 'outputs'>): number {
  return fromStart(fieldsOf(layer)['axis'] as number, outputs[0]!.shape.length);
}
