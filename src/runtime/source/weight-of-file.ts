import {scaleOf} from '../../math/scales.js';
import type {FileWeight} from '../../wire/format/model-file.js';
import type {ArrivingWeight} from '../../wire/format/read-body.js';
import {valuesOf} from '../../wire/format/values-of.js';
import type {SparseRows} from '../graph/sparse-rows.js';
import {ToComeError, type StoredWeights} from '../graph/weights.js';
import type {Weight} from '../lower/layer-to-lower.js';

type Levels = SparseRows<Int16Array>;

/** A weight of a compressed file. */
export class WeightOfFile implements Weight {
  readonly #arriving: ArrivingWeight<Levels>;
  #values: Float32Array | undefined;

  constructor(arriving: ArrivingWeight<Levels>) {
    this.#arriving = arriving;
  }

  get shape(): readonly number[] {
    return this.#arriving.weight.shape;
  }

  get isToCome(): boolean {
    return this.#arriving.isToCome;
  }

  get values(): Float32Array {
    const {weight, isToCome} = this.#arriving;
    if (isToCome) throw new ToComeError(`Weight "${weight.name}" is still to come`);
    return (this.#values ??= floats(valuesOf(whole(weight))));
  }

  get scaled(): StoredWeights['scaled'] {
    const {weight} = this.#arriving;
    return weight.coding === 'grid'
      ? {rows: weight.levels, scales: Float32Array.from(weight.exponents, scaleOf)}
      : undefined;
  }
}

function whole(weight: FileWeight<Levels>): FileWeight {
  return 'levels' in weight ? {...weight, levels: weight.levels.whole()} : weight;
}

function floats(values: Float32Array | Int32Array | Uint8Array): Float32Array {
  return values instanceof Float32Array ? values : Float32Array.from(values);
}
