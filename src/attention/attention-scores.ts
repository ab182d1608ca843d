import * as tf from '@tensorflow/tfjs-core';
import {LONG_WORK, LongWork} from '../display/long-work.js';
import {layerSelector} from '../layers/layer-selector.js';
import {wrongNumber} from '../options/expect.js';
import {integer, option, positive} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args, Values} from '../options/table.js';
import {expectLoss} from '../passes/batch-loss.js';
import {batchSteps, reportBatches} from '../passes/batch-steps.js';
import {DATA, expectData} from '../passes/data.js';
import {eachBatch, type FittingBatch} from '../passes/each-batch.js';
import {expectLossForm} from '../passes/observed-data.js';
import {expectRereadable} from '../passes/expect-rereadable.js';
import type {Model} from '../tfjs-internals.js';
import {expectBuilt} from '../units/trace/trace-channels.js';
import {attendedLayers, type AttendedLayer} from './attended-layers.js';
import {AttentionBlock} from './attention-block.js';
import {BlockTrainer} from './block-trainer.js';
import {MeanAttention} from './mean-attention.js';
import {sayUnmoved, unmoved} from './unmoved.js';
import {withBlocks, type PlacedBlock} from './with-blocks.js';

const OPTIONS = {
  /**
   * Whose channels to score. Defaults to all convolutions with channels that can be removed, as `traceChannels` finds
   * them; a Dense layer, whose units are channels, must be named.
   */
  layers: layerSelector(),
  /** How many channels there are to each hidden unit of a block, which has at least one. Defaults to 8. */
  reduction: positive(8),
  /** How often the blocks are trained on all data. Defaults to 2. */
  epochs: integer({min: 1}, 2),
  /** Of gradient descent with momentum 0.9, which trains the blocks. Defaults to 0.01. */
  learningRate: positive(0.01),
  /**
   * The attention that all channels begin with, in (0, 1). Defaults to 0.5: channels that matter then rise, and those
   * that change nothing stay. A deep net without shortcuts, whose signal the blocks damp layer by layer, needs more,
   * such as 0.9.
   */
  firstAttention: option(expectInside, 0.5),
  /** A whole number >= 0 that determines the initial weights of the blocks. Defaults to 0. */
  seed: integer({}, 0),
  /**
   * The loss that the blocks are trained for, in any form that `compile` takes. Defaults to the one that the model was
   * compiled with.
   */
  loss: option(expectLossForm, undefined),
};

/** Options of {@link attentionScores}. */
export type AttentionScoresArgs = Args<typeof DATA & typeof OPTIONS & typeof LONG_WORK>;

/**
 * Scores channels by how much attention a trained net pays to them (PCAS). Behind each convolution comes a small block
 * that looks at the mean of each channel over positions, and multiplies the channel by its attention:
 *
 *     attention = sigmoid(W2 relu(W1 mean + b1) + b2)
 *     score(channel) = mean attention over data
 *
 * The blocks alone are trained, for the loss of the model, and then go again: nothing of the model changes, neither
 * weights nor batch normalizations nor its optimizer. All layers compute as in `predict`. If a batch normalization
 * follows a convolution alone, the block is put behind it, since it would undo a part of the factor. A layer that is
 * used several times has one block. Scores of different layers can be compared: use one rate for the whole net, by
 * `globalRanking()` or a plan, and fine-tune afterwards.
 *
 * Give the scores to {@link scores}. As they say how good the filters of a kernel are, and nothing of what takes these
 * in, let the producers of channels alone be scored: `members: 'producers'` in `planChannelPruning` and
 * `coupledChannels`.
 *
 * The data are read `epochs + 1` times, in their order: shuffle them, or pass {@link seededBatches}. It pauses every
 * 40 ms for the page, which may predict: the blocks are in place only while a batch is computed. `onProgress` is told
 * of each batch. If the attention to all channels of a layer stays where it began, a line on the console says so.
 *
 * Yamamoto and Maeno 2018 (PCAS), https://arxiv.org/abs/1806.05382; Hu et al. 2018 (the block),
 * https://arxiv.org/abs/1709.01507
 *
 * @returns a tensor for each kernel, by its name such as `conv1/kernel`. It has the kernel's rank, and size 1 along all
 *     axes but those of outputs: [1, 1, 1, filters]. All scores are in [0, 1]. The tensors are yours: dispose them.
 * @throws TypeError or RangeError if the model, the data or an option is something else, `layers` matches no layer that
 *     makes channels, or the model has no convolutions to score; Error if there is no loss, or an attention is not a
 *     number; the reason of `signal`.
 *
 * @example
 * const attention = await attentionScores(model, {data: {xs, ys}, batchSize: 64});
 * const plan = await planChannelPruning(model, {
 *   multiplyAdds: 0.5, criterion: scores(attention), members: 'producers', layers: /conv/});
 * tf.dispose(attention);
 */
