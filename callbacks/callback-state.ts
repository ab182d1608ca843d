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
   * What it needs to go on, between two batches or between two `fit` calls. Within a `fit` let a callback ask that
   * stands behind it in the list, at the end of a batch or an epoch. The training that goes on is none the wiser.
   */
  state(): Promise<CallbackState>;
  /**
   * Takes a state over, before the `fit` that goes on. The tensors stay the caller's: `tf.clone` what is to outlive the
   * call.
   *
   * @throws Error where the state is not one of a callback with the same options.
   */
  restore(state: CallbackState): Promise<void>;
}
