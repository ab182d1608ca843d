import {Words} from '../../twin/words.js';

/** The memory of a program, also byte by byte. */
export class Bytes extends Words {
  readonly #bytes: Int8Array;

  constructor(memory: ArrayBuffer) {
    super(memory);
    this.#bytes = new Int8Array(memory);
  }

  byte(address: number): number {
    return this.#bytes[this.#expect(address)]!;
  }

  storeByte(address: number, value: number): void {
    this.#bytes[this.#expect(address)] = value;
  }

  /** A whole number of 16 bits. */
  signedHalf(address: number): number {
    return (this.half(address) << 16) >> 16;
  }

  #expect(address: number): number {
    if (this.#bytes[address] !== undefined) return address;
    throw new RangeError(`Expected an address in the memory of the program, got ${address}`);
  }

  /** The sum of the products of four bytes and four others. */
  dot(a: number, b: number): number {
    let sum = 0;
    for (let i = 0; i < 4; i++) sum += this.byte(a + i) * this.byte(b + i);
    return sum;
  }
}

/** `factor * sum + shift` in 32-bit floats. */
export function scaled(sum: number, factor: number, shift: number): number {
  return Math.fround(Math.fround(Math.fround(sum) * factor) + shift);
}

/** NaN becomes `low`. */
export function clamp(x: number, low: number, high: number): number {
  const least = low < x ? x : low;
  return least < high ? least : high;
}

/** The whole number below, within bounds that are not below 0; NaN becomes `low`. */
export function whole(x: number, low: number, high: number): number {
  return Math.floor(clamp(x, low, high));
}
