import {scaleOf} from '../../math/scales.js';
import type {ArrivingWeight} from '../../wire/format/read-body.js';
import {valuesOf} from '../../wire/format/values-of.js';
import {ToComeError, type Levels} from '../graph/weights.js';
import type {Weight} from '../lower/layer-to-lower.js';

/** A weight of a compressed file. */
export class WeightOfFile implements Weight {
  readonly #file: ArrivingWeight;
  #values: Float32Array | undefined;

  constructor(file: ArrivingWeight) {
    this.#file = file;
  }

  get shape(): readonly number[] {
    return this.#file.shape;
  }

  get isToCome(): boolean {
    return !this.#file.weight;
  }

  get values(): Float32Array {
    const {name, weight} = this.#file;
    if (!weight) throw new ToComeError(`Weight "${name}" is still to come`);
    return (this.#values ??= floats(valuesOf(weight)));
  }

  get levels(): Levels | undefined {
    const {weight} = this.#file;
    if (weight?.coding !== 'grid') return undefined;
    return {levels: weight.levels, scales: Float32Array.from(weight.exponents, scaleOf)};
  }
}

function floats(values: Float32Array | Int32Array | Uint8Array): Float32Array {
  return values instanceof Float32Array ? values : Float32Array.from(values);
}
