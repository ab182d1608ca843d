import type {Shape} from '@tensorflow/tfjs-layers';
import {sizeOf} from '../../math/size-of.js';
import {fieldsOf} from '../../tfjs-internals.js';
import {isChannelsFirst} from './channel-axis.js';
import type {ChannelCards} from './channel-card.js';
import type {ConstantCall, Constants} from './constants.js';
import type {ChannelRule, LayerUse, TracedTensor} from './layer-use.js';
import type {PassCards} from './pass-card.js';

export const SHAPE_PASSES: PassCards = {
  Flatten: {returnsInput: () => true},
  Reshape: {returnsInput: () => true},
};

/** Layers that move values without changing them. */
export const SHAPE_CHANNELS: ChannelCards = {
  Flatten: {channelRule: flatten, constants: call => rearranged(flatten, call)},
  Reshape: {channelRule: reshape, constants: call => rearranged(reshape, call)},
  Permute: {channelRule: permute, constants: call => rearranged(permute, call)},
  RepeatVector: {channelRule: repeated, constants: call => rearranged(repeated, call)},
};

/**
 * Finds out where a rule moves values, by passing it an index of each distinct value in place of the channel. It asks
 * the card's own rule: one that a user declared in its place may call other methods of the use.
 */
function rearranged(rule: ChannelRule, {layer, inputs: [input], outputs, values}: ConstantCall): Constants[] {
  const numbers = new Map<string, number>();
  const valueOf: number[] = [];
  const channels = input!.channels.map((channel, i) => {
    const key = `${channel} ${values[0]![i]}`;
    if (!numbers.has(key)) numbers.set(key, valueOf.push(values[0]![i]!) - 1);
    return numbers.get(key)!;
  });
  const asked: Partial<LayerUse> = {
    layer,
    inputs: [{...input!, channels}],
    outputShapes: outputs.map(({shape}) => shape),
    sized: () => undefined,
    refuse: () => [],
  };
  const [moved] = rule(asked as LayerUse);
  return moved?.axis === outputs[0]!.axis ? [Float32Array.from(moved.channels, number => valueOf[number]!)] : [];
}

function repeated({inputs, outputShapes}: LayerUse): TracedTensor[] {
  return [{...inputs[0]!, shape: outputShapes[0]!, axis: 2}];
}

function permute(use: LayerUse): TracedTensor[] {
  return [moved(use.inputs[0]!, fieldsOf(use.layer)['dims'] as number[])];
}

/** With channels first, tf.js moves the channels to the end before it flattens. */
function flatten(use: LayerUse): TracedTensor[] {
  const [input] = use.inputs;
  const rank = input!.shape.length;
  const dims = Array.from({length: rank - 1}, (_, i) => i + 1);
  const last = isChannelsFirst(use.layer) ? moved(input!, [...dims.slice(1), 1]) : input!;
  return [{shape: use.outputShapes[0]!, axis: 1, channels: everywhere(last)}];
}

function reshape(use: LayerUse): TracedTensor[] {
  const [input] = use.inputs;
  const [shape] = use.outputShapes;
  const kept = alongOneAxis(everywhere(input!), shape!);
  if (kept) {
    use.sized(kept.channels, (config, left) => {
      const target = config['targetShape'] as (number | null)[];
      if (target[kept.axis - 1] !== null) target[kept.axis - 1] = left;
    });
    return [{...kept, shape: shape!}];
  }
  return use.refuse('are mixed with other axes by its target shape');
}

/** @param dims the axis of the input that each axis after the batch comes from. */
function moved({shape, axis, channels}: TracedTensor, dims: readonly number[]): TracedTensor {
  return {shape: [shape[0]!, ...dims.map(dim => shape[dim]!)], axis: dims.indexOf(axis) + 1, channels};
}

/** The channel of each value of an example, in the order of memory; empty if a size is not known. */
function everywhere({shape, axis, channels}: TracedTensor): Int32Array {
  if (channels.length === 0 || shape.slice(1).includes(null)) return new Int32Array(0);
  const inner = sizeOf(shape.slice(axis + 1));
  return new Int32Array(sizeOf(shape.slice(1))).map((_, i) => channels[Math.floor(i / inner) % channels.length]!);
}

/** The axis that alone determines the channel of each value, if there is one. */
function alongOneAxis(values: Int32Array, shape: Shape): Pick<TracedTensor, 'axis' | 'channels'> | undefined {
  if (values.length === 0 || shape.slice(1).includes(null)) return undefined;
  for (let axis = shape.length - 1; axis > 0; axis--) {
    const inner = sizeOf(shape.slice(axis + 1));
    const size = shape[axis]!;
    const channels = Int32Array.from({length: size}, (_, i) => values[i * inner]!);
    if (values.every((value, i) => value === channels[Math.floor(i / inner) % size])) return {axis, channels};
  }
  return undefined;
}
