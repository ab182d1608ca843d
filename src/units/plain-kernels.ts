import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import groupBy from 'lodash/groupBy.js';
import uniq from 'lodash/uniq.js';
import {channelCardOf} from '../layers/cards/channel-card-of.js';
import {MaskedWeight} from '../layers/masked-weight.js';
import type {PlacedWeight} from '../masks/placed-weights.js';
import type {LayerVariable, Model} from '../tfjs-internals.js';
import type {ChannelAxis, ChannelTrace} from './trace/channel-trace.js';

/**
 * Runs an action with the masked weights and also the kernels without wrappers of layers with a declared channel rule,
 * as criteria that need only weights can score these, too.
 *
 * @param wrapped the kernels that have wrappers.
 */
export async function withPlainKernels<T>(
  model: Model,
  {axes}: Pick<ChannelTrace, 'axes'>,
  wrapped: readonly PlacedWeight[],
  action: (kernels: readonly PlacedWeight[]) => Promise<T>,
): Promise<T> {
  const shown = new Set(wrapped.map(({weight}) => weight.kernel.id));
  const known = axes.filter(({layer, variable}) => {
    return channelCardOf(layer).isDeclared && variable.shape.length > 1 && !shown.has(variable.id);
  });
  const plain = Object.values(groupBy(known, 'variable.id')).map(own => plainKernel(model, own));
  try {
    return await action([...wrapped, ...plain]);
  } finally {
    for (const {weight} of plain) weight.mask.dispose();
  }
}

function plainKernel(model: Model, axes: readonly ChannelAxis[]): PlacedWeight {
  const {variable, path, field} = axes[0]!;
  const shape = variable.shape as number[];
  const of = (role: ChannelAxis['role']) => uniq(axes.filter(axis => axis.role === role).map(({axis}) => axis));
  const name = `${path}/${field}`;
  const layout = {name, shape, inputAxes: of('takes'), outputAxes: of('makes'), gates: 1};
  return {name, weight: new MaskedWeight(variable, allKept(shape), layout), kernel: variable, layout, model};
}

function allKept(shape: number[]): LayerVariable {
  const ones = tf.ones(shape);
  try {
    return new tfl.LayerVariable(ones, 'float32', 'mask', false);
  } finally {
    ones.dispose();
  }
}
