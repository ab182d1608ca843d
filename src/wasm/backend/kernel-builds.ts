import {env} from '@tensorflow/tfjs-core';
import {bytesOfText} from '../../math/bytes-of-text.js';
import {expectOneOf} from '../../options/expect.js';
import {option} from '../../options/option.js';
import * as simd from './kernel-binary.js';
import * as relaxed from './relaxed-kernel-binary.js';

const BUILDS = {simd, 'relaxed-simd': relaxed};

/** A build of the compiled kernels. That for relaxed SIMD rounds a product and a sum at once. */
export type KernelBuild = keyof typeof BUILDS;

/** What computes the kernels of this library: compiled code in one of its builds, or a composition of tf.js ops. */
export type WasmKernels = 'simd' | 'relaxed-simd' | 'composed';

const KERNELS: readonly WasmKernels[] = ['simd', 'relaxed-simd', 'composed'];

/** A flag of tf.js, so that all copies of this library in a process, and backups, see the same. */
const FLAG = 'WASM_KERNELS';

// Not relaxed SIMD: losses drift from those of all other machines.
env().registerFlag(FLAG, () => (runsHere('simd') ? 'simd' : 'composed'));

/** What has been chosen to compute the kernels; if nothing has been, SIMD where the machine knows it. */
export function chosenKernels(): WasmKernels {
  return env().getString(FLAG) as WasmKernels;
}

/** Chooses what computes the kernels from now on. */
export function chooseKernels(kernels: WasmKernels): void {
  env().set(FLAG, kernels);
}

/** The module of a build, and where it says what kind of memory it imports. */
export function buildOf(build: KernelBuild): {readonly KERNEL_BINARY: string; readonly MEMORY_KIND_AT: number} {
  return BUILDS[build];
}

/** The option `kernels`. */
export const wasmKernels = option<WasmKernels, undefined>((name, kernels) => {
  expectOneOf(name, kernels, KERNELS);
  if (runsHere(kernels)) return kernels;
  const [feature, advice] =
    kernels === 'simd'
      ? ['SIMD', `leave \`${name}\` out, or ask for 'composed'`]
      : ['relaxed SIMD', `leave \`${name}\` out (Node 20 has relaxed SIMD with --experimental-wasm-relaxed-simd)`];
  throw new Error(`Expected a machine with ${feature} for \`${name}: '${kernels}'\`, got one without; ${advice}`);
}, undefined);

function runsHere(kernels: WasmKernels): boolean {
  if (kernels === 'composed') return true;
  return typeof WebAssembly !== 'undefined' && WebAssembly.validate(bytesOfText(buildOf(kernels).KERNEL_BINARY));
}
