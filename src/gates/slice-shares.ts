import type {GatedTensor} from './gated-tensor.js';
import type {WeightGate} from './weight-gate.js';

/** The slices of a tensor that are in groups of one gate. */
export interface SliceShare {
  readonly gate: WeightGate;
  /** The fraction of the tensor's slices that are in these groups. */
  readonly share: number;
  /** How it is shared among the groups, a fraction for each; undefined if evenly. */
  readonly among: Float32Array | undefined;
}

/** The slices of a tensor by the gates that hold their groups. What is in none of them is always open. */
export async function sliceShares({gates, groups}: GatedTensor): Promise<SliceShare[]> {
  if (!groups) return [{gate: gates[0]!, share: 1, among: undefined}];
  const numbers = await groups.read().data<'float32'>();
  let first = 0;
  return gates.map(gate => {
    const counts = new Float32Array(gate.count);
    for (const number of numbers) {
      const group = number - first;
      if (group >= 0 && group < gate.count) counts[group]!++;
    }
    first += gate.count;
    const total = counts.reduce((a, b) => a + b, 0);
    const isEven = counts.every(count => count === counts[0]);
    return {gate, share: total / numbers.length, among: isEven ? undefined : counts.map(count => count / total)};
  });
}
