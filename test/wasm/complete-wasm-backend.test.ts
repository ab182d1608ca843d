import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import {completeWasmBackend} from 'tfjs-pruning/wasm';

interface Allocator {
  wasm: {_malloc: (bytes: number) => number; _free: (address: number) => void};
}

const names = () => new Map(tf.getKernelsForBackend('wasm').map(kernel => [kernel.kernelName, kernel.kernelFunc]));

async function gradientOfConvolution(): Promise<number[]> {
  const gradient = tf.tidy(() => {
    const image = tf.range(0, 9).reshape<tf.Tensor4D>([1, 3, 3, 1]);
    const convolve = (filter: tf.Tensor) => tf.conv2d(image, filter as tf.Tensor4D, 1, 'valid');
    return tf.grad(convolve)(tf.ones([2, 2, 1, 1]));
  });
  const values = Array.from(await gradient.data());
  gradient.dispose();
  return values;
}

/** By hand: each weight of the 2 x 2 filter meets four pixels of the image 0 1 2 / 3 4 5 / 6 7 8. */
const byHand = [0 + 1 + 3 + 4, 1 + 2 + 4 + 5, 3 + 4 + 6 + 7, 4 + 5 + 7 + 8];

/** Takes the wasm backend away and gives a fresh one, not yet started. */
function restart(): void {
  const factory = tf.findBackendFactory('wasm');
  tf.removeBackend('wasm');
  tf.registerBackend('wasm', factory, 2);
}

afterEach(() => jest.restoreAllMocks());

test('called after the backend has started', async () => {
  restart();
  await tf.setBackend('wasm');
  completeWasmBackend();
  expect(await gradientOfConvolution()).toEqual(byHand);
});

test('called before the backend starts', async () => {
  restart();
  completeWasmBackend();
  await tf.setBackend('wasm');
  expect(await gradientOfConvolution()).toEqual(byHand);
});

test('a second call changes nothing and says nothing', () => {
  const warn = jest.spyOn(console, 'warn');
  completeWasmBackend();
  const [before, {wasm}] = [names(), tf.backend() as unknown as Allocator];
  const allocate = wasm._malloc;
  completeWasmBackend();
  expect(names()).toEqual(before);
  expect(wasm._malloc).toBe(allocate);
  expect(warn).not.toHaveBeenCalled();
});

test('a second copy of the library does not wrap the kernels again', async () => {
  completeWasmBackend();
  const before = names();
  jest.spyOn(console, 'warn').mockImplementation(); // tfjs itself reports that it is loaded twice
  let second = completeWasmBackend;
  await jest.isolateModulesAsync(async () => {
    second = (await import('../../src/wasm/complete-wasm-backend.js')).completeWasmBackend;
  });
  expect(second).not.toBe(completeWasmBackend);
  second();
  expect(names()).toEqual(before);
});

test('without the wasm backend it says what to import', () => {
  const kernels = tf.getKernelsForBackend('wasm');
  for (const {kernelName} of kernels) tf.unregisterKernel(kernelName, 'wasm');
  expect(completeWasmBackend).toThrow("import '@tensorflow/tfjs-backend-wasm' first");
  for (const kernel of kernels) tf.registerKernel(kernel);
});

test('tensors made on another backend arrive whole, even where the heap grows for them', async () => {
  tf.env().set('IS_TEST', true); // keeps the cpu backend from recommending tfjs-node
  completeWasmBackend();
  restart();
  await tf.setBackend('cpu');
  const images = tf.ones<tf.Rank.R5>([1, 8, 200, 200, 12]); // 15 MB, of the 16 MB that the heap begins with
  await tf.setBackend('wasm');
  const smallest = tf.tidy(() => tf.min(tf.maxPool3d(images, 2, 2, 'valid')).dataSync());
  expect(Array.from(smallest)).toEqual([1]);
  images.dispose();
});
