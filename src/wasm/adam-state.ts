import type {AdamOptimizer, Variable} from '@tensorflow/tfjs-core';

/** A mean that Adam keeps for a weight, of its gradients or of their squares. */
export interface Moment {
  originalName: string;
  variable: Variable;
}

/** What Adam knows of the steps so far. */
export interface AdamState {
  /** The powers of beta1 and beta2. */
  readonly accBeta1: Variable;
  readonly accBeta2: Variable;
  readonly accumulatedFirstMoment: (Moment | undefined)[];
  readonly accumulatedSecondMoment: (Moment | undefined)[];
}

/**
 * The private fields of tfjs-core's Adam, which its `getWeights` saves and its `setWeights` sets. Here and not in
 * ../tfjs-internals.ts, as tfjs-pruning/wasm needs no tfjs-layers.
 */
export function stateOf(optimizer: AdamOptimizer): AdamState {
  return optimizer as unknown as AdamState;
}
