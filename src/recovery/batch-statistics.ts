import * as tf from '@tensorflow/tfjs-core';
import {interceptCalls} from '../passes/intercept-calls.js';
import {assign, fieldsOf, viewOf, type Layer, type LayerVariable} from '../tfjs-internals.js';

/** The fields of a BatchNormalization with its moving statistics, in the order of `tf.moments`. */
const FIELDS = ['movingMean', 'movingVariance'] as const;

/**
 * Averages the statistics of all batches that a BatchNormalization is called with during `gather`, weighted by their
 * number of values. The layer then normalizes with the statistics of the batch, as in training, without changing its
 * variables.
 */
export class BatchStatistics {
  readonly layer: Layer;
  #averages: readonly tf.Tensor[] = [];
  #count = 0;
  #largestBatch = 0;

  constructor(layer: Layer) {
    this.layer = layer;
  }

  /** Gathers the statistics of all calls of the layer in an action. */
  gather(action: () => void): void {
    const stop = interceptCalls(this.layer, (input, callAsItIs) => {
      const {mean, variance} = tf.moments(input, axesBesidesChannels(this.layer, input.rank));
      this.#add([mean, variance], input.size / mean.size);
      return withMovingStatistics(this.layer, [mean, variance], () => callAsItIs({training: false}));
    });
    try {
      action();
    } finally {
      stop();
    }
  }

  /** The number of values of a channel in the largest batch so far: a single value has no variance. */
  get largestBatch(): number {
    return this.#largestBatch;
  }

  /** Whether all averages are numbers. */
  async areFinite(): Promise<boolean> {
    const values = await Promise.all(this.#averages.map(average => average.data()));
    return values.every(list => list.every(Number.isFinite));
  }

  /** Sets the moving statistics of the layer to the averages. */
  assign(): void {
    this.#averages.forEach((average, i) => assign(variableOf(this.layer, FIELDS[i]!), average));
  }

  /** Disposes the averages. */
  dispose(): void {
    tf.dispose([...this.#averages]);
  }

  #add(statistics: readonly tf.Tensor[], count: number): void {
    this.#count += count;
    this.#largestBatch = Math.max(this.#largestBatch, count);
    const averages = statistics.map((value, i) => movedTowards(value, count / this.#count, this.#averages[i]));
    tf.dispose([...this.#averages]);
    this.#averages = averages.map(tf.keep);
  }
}

/**
 * `average + share * (value - average)`: the plain average of all values, without a sum that exceeds single precision.
 */
function movedTowards(value: tf.Tensor, share: number, average = value): tf.Tensor {
  return tf.add(average, tf.mul(tf.sub(value, average), share));
}

function withMovingStatistics<T>(layer: Layer, statistics: readonly tf.Tensor[], action: () => T): T {
  const variables = FIELDS.map(field => variableOf(layer, field));
  FIELDS.forEach((field, i) => (fieldsOf(layer)[field] = viewOf(variables[i]!, () => statistics[i]!)));
  try {
    return action();
  } finally {
    FIELDS.forEach((field, i) => (fieldsOf(layer)[field] = variables[i]));
  }
}

function variableOf(layer: Layer, field: (typeof FIELDS)[number]): LayerVariable {
  return fieldsOf(layer)[field] as LayerVariable;
}

function axesBesidesChannels(layer: Layer, rank: number): number[] {
  const channels = ((fieldsOf(layer)['axis'] as number) + rank) % rank;
  return Array.from({length: rank}, (_, axis) => axis).filter(axis => axis !== channels);
}
