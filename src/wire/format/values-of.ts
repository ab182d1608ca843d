import {valuesOfGrid} from '../grid/quantize.js';
import type {FileWeight} from './model-file.js';

/** The values of a weight of a file. */
export function valuesOf(weight: FileWeight): Float32Array | Int32Array | Uint8Array {
  if (weight.coding === 'grid') return valuesOfGrid(weight);
  if (weight.coding !== 'codebook') return weight.values;
  const {levels, codebook, zero} = weight;
  const values = new Float32Array(levels.length);
  for (let i = 0; i < levels.length; i++) values[i] = codebook[levels[i]! + zero] ?? NaN;
  return values;
}
