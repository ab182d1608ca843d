import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, join} from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {bytesOfText} from '../../src/math/bytes-of-text.js';
import {compiledKernels} from '../../src/wasm/backend/compiled-kernels.js';
import {buildOf, chosenKernels, type KernelBuild} from '../../src/wasm/backend/kernel-builds.js';
import {startedWasmBackend, type WasmBackend} from '../../src/wasm/backend/wasm-backend.js';
import {completeWasmBackend} from '../../src/wasm/complete-wasm-backend.js';
import {onWasm} from './against-cpu.js';

const root = join(__dirname, '../..');
const builds: readonly KernelBuild[] = ['relaxed-simd', 'simd'];
const binaryOf = (build: KernelBuild) => bytesOfText(buildOf(build).KERNEL_BINARY);

/** The ids of a module's sections; 11 holds data. */
function sectionsOf(bytes: Uint8Array): number[] {
  const sections: number[] = [];
  let at = 8;
  while (at < bytes.length) {
    sections.push(bytes[at++]!);
    let [size, shift] = [0, 0];
    do size |= (bytes[at]! & 127) << (7 * shift++);
    while (bytes[at++]! > 127);
    at += size;
  }
  return sections;
}

test('the embedded binaries and their interfaces are what the sources compile to, byte for byte', () => {
  const compiled = mkdtempSync(join(tmpdir(), 'assembly-'));
  execFileSync('node', ['src/wasm/assembly/compile.js', compiled], {cwd: root});
  const files = [
    ...['kernel-binary.ts', 'relaxed-kernel-binary.ts'].map(file => `src/wasm/backend/${file}`),
    'src/wire/decoder/decoder-binary.ts',
    ...['simd-binary.ts', 'relaxed-binary.ts', 'rare-binary.ts', 'kernel-names.ts'].map(
      file => `src/runtime/kernels/${file}`,
    ),
    ...['int8-dots-binary.ts', 'int8-pairs-binary.ts', 'int8-simd-binary.ts', 'int8-kernel-names.ts'].map(
      file => `src/runtime/int8/${file}`,
    ),
  ];
  for (const file of files) {
    expect(readFileSync(join(compiled, basename(file)), 'utf8')).toBe(readFileSync(join(root, file), 'utf8'));
  }
});

test.each(builds)(
  'the module for %s brings no data that would overwrite the heap, and asks for nothing but the memory',
  build => {
    const binary = binaryOf(build);
    expect(sectionsOf(binary)).not.toContain(11);
    expect(WebAssembly.Module.imports(new WebAssembly.Module(binary))).toEqual([
      {module: 'env', name: 'memory', kind: 'memory'},
    ]);
  },
);

test('compiled code runs in Node, each build once per backend', async () => {
  const kernels = (build: KernelBuild) => onWasm(build, () => compiledKernels(startedWasmBackend()!));
  for (const build of builds) {
    expect(await kernels(build)).toBeDefined();
    expect(await kernels(build)).toBe(await kernels(build));
  }
  expect(await kernels('simd')).not.toBe(await kernels('relaxed-simd'));
});

test('the build for relaxed SIMD rounds a product and a sum at once, the other does not', async () => {
  const [a, b] = [1 + 2 ** -12, -(1 + 2 ** -11)]; // a a = 1 + 2^-11 + 2^-24, of which a float holds 1 + 2^-11
  const sumOf = () => tf.tidy(() => tf.matMul(tf.tensor2d([[1, a]]), tf.tensor2d([[b, a]]), false, true).dataSync()[0]);
  expect(await onWasm('simd', sumOf)).toBe(0);
  expect(await onWasm('relaxed-simd', sumOf)).toBe(2 ** -24);
});

