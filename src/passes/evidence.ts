import type * as tf from '@tensorflow/tfjs-core';
import type {MaskedWeight} from '../layers/masked-weight.js';
import type {ObservedData} from './observed-data.js';

/** What a criterion sees besides the values of weights: a tensor for each weight that it has seen anything of. */
export type Evidence = ReadonlyMap<MaskedWeight, tf.Tensor>;

/** Where evidence comes from. */
export interface EvidenceSource extends ObservedData {
  /** What is already gathered, for example by an {@link Observer} in training; the tensors stay the caller's. */
  readonly gathered?: Evidence | undefined;
}
