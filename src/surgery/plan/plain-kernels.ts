import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import groupBy from 'lodash/groupBy.js';
import uniq from 'lodash/uniq.js';
import {seesWeights, type Criterion} from '../../criteria/criterion.js';
import {MaskedWeight} from '../../layers/masked-weight.js';
import type {LayerVariable, Model} from '../../tfjs-internals.js';
import {isRuleDeclared} from '../../units/trace/channel-rules.js';
import type {ChannelAxis, ChannelTrace} from '../../units/trace/channel-trace.js';
import type {UnitKernel} from './unit-kernels.js';

/**
 * Does something with the kernels of layers that only their rules know, and that no wrapper shows: they have a say in
 * what units are worth, too, where the criterion goes by nothing but weights.
 *
 * @param wrapped the kernels that wrappers show.
 */
export async function withPlainKernels<T>(
  model: Model,
  {axes}: Pick<ChannelTrace, 'axes'>,
  wrapped: readonly UnitKernel[],
  criterion: Criterion,
  action: (kernels: readonly UnitKernel[]) => Promise<T>,
): Promise<T> {
  if (!seesWeights(criterion)) return action(wrapped);
  const shown = new Set(wrapped.map(({weight}) => weight.kernel.id));
  const known = axes.filter(({layer, variable}) => {
    return isRuleDeclared(layer) && variable.shape.length > 1 && !shown.has(variable.id);
  });
  const plain = Object.values(groupBy(known, 'variable.id')).map(own => plainKernel(model, own));
  try {
    return await action([...wrapped, ...plain]);
  } finally {
    for (const {weight} of plain) weight.mask.dispose();
  }
}

function plainKernel(model: Model, axes: readonly ChannelAxis[]): UnitKernel {
  const {variable, path, field} = axes[0]!;
  const shape = variable.shape as number[];
  const of = (role: ChannelAxis['role']) => uniq(axes.filter(axis => axis.role === role).map(({axis}) => axis));
  const name = `${path}/${field}`;
  const layout = {name, shape, inputAxes: of('takes'), outputAxes: of('makes'), gates: 1};
  return {name, weight: new MaskedWeight(variable, allKept(shape), layout), kernel: variable, layout, model, axes};
}

function allKept(shape: number[]): LayerVariable {
  const ones = tf.ones(shape);
  try {
    return new tfl.LayerVariable(ones, 'float32', 'mask', false);
  } finally {
    ones.dispose();
  }
}
