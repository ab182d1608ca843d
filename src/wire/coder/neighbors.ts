/** Which rows lie next to one another, for pixels and taps: a row away, and a line of pixels away. */
export interface Lags {
  /** Rows to the next input above, such as the channels of a pixel; at least 1. */
  readonly near: number;
  /** Rows to the one a line above, more than `near`; 0 if there is none. */
  readonly far: number;
}

const ternary = (level: number) => (level > 0 ? 1 : level < 0 ? 2 : 0);
const capped = (level: number) => (level > 1 || level < -1 ? 2 : level === 0 ? 0 : 1);

/** The levels around one, of rows and columns that were coded before it; 0 outside. */
export class Neighbors {
  /** One and two steps above. */
  above = 0;
  above2 = 0;
  /** A line above: at the same place, and one step before and behind it. */
  far = 0;
  farBefore = 0;
  farBehind = 0;
  /** To the left, and two to the left if there is no line above. */
  left = 0;
  left2 = 0;

  look(levels: Int16Array, at: number, row: number, column: number, columns: number, {near, far}: Lags): void {
    this.above = row >= near ? levels[at - near * columns]! : 0;
    this.above2 = row >= 2 * near ? levels[at - 2 * near * columns]! : 0;
    this.left = column > 0 ? levels[at - 1]! : 0;
    if (far === 0) {
      this.left2 = column > 1 ? levels[at - 2]! : 0;
      return;
    }
    this.farBehind = row >= far - near ? levels[at - (far - near) * columns]! : 0;
    this.far = row >= far ? levels[at - far * columns]! : 0;
    this.farBefore = row >= far + near ? levels[at - (far + near) * columns]! : 0;
  }

  /** What is around as a number below 243: zero, one or more. */
  get pattern(): number {
    const last = this.left2 || this.farBehind;
    return (
      capped(this.above) + 3 * capped(this.far) + 9 * capped(this.left) + 27 * capped(this.above2) + 81 * capped(last)
    );
  }

  /** The signs around as a number below 243. */
  get signs(): number {
    return (
      ternary(this.above) +
      3 * ternary(this.far) +
      9 * ternary(this.farBehind) +
      27 * ternary(this.above2) +
      81 * ternary(this.farBefore)
    );
  }

  /** The sum of what is around, the nearest twice. */
  get sum(): number {
    return 2 * (this.above + this.far) + this.farBehind + this.farBefore + this.above2;
  }

  /** The mean magnitude of what is around, times 3 / 2^shift, from 1 to 15; 0 if all are zeros. */
  magnitude(shift: number): number {
    const {above, above2, far, farBefore, farBehind} = this;
    const count =
      2 * Number(above !== 0) +
      2 * Number(far !== 0) +
      Number(above2 !== 0) +
      Number(farBehind !== 0) +
      Number(farBefore !== 0);
    if (count === 0) return 0;
    const sum = 2 * (Math.abs(above) + Math.abs(far)) + Math.abs(above2) + Math.abs(farBehind) + Math.abs(farBefore);
    return Math.min(15, Math.trunc((3 * sum) / ((2 * count) << shift)) + 1);
  }
}
