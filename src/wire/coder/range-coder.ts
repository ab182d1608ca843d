/** Codes bits by their probabilities: writes what it is given, or reads it. */
export interface BitCoder {
  /**
   * Codes a bit, and returns it.
   *
   * @param bit what to write; a reader ignores it.
   * @param chance that it is 1, in 16 bits: from 16 to 65520.
   */
  code(bit: number, chance: number): number;
}

const SMALLEST = 1 << 24;
/** Zeros at the end that are left out, and that a reader takes to be there. */
const MOST_LEFT_OUT = 16;

/** A range coder that writes: 32 bits of range, carries held back in one byte and a count of those that follow. */
export class RangeEncoder implements BitCoder {
  readonly #bytes: number[] = [];
  #low = 0;
  #range = 0xffffffff;
  #held = 0;
  #pending = 1;
  #shifts = 0;

  /** How many bytes a reader will have asked for by now, beyond its first four. */
  get shifts(): number {
    return this.#shifts;
  }

  code(bit: number, chance: number): number {
    const bound = ((this.#range >>> 16) * chance) >>> 0;
    if (bit) {
      this.#range = bound;
    } else {
      this.#low += bound;
      this.#range = (this.#range - bound) >>> 0;
    }
    while (this.#range < SMALLEST) {
      this.#range = (this.#range << 8) >>> 0;
      this.#shift();
    }
    return bit;
  }

  /** All that was written. Some zeros at the end are left out: a reader reads them by itself. */
  finish(): Uint8Array {
    for (let i = 0; i < 5; i++) this.#shift();
    let length = this.#bytes.length;
    const least = Math.max(1, length - MOST_LEFT_OUT);
    while (length > least && this.#bytes[length - 1] === 0) length--;
    return Uint8Array.from(this.#bytes.slice(1, length));
  }

  #shift(): void {
    this.#shifts++;
    if (this.#low < 0xff000000 || this.#low > 0xffffffff) {
      const carry = this.#low > 0xffffffff ? 1 : 0;
      for (; this.#pending > 0; this.#pending--) {
        this.#bytes.push((this.#held + carry) & 255);
        this.#held = 255;
      }
      this.#held = (this.#low >>> 24) & 255;
    }
    this.#pending++;
    this.#low = (this.#low << 8) >>> 0;
  }
}

/** Reads what a {@link RangeEncoder} wrote. */
export class RangeDecoder implements BitCoder {
  readonly #bytes: Uint8Array;
  #at = 0;
  #range = 0xffffffff;
  #code = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    for (let i = 0; i < 4; i++) this.#shift();
  }

  /** Whether more was asked for than was written. */
  get isSpent(): boolean {
    return this.#at > this.#bytes.length + MOST_LEFT_OUT;
  }

  code(_: number, chance: number): number {
    const bound = ((this.#range >>> 16) * chance) >>> 0;
    const bit = this.#code < bound ? 1 : 0;
    if (bit) {
      this.#range = bound;
    } else {
      this.#code = (this.#code - bound) >>> 0;
      this.#range = (this.#range - bound) >>> 0;
    }
    while (this.#range < SMALLEST) {
      this.#range = (this.#range << 8) >>> 0;
      this.#shift();
    }
    return bit;
  }

  #shift(): void {
    this.#code = ((this.#code << 8) | (this.#bytes[this.#at++] ?? 0)) >>> 0;
  }
}
