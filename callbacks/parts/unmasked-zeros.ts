import type {PlacedWeight} from '../../src/masks/placed-weights.js';
import {valuesOf} from '../../src/masks/zero-count.js';
import {sayOnce} from '../../src/display/say.js';
import {percent} from '../../src/display/table.js';

/** Fewer may be chance, or due to a penalty. */
const MANY = 0.1;
const asked = new WeakSet<object>();

/**
 * Says, once per callback, which kernels are sparse without masks, as in a sparse plain model that was wrapped again:
 * training changes such zeros.
 */
export async function sayUnmaskedZeros(subject: object, pruned: readonly PlacedWeight[]): Promise<void> {
  if (asked.has(subject)) return;
  asked.add(subject);
  const found: string[] = [];
  for (const one of pruned) {
    const share = await unmaskedZeros(one);
    if (share > MANY && share < 1) found.push(`${percent(share)} of "${one.name}"`);
  }
  if (found.length === 0) return;
  sayOnce(
    subject,
    subject.constructor.name,
    `many weights are zero, but not masked, and training will change them: ${found.join(', ')}. ` +
      'To keep the zeros, call `await maskZeros(model)` before the training',
  );
}

/** The fraction of a kernel that is zero without being masked. */
async function unmaskedZeros({weight}: PlacedWeight): Promise<number> {
  const [kernel, mask] = [await valuesOf(weight.kernel.read()), await valuesOf(weight.mask.read())];
  let zeros = 0;
  for (let i = 0; i < kernel.length; i++) if (kernel[i] === 0 && mask[i] === 1) zeros++;
  return zeros / kernel.length;
}
