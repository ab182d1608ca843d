import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, join} from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {bytesOfHex} from '../../src/math/bytes-of-hex.js';
import {compiledKernels} from '../../src/wasm/backend/compiled-kernels.js';
import {KERNEL_BINARY} from '../../src/wasm/backend/kernel-binary.js';
import {startedWasmBackend, type WasmBackend} from '../../src/wasm/backend/wasm-backend.js';
import {on} from './against-cpu.js';

const root = join(__dirname, '../..');
const binary = bytesOfHex(KERNEL_BINARY);

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
    ...['src/wasm/backend/kernel-binary.ts', 'src/wire/decoder/decoder-binary.ts'],
    ...['simd-binary.ts', 'relaxed-binary.ts', 'kernel-names.ts'].map(file => `src/runtime/kernels/${file}`),
  ];
  for (const file of files) {
    expect(readFileSync(join(compiled, basename(file)), 'utf8')).toBe(readFileSync(join(root, file), 'utf8'));
  }
});

test('the module brings no data that would overwrite the heap, and asks for nothing but the memory', () => {
  expect(sectionsOf(binary)).not.toContain(11);
  expect(WebAssembly.Module.imports(new WebAssembly.Module(binary))).toEqual([
    {module: 'env', name: 'memory', kind: 'memory'},
  ]);
});

test('compiled code runs in Node, once per backend', async () => {
  await on('wasm', () => {
    const backend = startedWasmBackend()!;
    expect(compiledKernels(backend)).toBeDefined();
    expect(compiledKernels(backend)).toBe(compiledKernels(backend));
  });
});

test('compiled code runs in a memory shared by threads, as that of the threaded build of tfjs is', () => {
  const wasmMemory = new WebAssembly.Memory({initial: 1, maximum: 65536, shared: true});
  const kernels = compiledKernels({wasm: {wasmMemory}} as unknown as WasmBackend)!;
  const [x, dy, dx] = [0, 16, 32].map(address => new Float32Array(wasmMemory.buffer, address, 4));
  x!.set([-1, 0, 1, 2]);
  dy!.set([3, 4, 5, 6]);
  kernels.reluGrad(dy!.byteOffset, x!.byteOffset, dx!.byteOffset, 4);
  expect(Array.from(dx!)).toEqual([0, 0, 5, 6]);
});

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
