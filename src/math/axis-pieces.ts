/** A piece of an array's axis, along which all numbers are the same or all may differ. */
export interface AxisPiece {
  readonly size: number;
  /** Whether the numbers along the piece are the same. */
  readonly within: boolean;
}

/**
 * Cuts each axis of an array into pieces: repetitions of a period, in which runs of the same number follow each other.
 * Neighboring pieces of the same kind are merged.
 *
 * A number depends only on its position along the pieces that are not `within`; different positions may still hold the
 * same number.
 *
 * @example
 * cutAxes(Int32Array.of(0, 0, 1, 1, 0, 0, 1, 1), [8]);
 * // [{size: 2, within: true}, {size: 2, within: false}, {size: 2, within: true}]
 */
export function cutAxes(numbers: Int32Array, shape: readonly number[]): AxisPiece[] {
  const pieces: AxisPiece[] = [];
  let stride = numbers.length;
  for (const size of shape) {
    stride /= size;
    for (const piece of cutAxis(numbers, size, stride)) append(pieces, piece);
  }
  return pieces;
}

function cutAxis(numbers: Int32Array, size: number, stride: number): AxisPiece[] {
  const divisors = Array.from({length: size}, (_, i) => i + 1).filter(divisor => size % divisor === 0);
  const run = divisors.findLast(length => hasRuns(numbers, size, stride, length))!;
  const period = divisors.find(length => length % run === 0 && hasPeriod(numbers, size, stride, length))!;
  return [
    {size: size / period, within: true},
    {size: period / run, within: false},
    {size: run, within: true},
  ];
}

function append(pieces: AxisPiece[], {size, within}: AxisPiece): void {
  if (size === 1) return;
  const last = pieces.at(-1);
  if (last?.within === within) pieces[pieces.length - 1] = {size: last.size * size, within};
  else pieces.push({size, within});
}

/** Whether the numbers come in runs of the same number. */
function hasRuns(numbers: Int32Array, size: number, stride: number, run: number): boolean {
  for (let i = stride; i < numbers.length; i++) {
    if ((Math.floor(i / stride) % size) % run !== 0 && numbers[i] !== numbers[i - stride]) return false;
  }
  return true;
}

/** Whether the numbers repeat with the period. */
function hasPeriod(numbers: Int32Array, size: number, stride: number, period: number): boolean {
  for (let i = period * stride; i < numbers.length; i++) {
    if (Math.floor(i / stride) % size >= period && numbers[i] !== numbers[i - period * stride]) return false;
  }
  return true;
}
