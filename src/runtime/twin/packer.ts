import type {Lines, Packer, SparseMatrix} from '../emit/packer.js';

/** See kernels/assembly/pack.ts. */
export const PLAIN_PACKER: Packer = {
  clear: () => undefined,
  integers: length => new Uint32Array(length),
  floats: length => new Float32Array(length),
  levels: numbers => numbers,
  count: ({weights, outputs}, counts) => {
    const [numbers, factorOf] = numbersOf(weights);
    for (let i = 0; i < numbers.length; i++) if (numbers[i]! * factorOf(i % outputs) !== 0) counts[i % outputs]!++;
  },
  collect,
  shared,
  group,
  lane,
};

function numbersOf(weights: Lines['weights']): [ArrayLike<number>, (output: number) => number] {
  return 'levels' in weights ? [weights.levels, output => weights.scales[output]!] : [weights, () => 1];
}

function collect(
  {weights, outputs, row: first, step, multiplier}: Lines,
  next: Uint32Array,
  to: Pick<SparseMatrix, 'rows' | 'weights'>,
): void {
  const [numbers, factorOf] = numbersOf(weights);
  for (let i = 0; i < numbers.length; i++) {
    const output = i % outputs;
    const weight = numbers[i]! * factorOf(output);
    if (weight === 0) continue;
    const entry = next[output]!++;
    to.rows[entry] = first + step * Math.floor(i / outputs) + Math.floor(output / multiplier);
    to.weights[entry] = weight;
  }
}

function shared({outputs, starts, rows, seen}: SparseMatrix, size: number): number {
  let count = 0;
  for (let first = 0; first < outputs; first += size) {
    const end = starts[Math.min(outputs, first + size)]!;
    for (let entry = starts[first]!; entry < end; entry++) {
      if (seen[rows[entry]!] === first + 1) continue;
      seen[rows[entry]!] = first + 1;
      count++;
    }
  }
  return count;
}

function group(
  {outputs, starts, rows, weights, addresses, bias}: SparseMatrix,
  size: number,
  stream: Uint32Array,
): void {
  const floats = new Float32Array(stream.buffer, stream.byteOffset, stream.length);
  let at = 0;
  for (let first = 0; first < outputs; first += size) {
    const next = starts.slice(first, Math.min(outputs, first + size));
    const isLeft = (i: number) => i < next.length && next[i]! < starts[first + i + 1]!;
    const head = at++;
    for (let i = 0; i < size; i++) floats[at++] = bias[first + i] ?? 0;
    let row = rowOf(next, isLeft, rows);
    for (; row < Infinity; row = rowOf(next, isLeft, rows)) {
      stream[at++] = addresses[row]!;
      for (let i = 0; i < size; i++) floats[at++] = isLeft(i) && rows[next[i]!] === row ? weights[next[i]!++]! : 0;
      stream[head]!++;
    }
  }
}

/** The first row in which one of some outputs has an entry left. */
function rowOf(next: Uint32Array, isLeft: (i: number) => boolean, rows: Uint32Array): number {
  return next.reduce((least, entry, i) => (isLeft(i) ? Math.min(least, rows[entry]!) : least), Infinity);
}

function lane(
  {starts, rows, weights, addresses}: SparseMatrix,
  output: number,
  {stream, word, lane, base}: Parameters<Packer['lane']>[2],
): void {
  const [floats, places] = [new Float32Array(stream.buffer), new Uint16Array(stream.buffer)];
  for (let i = 0; starts[output]! + i < starts[output + 1]!; i++) {
    const entry = starts[output]! + i;
    const [pair, place] = [word + 12 * Math.floor(i / 2), 4 * (i % 2) + lane];
    floats[pair + place] = weights[entry]!;
    places[2 * pair + 16 + place] = addresses[rows[entry]!]! - base;
  }
}
