import type {LinearWeight} from './linear-weight.js';
import type {Moments} from './moments.js';

/** What is found for a weight, as matrices `[parts, inputs, outputs]`. */
export interface Change {
  /** The new values; undefined if only the constants change. */
  readonly values?: Float64Array;
  /** Its new mask; undefined if that stays. */
  readonly kept?: Uint8Array;
  /** By how much the new values lower the sum of squares of each output, `[parts, outputs]`. */
  readonly gains?: Float64Array;
}

/** How near a weight's products are to the teacher's. */
export interface RecoveredWeight {
  /** The name of the weight, such as `conv1/kernel`, in a nested model `base/conv1/kernel`. */
  readonly name: string;
  /** The mean squared difference of the products from the teacher's before the call, behind recovered layers. */
  readonly before: number;
  /** The same afterwards: never more, but by 'sparseGpt', which prunes the weight. */
  readonly after: number;
}

/** What {@link reconstruct} and {@link biasCorrection} return. */
export interface Recovery {
  /** The weights, in the order of the data. */
  readonly weights: readonly RecoveredWeight[];
}

/**
 * The changes of the constants that are the best for the changes of a weight, and how near that gets to the teacher.
 *
 * @param current what the weight was, and what is kept of it.
 * @param bias the constants as they are; undefined if nothing shifts the outputs.
 */
export function constantChanges(
  {name, constant, parts, inputs, outputs}: LinearWeight,
  {count, inputs: sums, residuals, squares, origin}: Moments,
  current: {readonly values: Float32Array; readonly kept: Uint8Array},
  {values, gains}: Change,
  bias: Float32Array | undefined,
): {constants: Float64Array; recovered: RecoveredWeight} {
  const constants = new Float64Array(parts * outputs);
  let [before, after] = [0, 0];
  for (let part = 0; part < parts; part++) {
    for (let output = 0; output < outputs; output++) {
      const at = part * outputs + output;
      const square = squares[at] ?? 0;
      before += square;
      after += square - (gains?.[at] ?? 0);
      const start = part * inputs * outputs + output;
      if (!bias || (constant!.sign > 0 && bias[at] === 0 && isEmpty(start))) continue; // a removed unit stays removed
      const mean = (residuals[at] ?? 0) / count;
      after -= mean * mean * count;
      constants[at] = mean - meanOfChanges(part, start);
    }
  }
  const all = count * parts * outputs;
  return {constants, recovered: {name, before: before / all, after: Math.max(0, after) / all}};

  function isEmpty(start: number): boolean {
    for (let i = 0; i < inputs; i++) if (current.kept[start + i * outputs] === 1) return false;
    return true;
  }

  /** The mean over positions of what the changes add to an output. */
  function meanOfChanges(part: number, start: number): number {
    if (!values) return 0;
    let sum = 0;
    for (let i = 0; i < inputs; i++) {
      const mean = sums[part * inputs + i]! / count + origin[part * inputs + i]!;
      sum += mean * (values[start + i * outputs]! - current.values[start + i * outputs]!);
    }
    return sum;
  }
}
