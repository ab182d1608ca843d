import type * as tf from '@tensorflow/tfjs-core';

/** What a callback needs to continue in another process as if it had never stopped. */
export interface CallbackState {
  /** What JSON can hold: numbers, strings, booleans, null, and arrays and plain objects of these. */
  json: Record<string, unknown>;
  /** Tensors by name; they belong to the caller of `state`. */
  tensors: Record<string, tf.Tensor>;
}

/** A callback whose state survives a restart. Every callback of this library is one, and yours can be. */
export interface ResumableCallback {
  /**
   * What the callback needs to continue; dispose the tensors yourself. Call it between two batches or two fits; within
   * a `fit`, from a callback later in the list, in `onBatchEnd` or after. It changes nothing. The first
   * call loads the code for it, in a page that is bundled in chunks.
   *
   * @throws Error within a batch.
   */
  state(): Promise<CallbackState>;
  /**
   * Restores the state of another callback with the same class and options, before the `fit` that continues. The
   * tensors stay yours.
   *
   * @throws TypeError or RangeError that says what differs, Error within a `fit`. Nothing is changed then.
   */
  restore(state: CallbackState): Promise<void>;
}

/** A part of a callback with state that lasts from fit to fit. */
export interface Remembering {
  /** The state; the tensors belong to the caller. */
  state(): CallbackState | Promise<CallbackState>;
  /** Restores a state whose JSON has a value of the right kind, or null, for each name. Throws on wrong values. */
  restore(state: CallbackState): void | Promise<void>;
}

/** Optional properties of a callback for those who run it. */
export interface CallbackTraits {
  /** Whether it uses the optimizer that trains the model, so that `startTraining` needs it. */
  readonly needsOptimizer?: boolean;
  /** Whether its random numbers at each step depend on the names of weights, and differ for renamed layers. */
  readonly drawsByName?: boolean;
}
