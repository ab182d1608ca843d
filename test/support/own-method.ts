import * as tf from '@tensorflow/tfjs';
import {taylor, type Criterion} from 'tfjs-pruning';
import {PruningCallback, updateMasks, type Method, type PruningCallbackArgs} from 'tfjs-pruning/callbacks';
import {expectOptions} from '../../src/options/expect.js';

const OPTIONS = ['sparsity', 'criterion', 'layers', 'stepUnit', 'initialStep'];

/** Options of {@link OwnMethod}. */
export interface OwnMethodArgs extends PruningCallbackArgs {
  sparsity?: number;
  criterion?: Criterion;
}

/** A method as a user writes one: prunes at every second step by what it observes, remembers, and holds a tensor. */
export class OwnMethod extends PruningCallback {
  constructor(args: OwnMethodArgs = {}) {
    super(ownMethod(args), args);
  }
}

function ownMethod(args: OwnMethodArgs): Method {
  const {sparsity = 0.5, criterion = taylor()} = expectOptions('OwnMethod', args, OPTIONS);
  const memory = {updates: 0, sparsities: [] as number[]};
  let noise: number | undefined;
  return {
    memory,
    masks: 'more',
    observes: {criterion, updates: {updatesAt: step => step > 0 && step % 2 === 0, endStep: 6}, batches: 1},
    keepsZeros: () => true,
    async atStep({step, weights, seen}) {
      noise = (noise ?? 0) + 1;
      if (step === 0 || step > 6 || step % 2 === 1) return undefined;
      const count = await updateMasks(weights, (sparsity * step) / 6, {criterion}, seen);
      memory.updates++;
      memory.sparsities.push(count.zeros / count.weights);
      return count;
    },
    state: () => ({json: {}, tensors: noise === undefined ? {} : {noise: tf.scalar(noise)}}),
    restore: async ({tensors}) => {
      noise = tensors['noise'] && (await tensors['noise'].data())[0];
    },
    reset: () => (noise = undefined),
  };
}
