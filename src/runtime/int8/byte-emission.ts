import type {Emission} from '../emit/emitter.js';
import type {Step} from '../emit/step.js';
import type {Value} from '../graph/value.js';
import type {ByteValue} from './byte-value.js';
import {FIRST_INT8_KERNEL, INT8_KERNELS, type Int8KernelName} from './int8-kernel-names.js';

/** What turns nodes that compute with bytes into steps. */
export interface ByteEmission extends Emission {
  readonly bytes: ReadonlyMap<Value, ByteValue>;
}

/** A call of a kernel that computes with bytes. */
export function step(kernel: Int8KernelName, numbers: readonly number[], floats: readonly number[] = []): Step {
  return {kernel: FIRST_INT8_KERNEL + INT8_KERNELS.indexOf(kernel), numbers, floats};
}
