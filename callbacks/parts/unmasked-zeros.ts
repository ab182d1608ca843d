import type {MaskedWeight} from '../../src/layers/masked-weight.js';
import type {PlacedWeight} from '../../src/masks/placed-weights.js';
import {valuesOf} from '../../src/masks/zero-count.js';

/** Fewer may be chance, or due to a penalty. */
const MANY = 0.1;
const asked = new WeakSet<object>();

/** The fraction of a kernel that is zero without being masked. */
export interface UnmaskedZeros {
  readonly name: string;
  readonly share: number;
}

/**
 * Says, once per callback, which kernels are sparse without masks, as in a sparse plain model that was wrapped again:
 * training changes such zeros.
 */
export async function sayUnmaskedZeros(subject: object, pruned: readonly PlacedWeight[]): Promise<void> {
  if (asked.has(subject)) return;
  asked.add(subject);
  const found: UnmaskedZeros[] = [];
  for (const {name, weight} of pruned) {
    const share = await unmaskedShare(weight);
    if (share > MANY && share < 1) found.push({name, share});
  }
  if (found.length === 0) return;
  const {sayZerosChange} = await import('./say-zeros-change.js');
  sayZerosChange(subject, found);
}

async function unmaskedShare(weight: MaskedWeight): Promise<number> {
  const [kernel, mask] = [await valuesOf(weight.kernel.read()), await valuesOf(weight.mask.read())];
  let zeros = 0;
  for (let i = 0; i < kernel.length; i++) if (kernel[i] === 0 && mask[i] === 1) zeros++;
  return zeros / kernel.length;
}
