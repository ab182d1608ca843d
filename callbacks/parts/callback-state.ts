import type * as tf from '@tensorflow/tfjs-core';

/** What a callback needs to go on in another process as if it had never stopped. */
export interface CallbackState {
  /** What JSON can hold: numbers, texts, booleans, null, and lists and plain objects of them. */
  json: Record<string, unknown>;
  /** Tensors by names of their own; they belong to whoever asked for the state. */
  tensors: Record<string, tf.Tensor>;
}

/** A callback whose state survives a restart; every callback of this library is one, and yours may be. */
export interface ResumableCallback {
  /**
   * What the callback needs to go on; the tensors are yours to dispose. Ask between two batches or between two fits;
   * within a `fit` from a callback that stands behind it in the list, in `onBatchEnd` or later. Asking changes nothing.
   *
   * @throws Error within a batch.
   */
  state(): Promise<CallbackState>;
  /**
   * Takes over the state of another callback of the same class and options, before the `fit` that goes on. The tensors
   * stay yours.
   *
   * @throws TypeError or RangeError that says what differs, Error within a `fit`. Nothing is changed then.
   */
  restore(state: CallbackState): Promise<void>;
}

/** A part of a callback that remembers something from fit to fit. */
export interface Remembering {
  /** What it remembers; the tensors are the caller's. */
  state(): CallbackState | Promise<CallbackState>;
  /** Takes over a state. Its JSON has a value of the right kind, or null, for each name; wrong values are refused. */
  restore(state: CallbackState): void | Promise<void>;
}

/** What a callback may tell of itself to those who run it; all of it may be left out. */
export interface CallbackTraits {
  /** Whether it works on the optimizer that trains the model: `startTraining` must be given it then. */
  readonly needsOptimizer?: boolean;
  /** Whether it draws random numbers at each step by the names of weights, and so draws others for renamed layers. */
  readonly drawsByName?: boolean;
}
