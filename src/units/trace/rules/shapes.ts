import type {Shape} from '@tensorflow/tfjs-layers';
import {sizeOf} from '../../../math/size-of.js';
import {fieldsOf} from '../../../tfjs-internals.js';
import type {ChannelRule, LayerUse, TracedTensor} from '../layer-use.js';

/** Layers that move values without changing them. */
export const SHAPE_RULES: Record<string, ChannelRule> = {
  Flatten: flatten,
  Reshape: reshape,
  Permute: permute,
  RepeatVector: ({inputs, outputShapes}) => [{...inputs[0]!, shape: outputShapes[0]!, axis: 2}],
};

function permute(use: LayerUse): TracedTensor[] {
  return [moved(use.inputs[0]!, fieldsOf(use.layer)['dims'] as number[])];
}

/** With channels first, tf.js moves them last before it flattens. */
function flatten(use: LayerUse): TracedTensor[] {
  const [input] = use.inputs;
  const rank = input!.shape.length;
  const dims = Array.from({length: rank - 1}, (_, i) => i + 1);
  const isFirst = fieldsOf(use.layer)['dataFormat'] === 'channelsFirst';
  const last = isFirst ? moved(input!, [...dims.slice(1), 1]) : input!;
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

/** @param dims which axis of the input each axis behind the batch comes from. */
function moved({shape, axis, channels}: TracedTensor, dims: readonly number[]): TracedTensor {
  return {shape: [shape[0]!, ...dims.map(dim => shape[dim]!)], axis: dims.indexOf(axis) + 1, channels};
}

/**
 * The channel of each value behind the batch, in the order in which they lie in memory; empty where a size is not
 * known.
 */
function everywhere({shape, axis, channels}: TracedTensor): Int32Array {
  if (channels.length === 0 || shape.slice(1).includes(null)) return new Int32Array(0);
  const inner = sizeOf(shape.slice(axis + 1));
  return new Int32Array(sizeOf(shape.slice(1))).map((_, i) => channels[Math.floor(i / inner) % channels.length]!);
}

/** The axis along which values have channels of their own, the same wherever they are along the others. */
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
