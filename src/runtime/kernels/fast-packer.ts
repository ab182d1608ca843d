import {reach} from '../emit/fixed-memory.js';
import type {Packer, SellPlan, SparseMatrix} from '../emit/packer.js';

/** See assembly/pack.ts. */
export interface PackExports {
  packSell(
    ...of: [
      ...[order: number, orderEnd: number, outputs: number, starts: number, rows: number, weights: number],
      ...[addresses: number, bias: number, base: number, out: number, to: number],
    ]
  ): void;
}

/** Packs in the memory of compiled kernels. */
export class FastPacker implements Packer {
  readonly #exports: PackExports;
  readonly #memory: WebAssembly.Memory;
  #end = 0;

  constructor(exports: PackExports, memory: WebAssembly.Memory) {
    [this.#exports, this.#memory] = [exports, memory];
  }

  clear(numbers: number): void {
    this.#end = 0;
    reach(this.#memory, 4 * numbers);
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

  sell(matrix: SparseMatrix, {order, base, out, stream}: SellPlan): void {
    const {outputs, starts, rows, weights, addresses, bias} = matrix;
    const [a, b, c, d, e] = [starts, rows, weights, addresses, bias].map(({byteOffset}) => byteOffset) as Five;
    const end = order.byteOffset + order.byteLength;
    this.#exports.packSell(order.byteOffset, end, outputs, a, b, c, d, e, base, out, stream.byteOffset);
  }
}

type Five = [number, number, number, number, number];
