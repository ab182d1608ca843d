import * as tf from '@tensorflow/tfjs-core';

/** The version of this library, as in package.json. */
export const VERSION = '0.1.0';

/** What computes a run: results of others may differ. */
export interface Versions {
  /** Of this library. */
  readonly 'tfjs-pruning': string;
  /** Of tf.js. */
  readonly tfjs: string;
  /** The name of the backend. */
  readonly backend: string;
}

/** The versions of what computes now, on the backend that is set. */
export function versionsNow(): Versions {
  return {'tfjs-pruning': VERSION, tfjs: tf.version_core, backend: tf.getBackend()};
}
