import type * as tf from '@tensorflow/tfjs-core';
import type {MaskedWeight} from '../layers/masked-weight.js';

/** What a criterion sees of a pass through a model, forward or backward. */
export interface Watch {
  /** Whether it sees backward passes. */
  readonly isBackward: boolean;
  /**
   * Observes a weight until the returned function is called.
   *
   * @param calls whether inputs are seen only in training, as `fit` calls layers, or in all calls.
   */
  start(weight: MaskedWeight, calls: Calls): () => void;
  /** Runs a pass, forward and backward, as often as it has to be seen. */
  run(pass: () => void): void;
  /** What the criterion observes of each weight; the tensors belong to the enclosing tidy, or to the watch. */
  observed(): ReadonlyMap<MaskedWeight, tf.Tensor>;
  /** Drops the pass. */
  clear(): void;
}

/** The calls of a layer in which its inputs are seen. */
export type Calls = 'training' | 'all';
