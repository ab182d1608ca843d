import type {Shape} from '@tensorflow/tfjs-layers';
import {fromStart} from '../../math/from-start.js';
import {fieldsOf, type Layer} from '../../tfjs-internals.js';
import type {TracedTensor} from './layer-use.js';

/** The axis of channels in a layer's input: the last, or with `dataFormat: 'channelsFirst'` the one after the batch. */
export function channelAxis(layer: Layer, shape: Shape): number {
  return isChannelsFirst(layer) ? 1 : shape.length - 1;
}

export function isChannelsFirst(layer: Layer): boolean {
  return fieldsOf(layer)['dataFormat'] === 'channelsFirst';
}

export function lastAxis({shape}: TracedTensor): number {
  return shape.length - 1;
}

/** Whether channels run along one of these axes. */
export function isAmong(axes: number | readonly number[], {axis, shape}: TracedTensor): boolean {
  return [axes].flat().some(given => fromStart(given, shape.length) === axis);
}
