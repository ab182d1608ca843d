import {bytesOfHex} from '../math/bytes-of-hex.js';

/** What runs programs in a memory of its own. */
export interface Machine {
  readonly memory: ArrayBuffer;
  readonly kind: MachineKind;
  run(begin: number, end: number): void;
}

/** WebAssembly with fused products, without, or none. */
export type MachineKind = 'relaxed SIMD' | 'SIMD' | 'JavaScript';

const PAGE = 65_536;

/**
 * The fastest machine that there is: WebAssembly with relaxed SIMD or with SIMD; where there is neither, or a page
 * forbids to compile, plain JavaScript.
 */
export async function startMachine(bytes: number, kinds: readonly MachineKind[] = available()): Promise<Machine> {
  for (const kind of kinds) {
    const machine = kind === 'JavaScript' ? await plain(bytes) : await compiled(kind, bytes);
    if (machine) return machine;
  }
  throw new Error(`None of these machines runs here: ${kinds.join(', ')}`);
}

/** A module with one function: `f32x4.relaxed_madd` of zeros. */
const ZERO = [65, 0, 253, 15];
const RELAXED = [
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 20, 1, 18, 0],
  ...[...ZERO, ...ZERO, ...ZERO, 253, 133, 2, 26, 11],
];

function available(): MachineKind[] {
  if (typeof WebAssembly === 'undefined') return ['JavaScript'];
  return WebAssembly.validate(Uint8Array.from(RELAXED))
    ? ['relaxed SIMD', 'SIMD', 'JavaScript']
    : ['SIMD', 'JavaScript'];
}

async function binaryOf(kind: MachineKind): Promise<string> {
  if (kind === 'SIMD') return (await import('./kernels/simd-binary.js')).SIMD_BINARY;
  return (await import('./kernels/relaxed-binary.js')).RELAXED_BINARY;
}

const modules = new Map<MachineKind, Promise<WebAssembly.Module>>();

/** Compiled once, whatever the number of models. */
function moduleOf(kind: MachineKind): Promise<WebAssembly.Module> {
  const known = modules.get(kind) ?? binaryOf(kind).then(binary => WebAssembly.compile(bytesOfHex(binary)));
  modules.set(kind, known);
  return known;
}

async function compiled(kind: MachineKind, bytes: number): Promise<Machine | undefined> {
  try {
    const memory = new WebAssembly.Memory({initial: Math.ceil(bytes / PAGE)});
    // Not `new WebAssembly.Instance`: Chromium before version 115 makes none of more than 4 kB at once in a page.
    const instance = await WebAssembly.instantiate(await moduleOf(kind), {env: {memory}});
    const {run} = instance.exports as unknown as Pick<Machine, 'run'>;
    return {memory: memory.buffer, kind, run};
  } catch (error) {
    modules.delete(kind);
    if (error instanceof WebAssembly.CompileError || error instanceof EvalError) return undefined;
    throw error;
  }
}

async function plain(bytes: number): Promise<Machine> {
  const {runTwin} = await import('./twin/twin.js');
  const memory = new ArrayBuffer(Math.ceil(bytes / 4) * 4);
  return {memory, kind: 'JavaScript', run: (begin, end) => runTwin(memory, begin, end)};
}
