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
  /** What it needs to go on, between two batches or between two `fit` calls. */
  state(): Promise<CallbackState>;
  /**
   * Takes a state over, before the `fit` that goes on. The tensors stay the caller's: `tf.clone` what is to outlive the call.
   *
   * @throws Error where the state is not one of a callback with the same options.
   */
  restore(state: CallbackState): Promise<void>;
}
