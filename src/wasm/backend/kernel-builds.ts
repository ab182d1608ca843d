import {env} from '@tensorflow/tfjs-core';
import {bytesOfHex} from '../../math/bytes-of-hex.js';
import {expectOneOf} from '../../options/expect.js';
import {option} from '../../options/option.js';
import {SIMD_KERNEL_BINARY} from './kernel-binary.js';
import {RELAXED_KERNEL_BINARY} from './relaxed-kernel-binary.js';

const BINARIES = {'relaxed-simd': RELAXED_KERNEL_BINARY, simd: SIMD_KERNEL_BINARY};

/** A build of the compiled kernels. That for relaxed SIMD rounds a product and a sum at once. */
export type KernelBuild = keyof typeof BINARIES;

/** What computes the kernels of this library: compiled code in one of its builds, or a composition of tf.js ops. */
export type WasmKernels = KernelBuild | 'composed';

const FASTEST_FIRST: readonly WasmKernels[] = ['relaxed-simd', 'simd', 'composed'];

/** A flag of tf.js, so that all copies of this library in a process, and backups, see the same. */
const FLAG = 'WASM_KERNELS';

env().registerFlag(FLAG, () => FASTEST_FIRST.find(runsHere)!);

/** What has been chosen to compute the kernels; the fastest that this machine knows if nothing has been. */
export function chosenKernels(): WasmKernels {
  return env().getString(FLAG) as WasmKernels;
}

/** Chooses what computes the kernels from now on. */
export function chooseKernels(kernels: WasmKernels): void {
  env().set(FLAG, kernels);
}

/** The module of a build, in hexadecimal digits. */
export function binaryOf(build: KernelBuild): string {
  return BINARIES[build];
}

/** The option `kernels`. */
export const wasmKernels = option<WasmKernels, undefined>((name, kernels) => {
  expectOneOf(name, kernels, FASTEST_FIRST);
  if (runsHere(kernels)) return kernels;
  const feature = kernels === 'simd' ? 'SIMD' : 'relaxed SIMD';
  throw new Error(
    `Expected a machine with ${feature} for \`${name}: '${kernels}'\`, got one without; leave \`${name}\` out for ` +
      'the fastest kernels that it has (Node 20 has relaxed SIMD with --experimental-wasm-relaxed-simd)',
  );
}, undefined);

function runsHere(kernels: WasmKernels): boolean {
  if (kernels === 'composed') return true;
  return typeof WebAssembly !== 'undefined' && WebAssembly.validate(bytesOfHex(binaryOf(kernels)));
}
