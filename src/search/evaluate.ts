import * as tf from '@tensorflow/tfjs-core';
import type {AfterBatch} from '../passes/batch-steps.js';
import type {DataArgs} from '../passes/data.js';
import {eachBatch} from '../passes/each-batch.js';
import {lossFunctionsOf, type Model} from '../tfjs-internals.js';

/** The loss of a model on some data, and its metrics by name. */
export interface Evaluation {
  /** The mean loss over the data. */
  loss: number;
  /** The mean of each metric that the model was compiled with, by its name. */
  metrics: Record<string, number>;
}

/**
 * The loss and the metrics of a compiled model, averaged over all examples as in `model.evaluate`.
 *
 * @param afterBatch is awaited after each batch.
 * @param during runs each batch, and may change the model meanwhile.
 */
export async function evaluate(
  model: Model,
  data: DataArgs,
  afterBatch: AfterBatch,
  during = (batch: () => void) => batch(),
): Promise<Evaluation> {
  const sums = new Sums();
  let count = 0;
  try {
    await eachBatch(
      model,
      data,
      ({xs, ys}) => {
        const size = xs[0]!.shape[0];
        during(() => sums.add([model.evaluate(xs, ys, {batchSize: size})].flat(), size));
        count += size;
      },
      lossFunctionsOf(model),
      afterBatch,
    );
    const [loss, ...metrics] = (await sums.read()).map(sum => sum / count);
    return {loss: loss!, metrics: Object.fromEntries(metrics.map((value, i) => [model.metricsNames[i + 1]!, value]))};
  } finally {
    sums.dispose();
  }
}

/** Expects a model with a loss. */
export function expectCompiled(owner: string, model: Model): void {
  if ((model.loss as unknown) !== undefined) return;
  throw new Error(`${owner} expects a compiled model, but "${model.name}" is not; call its compile() first`);
}

/** Weighted sums of scalars. */
class Sums {
  #sums: tf.Tensor[] = [];

  add(values: readonly tf.Tensor[], weight: number): void {
    const before = this.#sums;
    this.#sums = values.map((value, i) => {
      const weighted = tf.mul(value, weight);
      return tf.keep(before[i] ? tf.add(before[i], weighted) : weighted);
    });
    tf.dispose(before);
  }

  async read(): Promise<number[]> {
    return Promise.all(this.#sums.map(async sum => (await sum.data())[0]!));
  }

  dispose(): void {
    tf.dispose(this.#sums);
  }
}
