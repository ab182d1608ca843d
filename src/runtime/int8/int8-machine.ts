import {compiledOnce, startMachine, type Machine, type MachineKind, type Needs} from '../machine.js';
import {relaxedDotProducts, type DotProducts} from './dot-products.js';

async function binaryOf(products: DotProducts): Promise<string> {
  switch (products) {
    case 'dots':
      return (await import('./int8-dots-binary.js')).INT8_DOTS_BINARY;
    case 'pairs':
      return (await import('./int8-pairs-binary.js')).INT8_PAIRS_BINARY;
    case 'simd':
      return (await import('./int8-simd-binary.js')).INT8_SIMD_BINARY;
  }
}

/**
 * A machine that knows kernels of bytes, too: a second module in the same memory, which calls the first one.
 *
 * @param products how to multiply; defaults to the fastest that there is.
 */
export async function startInt8Machine(
  needs: Needs,
  kinds?: readonly MachineKind[],
  products?: DotProducts,
): Promise<Machine> {
  const floats = await startMachine(needs, kinds);
  const {kind, memory, shared} = floats;
  if (!shared) {
    const {runInt8Twin} = await import('./twin/int8-twin.js');
    return {memory, kind, run: (begin, end) => runInt8Twin(memory, begin, end)};
  }
  const imports = {env: {memory: shared}, floats: {run: floats.run}};
  const by = products ?? (kind === 'SIMD' ? 'simd' : await relaxedDotProducts());
  const module = await compiledOnce(`int8 by ${by}`, () => binaryOf(by));
  const instance = await WebAssembly.instantiate(module, imports);
  const {run} = instance.exports as unknown as Pick<Machine, 'run'>;
  return {memory, shared, kind, run};
}
