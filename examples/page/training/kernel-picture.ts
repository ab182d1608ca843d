import * as tf from '@tensorflow/tfjs-core';
import type {Sequential} from '@tensorflow/tfjs-layers';
import {isPrunableLayer, type MaskedWeight} from 'tfjs-pruning';
import {GAP, type KernelPicture} from '../protocol.js';

const FAINTEST = 30;
const STRONGEST = 127;
const FILTERS_IN_A_ROW = 8;

/** A picture of each kernel that can be pruned. */
export function kernelPictures(model: Sequential): KernelPicture[] {
  return model.layers
    .filter(layer => isPrunableLayer(layer))
    .flatMap(({name, maskedWeights}) => maskedWeights.map(weight => kernelPicture(name, weight)));
}

function kernelPicture(layer: string, weight: MaskedWeight): KernelPicture {
  const [values, mask] = [weight.kernel, weight.mask].map(variable => variable.read().dataSync<'float32'>());
  const shape = weight.kernel.shape as number[];
  const {width, height, placeOf} = shape.length === 4 ? filterTiles(shape) : matrix(shape);
  const ink = new Int8Array(width * height).fill(GAP);
  const largest = tf.tidy(() => tf.max(tf.abs(weight.kernel.read())).dataSync()[0]!);
  let kept = 0;
  values!.forEach((value, i) => {
    kept += mask![i]!;
    ink[placeOf(i)] = mask![i]! * inkOf(value / largest);
  });
  return {layer, shape, weights: values!.length, kept, width, height, ink};
}

/** Even the smallest weight that is kept can be told from one that is pruned. */
function inkOf(value: number): number {
  return Math.sign(value) * Math.round(FAINTEST + (STRONGEST - FAINTEST) * Math.sqrt(Math.abs(value)));
}

interface Places {
  readonly width: number;
  readonly height: number;
  /** The pixel of a weight. */
  readonly placeOf: (weight: number) => number;
}

/** Inputs from left to right, outputs from top to bottom. */
function matrix(shape: readonly number[]): Places {
  const [inputs, outputs] = shape as [number, number];
  return {width: inputs, height: outputs, placeOf: i => (i % outputs) * inputs + Math.floor(i / outputs)};
}

/** A tile for each filter and channel: filters from left to right, their channels from top to bottom. */
function filterTiles(shape: readonly number[]): Places {
  const [rows, columns, channels, filters] = shape as [number, number, number, number];
  const across = channels === 1 ? Math.min(filters, FILTERS_IN_A_ROW) : filters;
  const down = (channels * filters) / across;
  const width = across * (columns + 1) - 1;
  return {
    width,
    height: down * (rows + 1) - 1,
    placeOf: i => {
      const filter = i % filters;
      const channel = Math.floor(i / filters) % channels;
      const column = Math.floor(i / (filters * channels)) % columns;
      const row = Math.floor(i / (filters * channels * columns));
      const tileRow = channels === 1 ? Math.floor(filter / across) : channel;
      return (tileRow * (rows + 1) + row) * width + (filter % across) * (columns + 1) + column;
    },
  };
}
