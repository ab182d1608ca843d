/** The memory of a program, number by number. Nothing outside of it can be read or written. */
export class Words {
  readonly #numbers: Int32Array;
  readonly #floats: Float32Array;
  readonly #halves: Uint16Array;

  constructor(memory: ArrayBuffer) {
    this.#numbers = new Int32Array(memory);
    this.#floats = new Float32Array(memory);
    this.#halves = new Uint16Array(memory);
  }

  number(address: number): number {
    return found(this.#numbers[address / 4], address);
  }

  half(address: number): number {
    return found(this.#halves[address / 2], address);
  }

  float(address: number): number {
    return found(this.#floats[address / 4], address);
  }

  store(address: number, value: number): void {
    found(this.#floats[address / 4], address);
    this.#floats[address / 4] = value;
  }

  /** Whole numbers, one behind the other. */
  numbers(address: number, count: number): number[] {
    return Array.from({length: count}, (_, i) => this.number(address + 4 * i));
  }
}

function found(value: number | undefined, address: number): number {
  if (value !== undefined) return value;
  throw new RangeError(`Expected an address in the memory of the program, got ${address}`);
}
