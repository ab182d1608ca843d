/** Numbers of a matrix row by row, without zeros. They may come a few rows at a time. */
export class SparseRows<A extends Int16Array | Float32Array = Int16Array | Float32Array> {
  /** Where each row begins, and where the last one ends. */
  readonly starts: Uint32Array;
  /** How many columns there are. */
  readonly width: number;
  #columns: Uint16Array | Uint32Array;
  #numbers: A;
  #row = 0;

  /** @param kind an array of the kind of the numbers. */
  constructor(rows: number, width: number, kind: A) {
    this.starts = new Uint32Array(rows + 1);
    this.#columns = width > 65_536 ? new Uint32Array(0) : new Uint16Array(0);
    [this.width, this.#numbers] = [width, kind.slice(0, 0) as A];
  }

  /** The column of each number. */
  get columns(): Uint16Array | Uint32Array {
    return this.#columns;
  }

  get numbers(): A {
    return this.#numbers;
  }

  /** Adds whole rows. */
  take(numbers: A): void {
    const {width} = this;
    let count = this.starts[this.#row]!;
    for (let at = 0; at < numbers.length;) {
      this.#reach(count + width);
      const [columns, kept] = [this.#columns, this.#numbers];
      for (let column = 0; column < width; column++) {
        const number = numbers[at++]!;
        if (number === 0) continue;
        columns[count] = column;
        kept[count++] = number;
      }
      this.starts[++this.#row] = count;
    }
  }

  #reach(count: number): void {
    if (count <= this.#numbers.length) return;
    this.#columns = grown(this.#columns, count);
    this.#numbers = grown(this.#numbers, count);
  }

  /** All numbers, with the zeros. */
  whole(): A {
    const {starts} = this;
    const whole = grown(this.#numbers.slice(0, 0) as A, (starts.length - 1) * this.width);
    for (let row = 0, at = 0; row + 1 < starts.length; row++) {
      for (; at < starts[row + 1]!; at++) whole[row * this.width + this.#columns[at]!] = this.#numbers[at]!;
    }
    return whole;
  }
}

function grown<A extends Int16Array | Uint16Array | Uint32Array | Float32Array>(array: A, count: number): A {
  const larger = new (array.constructor as new (length: number) => A)(Math.max(count, 2 * array.length));
  larger.set(array);
  return larger;
}
