import {bytesOfText} from '../math/bytes-of-text.js';
import {reach} from './emit/fixed-memory.js';
import type {Packer} from './emit/packer.js';
import {FastPacker, type PackExports} from './kernels/fast-packer.js';

/** What runs programs in a memory of its own. */
export interface Machine {
  readonly memory: ArrayBuffer;
  /** The same memory, for more modules; undefined in JavaScript. */
  readonly shared?: WebAssembly.Memory;
  readonly kind: MachineKind;
  readonly run: (begin: number, end: number) => void;
}

/** WebAssembly with fused products, without, or none. */
export type MachineKind = 'relaxed SIMD' | 'SIMD' | 'JavaScript';

/** What a program needs. */
export interface Needs {
  readonly bytes: number;
  /** Whether it needs rare kernels. */
  readonly isRare: boolean;
  /** Where it is to run, if it is there already. */
  readonly memory?: WebAssembly.Memory | undefined;
}

const PAGE = 65_536;

function memoryOf(bytes: number): WebAssembly.Memory {
  return new WebAssembly.Memory({initial: Math.ceil(bytes / PAGE)});
}

/**
 * The fastest machine that there is: WebAssembly with relaxed SIMD or with SIMD; where there is neither, or a page
 * forbids to compile, plain JavaScript.
 */
export async function startMachine(needs: Needs, kinds: readonly MachineKind[] = available()): Promise<Machine> {
  for (const kind of kinds) {
    const machine = kind === 'JavaScript' ? await plain(needs) : await compiled(kind, needs);
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

type Part = MachineKind | 'rare';

async function binaryOf(part: Part): Promise<string> {
  if (part === 'rare') return (await import('./kernels/rare-binary.js')).RARE_BINARY;
  if (part === 'SIMD') return (await import('./kernels/simd-binary.js')).SIMD_BINARY;
  return (await import('./kernels/relaxed-binary.js')).RELAXED_BINARY;
}

const modules = new Map<string, Promise<WebAssembly.Module>>();

/** Compiles an embedded module once, whatever the number of models. One that could not be loaded is asked for again. */
export function compiledOnce(name: string, binaryOf: () => Promise<string>): Promise<WebAssembly.Module> {
  const known = modules.get(name) ?? binaryOf().then(binary => WebAssembly.compile(bytesOfText(binary)));
  modules.set(name, known);
  void known.catch(() => modules.delete(name));
  return known;
}

/** Asks for the kernels that any program needs, so that they come beside a model and not behind it. */
export function requestKernels(): void {
  const [kind] = available();
  if (kind && kind !== 'JavaScript') void compiledOnce(kind, () => binaryOf(kind));
}

type Run = Machine['run'];

async function compiled(kind: MachineKind, {bytes, isRare, memory: given}: Needs): Promise<Machine | undefined> {
  return unlessRefused(async () => {
    const memory = given ?? memoryOf(bytes);
    reach(memory, bytes);
    let {run} = await started<{run: Run}>(kind, memory, {run: {runRare: nothing}});
    if (isRare) {
      // Rare kernels run programs of usual ones.
      const {runRare} = await started<{runRare: (at: number) => void}>('rare', memory, {recurrent: {run}});
      ({run} = await started<{run: Run}>(kind, memory, {run: {runRare}}));
    }
    return {
      // Of another length when it has grown.
      get memory() {
        return memory.buffer;
      },
      shared: memory,
      kind,
      run,
    };
  });
}

/** What packs weights, as fast as there is. */
export async function startPacker(kinds: readonly MachineKind[] = available()): Promise<Packer> {
  const [kind] = kinds.filter(kind => kind !== 'JavaScript');
  const packer =
    kind &&
    (await unlessRefused(async () => {
      const memory = memoryOf(PAGE);
      return new FastPacker(await started<PackExports>(kind, memory, {run: {runRare: nothing}}), memory);
    }));
  return packer ?? (await import('./twin/packer.js')).PLAIN_PACKER;
}

function nothing(): void {
  // a program without rare kernels calls none
}

/** Not `new WebAssembly.Instance`: Chromium before version 115 makes none of more than 4 kB at once in a page. */
async function started<E>(part: Part, memory: WebAssembly.Memory, imports: WebAssembly.Imports): Promise<E> {
  return (await WebAssembly.instantiate(await compiledOnce(part, () => binaryOf(part)), {env: {memory}, ...imports}))
    .exports as E;
}

/** Undefined where a machine has no SIMD, or a page forbids to compile. */
async function unlessRefused<T>(start: () => Promise<T>): Promise<T | undefined> {
  try {
    return await start();
  } catch (error) {
    if (error instanceof WebAssembly.CompileError || error instanceof EvalError) return undefined;
    throw error;
  }
}

async function plain({bytes, memory: given}: Needs): Promise<Machine> {
  const {runTwin} = await import('./twin/twin.js');
  if (given) reach(given, bytes);
  const memory = given?.buffer ?? new ArrayBuffer(Math.ceil(bytes / 4) * 4);
  return {memory, kind: 'JavaScript', run: (begin, end) => runTwin(memory, begin, end)};
}
