import type {Packer, SellPlan, SparseMatrix} from '../emit/packer.js';

/** See kernels/assembly/pack.ts. */
export const PLAIN_PACKER: Packer = {
  clear: () => undefined,
  integers: length => new Uint32Array(length),
  floats: length => new Float32Array(length),
  sell,
};

function sell(
  {outputs, starts, rows, weights, addresses, bias}: SparseMatrix,
  {order, base, out, stream}: SellPlan,
): void {
  const [floats, places] = [new Float32Array(stream.buffer), new Uint16Array(stream.buffer)];
  const pairsOf = (output: number) => (output < outputs ? Math.ceil((starts[output + 1]! - starts[output]!) / 2) : 0);
  for (let group = 0, at = 0; group < order.length; group += 4, at += 12 + 12 * stream[at]!) {
    stream[at] = pairsOf(order[group]!);
    for (let lane = 0; lane < 4; lane++) {
      const output = order[group + lane]!;
      stream[at + 4 + lane] = out + 4 * output;
      if (output >= outputs) continue;
      floats[at + 8 + lane] = bias[output]!;
      for (let i = 0; starts[output]! + i < starts[output + 1]!; i++) {
        const entry = starts[output]! + i;
        const [pair, place] = [at + 12 + 12 * Math.floor(i / 2), 4 * (i % 2) + lane];
        floats[pair + place] = weights[entry]!;
        places[2 * pair + 16 + place] = addresses[rows[entry]!]! - base;
      }
    }
  }
}
