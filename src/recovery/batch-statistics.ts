import * as tf from '@tensorflow/tfjs-core';
import {assign, fieldsOf, viewOf, type Layer, type LayerVariable} from '../tfjs-internals.js';

/** The fields of a BatchNormalization with its moving statistics, in the order of `tf.moments`. */
const FIELDS = ['movingMean', 'movingVariance'] as const;

/**
 * Averages the statistics of all batches that a BatchNormalization is called with, weighted by their number of values.
 * Until `stop`, the layer normalizes with the statistics of the batch, as in training, without changing its variables.
 */
export class BatchStatistics {
  readonly layer: Layer;
  readonly #stop: () => void;
  #averages: readonly tf.Tensor[] = [];
  #count = 0;
  #largestBatch = 0;

  constructor(layer: Layer) {
    this.layer = layer;
    this.#stop = interceptCalls(layer, (input, callAsItIs) => {
      const axes = axesBesidesChannels(layer, input.rank);
      const {mean, variance} = tf.moments(input, axes);
      this.#add([mean, variance], input.size / mean.size);
      return withMovingStatistics(layer, [mean, variance], callAsItIs);
    });
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

  /** Restores the layer and disposes the averages. */
  stop(): void {
    this.#stop();
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

/** Replaces the call of a layer, and passes on the original one, until the returned function is called. */
function interceptCalls(layer: Layer, call: (input: tf.Tensor, callAsItIs: () => Output) => Output): () => void {
  const original = layer.call.bind(layer);
  layer.call = (inputs, kwargs) =>
    tf.tidy(() => call([inputs].flat()[0]!, () => original(inputs, {...kwargs, training: false})));
  return () => void Reflect.deleteProperty(layer, 'call'); // uncovers the method of the class
}

type Output = ReturnType<Layer['call']>;

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
