import * as tf from '@tensorflow/tfjs-core';
import {batchLoss} from '../passes/batch-loss.js';
import type {FittingBatch} from '../passes/each-batch.js';
import {differentiating, type LossFunction, type Model} from '../tfjs-internals.js';
import {withBlocks, type PlacedBlock} from './with-blocks.js';

/** Trains blocks behind the layers of a model by an Adam of its own. The model itself does not change. */
export class BlockTrainer {
  readonly #model: Model;
  readonly #blocks: readonly PlacedBlock[];
  readonly #losses: readonly LossFunction[];
  readonly #optimizer: tf.Optimizer;

  constructor(model: Model, blocks: readonly PlacedBlock[], losses: readonly LossFunction[], learningRate: number) {
    this.#model = model;
    this.#blocks = blocks;
    this.#losses = losses;
    this.#optimizer = tf.train.adam(learningRate);
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
  }
}
