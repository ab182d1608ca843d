import * as tf from '@tensorflow/tfjs-core';
import {batchLoss} from '../passes/batch-loss.js';
import type {FittingBatch} from '../passes/each-batch.js';
import {differentiating, fieldsOf, type LossFunction, type Model} from '../tfjs-internals.js';
import {withBlocks, type PlacedBlock} from './with-blocks.js';

const MOMENTUM = 0.9;

/**
 * Trains blocks behind the layers of a model by gradient descent with momentum. The model itself does not change. The
 * steps of Adam would be of one size for all channels, and attention would no longer tell by how much each matters.
 */
export class BlockTrainer {
  readonly #model: Model;
  readonly #blocks: readonly PlacedBlock[];
  readonly #losses: readonly LossFunction[];
  readonly #optimizer: tf.Optimizer;

  constructor(model: Model, blocks: readonly PlacedBlock[], losses: readonly LossFunction[], learningRate: number) {
    this.#model = model;
    this.#blocks = blocks;
    this.#losses = losses;
    this.#optimizer = tf.train.momentum(learningRate, MOMENTUM);
  }

  /** Takes a step on the loss of a batch. Call it in a tidy. */
  step(batch: FittingBatch): void {
    const variables = this.#blocks.flatMap(({block}) => block.variables);
    const loss = () => batchLoss(this.#model, this.#losses, batch);
    const {grads} = withBlocks(this.#blocks, () => differentiating(() => tf.variableGrads(loss, variables)));
    this.#optimizer.applyGradients(grads);
  }

  dispose(): void {
    this.#optimizer.dispose();
    tf.dispose(fieldsOf(this.#optimizer)['c'] as tf.Tensor); // the rate, which tf.js forgets
  }
}
