import type {Lines, Packer, SparseMatrix} from '../emit/packer.js';

type HowToCollect = readonly [
  ...[row: number, step: number, multiplier: number],
  ...[next: number, rows: number, values: number],
];

/** See assembly/pack.ts. */
export interface PackExports {
  count(weights: number, end: number, outputs: number, counts: number): void;
  countLevels(levels: number, end: number, outputs: number, scales: number, counts: number): void;
  collect(weights: number, end: number, outputs: number, ...how: HowToCollect): void;
  collectLevels(levels: number, end: number, outputs: number, scales: number, ...how: HowToCollect): void;
  shared(outputs: number, size: number, starts: number, rows: number, seen: number): number;
  group(
    ...of: [
      ...[outputs: number, size: number, starts: number, rows: number, values: number],
      ...[addresses: number, bias: number, next: number, to: number],
    ]
  ): void;
  lane(
    ...of: [
      ...[entry: number, end: number, rows: number, values: number, addresses: number],
      ...[base: number, pair: number, lane: number],
    ]
  ): void;
}

const PAGE = 65_536;
/** Where `group` keeps places; arrays begin behind them. */
const [NEXT, FIRST] = [64, 128];
/** Vectors may be read behind the last array. */
const SLACK = 16;

/** Packs in the memory of compiled kernels. */
export class FastPacker implements Packer {
  readonly #exports: PackExports;
  readonly #memory: WebAssembly.Memory;
  #end = FIRST;

  constructor(exports: PackExports, memory: WebAssembly.Memory) {
    this.#exports = exports;
    this.#memory = memory;
  }

  clear(numbers: number): void {
    this.#end = FIRST;
    const missing = FIRST + 4 * numbers + SLACK - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE));
  }

  integers(length: number): Uint32Array {
    return new Uint32Array(this.#memory.buffer, this.#room(length), length).fill(0);
  }

  floats(length: number): Float32Array {
    return new Float32Array(this.#memory.buffer, this.#room(length), length);
  }

  #room(length: number): number {
    const address = this.#end;
    this.#end += 4 * length;
    return address;
  }

  levels(numbers: Int16Array): Int16Array {
    const address = this.#room(Math.ceil(numbers.length / 2));
    const copy = new Int16Array(this.#memory.buffer, address, numbers.length);
    copy.set(numbers);
    return copy;
  }

  count({weights, outputs}: Lines, counts: Uint32Array): void {
    if (!('levels' in weights)) {
      this.#exports.count(weights.byteOffset, endOf(weights), outputs, counts.byteOffset);
      return;
    }
    const {levels, scales} = weights;
    this.#exports.countLevels(levels.byteOffset, endOf(levels), outputs, scales.byteOffset, counts.byteOffset);
  }

  collect(
    {weights, outputs, row, step, multiplier}: Lines,
    next: Uint32Array,
    to: Pick<SparseMatrix, 'rows' | 'weights'>,
  ): void {
    const how = [row, step, multiplier, next.byteOffset, to.rows.byteOffset, to.weights.byteOffset] as const;
    if (!('levels' in weights)) {
      this.#exports.collect(weights.byteOffset, endOf(weights), outputs, ...how);
      return;
    }
    const {levels, scales} = weights;
    this.#exports.collectLevels(levels.byteOffset, endOf(levels), outputs, scales.byteOffset, ...how);
  }

  shared({outputs, starts, rows, seen}: SparseMatrix, size: number): number {
    return this.#exports.shared(outputs, size, starts.byteOffset, rows.byteOffset, seen.byteOffset);
  }

  group({outputs, starts, rows, weights, addresses, bias}: SparseMatrix, size: number, stream: Uint32Array): void {
    const entries = [starts.byteOffset, rows.byteOffset, weights.byteOffset] as const;
    const places = [addresses.byteOffset, bias.byteOffset, NEXT, stream.byteOffset] as const;
    this.#exports.group(outputs, size, ...entries, ...places);
  }

  lane(
    {starts, rows, weights, addresses}: SparseMatrix,
    output: number,
    {stream, word, lane, base}: Parameters<Packer['lane']>[2],
  ): void {
    const entries = [starts[output]!, starts[output + 1]!, rows.byteOffset, weights.byteOffset] as const;
    this.#exports.lane(...entries, addresses.byteOffset, base, stream.byteOffset + 4 * word, lane);
  }
}

function endOf({byteOffset, byteLength}: ArrayBufferView): number {
  return byteOffset + byteLength;
}
