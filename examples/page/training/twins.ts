import type {Sequential} from '@tensorflow/tfjs-layers';
import {prunable} from 'tfjs-pruning';
import {FusedAdam} from 'tfjs-pruning/wasm';
import type {Net} from '../choices.js';
import {newNet} from './nets.js';

/** The same net twice, with the same initial weights. */
export interface Twins {
  readonly dense: Sequential;
  /** Wrapped, to be pruned. */
  readonly sparse: Sequential;
}

export function newTwins(net: Net): Twins {
  const dense = newNet[net]();
  const sparse = prunable(dense);
  for (const model of [dense, sparse]) {
    model.compile({optimizer: new FusedAdam(0.001), loss: 'categoricalCrossentropy'});
  }
  return {dense, sparse};
}
