import type {Shape} from '@tensorflow/tfjs-layers';
import {fieldsOf, type Layer} from '../../tfjs-internals.js';
import type {TracedTensor} from './layer-use.js';

/**
 * The axis of channels that a layer goes by: the last one, or with `dataFormat: 'channelsFirst'` the one behind the
 * batch.
 */
export function channelAxis(layer: Layer, shape: Shape): number {
  return fieldsOf(layer)['dataFormat'] === 'channelsFirst' ? 1 : shape.length - 1;
}

export function lastAxis({shape}: TracedTensor): number {
  return shape.length - 1;
}
