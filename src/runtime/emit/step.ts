import {KERNELS, USUAL_KERNELS, type KernelName} from '../kernels/kernel-names.js';

/** A call of a kernel: whole numbers, then 32-bit floats. */
export interface Step {
  /** Its name, or the number of one of another module. */
  readonly kernel: KernelName | number;
  readonly numbers: readonly number[];
  readonly floats?: readonly number[];
}

/** Steps as kernels read them: for each the number of its kernel, its bytes, and its arguments. */
export function programOf(steps: readonly Step[]): Int32Array {
  const words = steps.flatMap(({kernel, numbers, floats = []}) => {
    const bytes = 4 * (2 + numbers.length + floats.length);
    const number = typeof kernel === 'number' ? kernel : KERNELS.indexOf(kernel);
    return [number, bytes, ...numbers, ...new Int32Array(Float32Array.from(floats).buffer)];
  });
  return Int32Array.from(words);
}

/** The bytes that a step takes in a program. */
export function bytesOf({numbers, floats = []}: Step): number {
  return 4 * (2 + numbers.length + floats.length);
}

/** Whether the kernel of a step is one of those that pages load only when they are needed. */
export function isRare({kernel}: Step): boolean {
  return typeof kernel === 'string' && KERNELS.indexOf(kernel) >= USUAL_KERNELS;
}
