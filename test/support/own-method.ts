import * as tf from '@tensorflow/tfjs';
import {taylor} from 'tfjs-pruning';
import {PruningCallback, updateMasks, type Method} from 'tfjs-pruning/callbacks';
import {PRUNING} from '../../callbacks/pruning-callback.js';
import {expectCriterion} from '../../src/criteria/expect-criterion.js';
import {option, sparsity} from '../../src/options/option.js';
import {read} from '../../src/options/read.js';
import type {Args} from '../../src/options/table.js';

const OPTIONS = {sparsity: sparsity(0.5), criterion: option(expectCriterion, taylor), ...PRUNING};

/** Options of {@link OwnMethod}. */
export type OwnMethodArgs = Args<typeof OPTIONS>;

/** A method as a user writes one: prunes at every second step by what it observes, remembers, and holds a tensor. */
export class OwnMethod extends PruningCallback {
  constructor(args: OwnMethodArgs = {}) {
    super(ownMethod(args), args);
  }
}

function ownMethod(args: OwnMethodArgs): Method {
  const {sparsity, criterion} = read('OwnMethod', args, OPTIONS);
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