export async function attentionScores(model: Model, args: AttentionScoresArgs): Promise<Record<string, tf.Tensor>> {
  expectBuilt('attentionScores', model);
  const options = read('attentionScores', args, {...DATA, ...OPTIONS, ...LONG_WORK});
  const {data, batchSize, layers, loss, epochs} = options;
  const work = new LongWork(options);
  expectData({data, batchSize});
  expectRereadable('attentionScores', data);
  const losses = expectLoss(model, loss);
  const places = attendedLayers('attentionScores', model, layers);
  const batches = batchSteps({data, batchSize});
  work.total = (epochs + 1) * batches + 1;
  const blocks = places.map(place => ({place, block: blockFor(place, options)}));
  const trainer = new BlockTrainer(model, blocks, losses, options.learningRate);
  const means = new Map(blocks.map(each => [each, new MeanAttention()]));
  const look = ({xs}: FittingBatch) => {
    const see = (block: PlacedBlock, attention: tf.Tensor) => means.get(block)!.add(attention);
    withBlocks(blocks, () => model.call(xs, {training: false}), see);
  };
  const told = (pass: number, label: string) => reportBatches(work, batches, {from: pass * batches, label});
  try {
    for (let epoch = 0; epoch < epochs; epoch++) {
      const step = (batch: FittingBatch) => trainer.step(batch);
      await eachBatch(model, {data, batchSize}, step, losses, told(epoch, `epoch ${epoch + 1} of ${epochs}, `));
    }
    await eachBatch(model, {data, batchSize}, look, [], told(epochs, 'attention, '));
    const still = await unmoved(
      [...means].map(([{place}, mean]) => [place, mean]),
      options.firstAttention,
    );
    await work.reach(work.total, 'scores');
    sayUnmoved(still, options.firstAttention);
    return Object.fromEntries([...means].flatMap(([{place}, {mean}]) => scoresOf(place, mean!)));
  } finally {
    trainer.dispose();
    for (const [{block}, mean] of means) for (const each of [block, mean]) each.dispose();
  }
}

function blockFor(
  {channels, names}: AttendedLayer,
  {reduction, firstAttention: first, seed}: Values<typeof OPTIONS>,
): AttentionBlock {
  return new AttentionBlock({channels, reduction, first, text: `${seed} ${names[0]!} attention`});
}

/** The scores of a kernel, by each of its names, in tensors of their own. */
function scoresOf({names, layout: {shape, outputAxes}}: AttendedLayer, mean: tf.Tensor): [string, tf.Tensor][] {
  const size = shape.map((length, axis) => (outputAxes.includes(axis) ? length : 1));
  return names.map(name => [name, tf.reshape(mean, size)]);
}

/** Expects a number in (0, 1). */
function expectInside(name: string, value: number): number {
  if (Number.isFinite(value) && value > 0 && value < 1) return value;
  throw wrongNumber(name, 'a number between 0 and 1, without these', value);
}