describe('the kernels that a machine has by itself', () => {
  const before = chosenKernels();
  afterEach(() => {
    jest.restoreAllMocks();
    completeWasmBackend({kernels: before});
  });

  /** As if nothing had been chosen, on a machine that takes so many of the two builds, the simplest first. */
  const byItself = (count: number) => {
    delete tf.env().getFlags()['WASM_KERNELS'];
    const known = builds.slice(builds.length - count).map(build => binaryOf(build).length);
    const validate = jest.spyOn(WebAssembly, 'validate');
    validate.mockImplementation(bytes => known.includes(bytes.byteLength));
    return chosenKernels();
  };

  test.each([
    ['simd', 2],
    ['simd', 1],
    ['composed', 0],
  ])('are %s where it knows %d of the builds, for relaxed SIMD drifts', (kernels, count) => {
    expect(byItself(count)).toBe(kernels);
  });

  test('are not replaced by fewer than were asked for: it says what the machine lacks, and changes nothing', () => {
    byItself(1);
    expect(() => completeWasmBackend({kernels: 'relaxed-simd'})).toThrow(
      /a machine with relaxed SIMD for `kernels: 'relaxed-simd'`, got one without; leave `kernels` out \(Node 20 has/,
    );
    expect(chosenKernels()).toBe('simd');
    byItself(0);
    expect(() => completeWasmBackend({kernels: 'simd'})).toThrow(
      "a machine with SIMD for `kernels: 'simd'`, got one without; leave `kernels` out, or ask for 'composed'",
    );
  });
});

test.each(builds)(
  'compiled code for %s runs in a memory shared by threads, as that of the threaded build of tfjs is',
  build => {
    const wasmMemory = new WebAssembly.Memory({initial: 1, maximum: 65536, shared: true});
    const before = chosenKernels();
    completeWasmBackend({kernels: build});
    const kernels = compiledKernels({wasm: {wasmMemory}} as unknown as WasmBackend)!;
    completeWasmBackend({kernels: before});
    const [x, dy, dx] = [0, 16, 32].map(address => new Float32Array(wasmMemory.buffer, address, 4));
    x!.set([-1, 0, 1, 2]);
    dy!.set([3, 4, 5, 6]);
    kernels.reluGrad(dy!.byteOffset, x!.byteOffset, dx!.byteOffset, 4);
    expect(Array.from(dx!)).toEqual([0, 0, 5, 6]);
  },
);

afterEach(() => jest.restoreAllMocks());

/** Starts the wasm backend anew and changes something about it before its first kernel runs. */
async function restartWith(change: (wasm: {asm: object}) => void): Promise<void> {
  const factory = tf.findBackendFactory('wasm');
  tf.removeBackend('wasm');
  tf.registerBackend('wasm', factory, 2);
  await tf.setBackend('wasm');
  change((tf.backend() as unknown as {wasm: {asm: object}}).wasm);
}

test.each([
  ['hidden', undefined],
  ['of no stated maximum', new WebAssembly.Memory({initial: 1})],
])('the composed kernels take over where the memory is %s', async (_, memory) => {
  await restartWith(wasm => Object.defineProperty(wasm, 'asm', {value: {...wasm.asm, memory}}));
  expect(compiledKernels(startedWasmBackend()!)).toBeUndefined();
  tf.tidy(() => {
    const product = tf.matMul(tf.tensor2d([[1], [2]]), tf.tensor2d([[3], [4]]), true);
    expect(Array.from(product.dataSync())).toEqual([1 * 3 + 2 * 4]);
  });
  await restartWith(() => undefined);
  expect(compiledKernels(startedWasmBackend()!)).toBeDefined();
});

const refusals: [string, Error][] = [
  ['knows no SIMD', new WebAssembly.CompileError('invalid opcode')],
  ['forbids to compile', new EvalError('refused by the policy of the page')],
];

const one = () => tf.tidy(() => tf.matMul(tf.ones([1, 2]), tf.ones([2, 1])).dataSync()[0]);

test.each(refusals)('the composed kernels take over where the machine %s', async (_, error) => {
  await restartWith(() => undefined);
  jest.spyOn(WebAssembly, 'Module').mockImplementationOnce(() => {
    throw error;
  });
  expect(compiledKernels(startedWasmBackend()!)).toBeUndefined();
  expect(one()).toBe(2);
});

test('any other error is not taken for a machine without SIMD', async () => {
  await restartWith(() => undefined);
  jest.spyOn(WebAssembly, 'Module').mockImplementationOnce(() => {
    throw new TypeError('a mistake of ours');
  });
  expect(one).toThrow('a mistake of ours');
  jest.restoreAllMocks();
  await restartWith(() => undefined);
  expect(one()).toBe(2);
});
