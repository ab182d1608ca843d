import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import {completeWasmBackend, FusedAdam} from 'tfjs-pruning/wasm';
import {kernelKinds, onWasm} from './against-cpu.js';

interface Allocator {
  wasm: {_malloc: (bytes: number) => number; _free: (address: number) => void};
}

/** A fresh wasm backend, completed. */
async function restart(): Promise<void> {
  const factory = tf.findBackendFactory('wasm');
  tf.removeBackend('wasm');
  tf.registerBackend('wasm', factory, 2);
  completeWasmBackend();
  await tf.setBackend('wasm');
}

test('an exhausted heap throws and what was there stays', async () => {
  await restart();
  const kept = tf.tensor1d([1, 2, 3]);
  const {wasm} = tf.backend() as unknown as Allocator;
  const gigabyte = 2 ** 30;
  const addresses: number[] = [];
  const fill = () => {
    while (addresses.length < 5) addresses.push(wasm._malloc(gigabyte));
  };
  expect(fill).toThrow(RangeError);
  expect(addresses.length).toBeGreaterThan(0);
  expect(() => tf.zeros([gigabyte / 4])).toThrow(/The wasm heap is exhausted: 1073741824 bytes were asked for/);
  expect(() => tf.tidy(() => tf.tile(kept, [gigabyte / 12]))).toThrow('The wasm heap is exhausted');
  for (const address of addresses) wasm._free(address);
  expect(Array.from(await kept.data())).toEqual([1, 2, 3]);
  kept.dispose();
});

test('a compiled kernel that finds no room for its scratch memory throws, and works again when there is', async () => {
  await restart();
  const [a, b] = [tf.ones<tf.Rank.R2>([8, 4096]), tf.ones<tf.Rank.R2>([4096, 8])];
  const {wasm} = tf.backend() as unknown as Allocator;
  const addresses: number[] = [];
  for (let bytes = 2 ** 30; bytes >= 2 ** 13; bytes /= 2) {
    const fill = () => {
      while (addresses.length < 10_000) addresses.push(wasm._malloc(bytes));
    };
    expect(fill).toThrow(RangeError);
  }
  expect(() => tf.matMul(a, b)).toThrow('The wasm heap is exhausted');
  for (const address of addresses) wasm._free(address);
  const product = tf.matMul(a, b);
  expect(product.dataSync()[0]).toBe(4096);
  tf.dispose([a, b, product]);
});

/** Runs `task` on a heap that has room for so many more blocks; tells how many more are taken afterwards. */
function withRoomFor(blocks: number, task: () => void): {error: unknown; taken: number; asked: number} {
  const {wasm} = tf.backend() as unknown as Allocator;
  const {_malloc: malloc, _free: free} = wasm;
  let [asked, taken] = [0, 0];
  wasm._malloc = bytes => {
    const address = asked++ < blocks ? malloc(bytes) : 0;
    if (address !== 0) taken++;
    return address;
  };
  wasm._free = address => {
    if (address !== 0) taken--;
    free(address);
  };
  // Has the new functions guarded; it asks for one block.
  blocks++;
  completeWasmBackend();
  let error: unknown;
  try {
    tf.tidy(task);
  } catch (thrown) {
    error = thrown;
  }
  Object.assign(wasm, {_malloc: malloc, _free: free});
  return {error, taken, asked: asked - 1};
}

const counts = () => ({tensors: tf.memory().numTensors, dataIds: tf.backend().numDataIds()});

/** Expects of `task` to fail, and to leave nothing behind, at whichever of its allocations the heap is full. */
function expectNothingLeft(task: () => void): void {
  task();
  const before = counts();
  const {asked, error} = withRoomFor(Infinity, task);
  expect(error).toBeUndefined();
  expect(asked).toBeGreaterThan(0);
  for (let blocks = 0; blocks < asked; blocks++) {
    const {error, taken} = withRoomFor(blocks, task);
    expect(String(error)).toContain('RangeError: The wasm heap is exhausted');
    expect({blocks, taken, ...counts()}).toEqual({blocks, taken: 0, ...before});
  }
}

const run = (kernel: string, inputs: tf.NamedTensorMap, attrs: tf.NamedAttrMap) =>
  tf.engine().runKernel(kernel, inputs, attrs);

/** All gradients of a kernel, straight from the registry: where `tf.grad` fails, tfjs keeps what it had saved. */
const gradients = (kernel: string, dy: tf.Tensor, saved: tf.Tensor[], attrs: tf.NamedAttrMap) =>
  Object.values(tf.getGradient(kernel).gradFunc(dy, saved, attrs)).map(gradient => gradient());

const window = {strides: 1, pad: 'same', dataFormat: 'NHWC', dilations: 1, dimRoundingMode: 'floor'};
const axis = [0, 2];

interface Tensors {
  readonly x: tf.Tensor;
  readonly filter: tf.Tensor;
  readonly vector: tf.Tensor;
  readonly ids: tf.Tensor;
  /** The output of a sum over the axes. */
  readonly sums: tf.Tensor;
}

const tasks: Record<string, (tensors: Tensors) => void> = {
  BatchMatMul: ({x}) => tf.matMul(x, x, true, false),
  Conv2D: ({x, filter}) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same'),
  Conv2DBackpropFilter: ({x, filter}) =>
    run('Conv2DBackpropFilter', {x, dy: x}, {...window, filterShape: filter.shape}),
  Conv2DBackpropInput: ({x, filter}) => run('Conv2DBackpropInput', {dy: x, filter}, {...window, inputShape: x.shape}),
  DepthwiseConv2dNativeBackpropFilter: ({x}) =>
    run('DepthwiseConv2dNativeBackpropFilter', {x, dy: x}, {...window, filterShape: [3, 3, 3, 1]}),
  DepthwiseConv2dNativeBackpropInput: ({x}) =>
    run('DepthwiseConv2dNativeBackpropInput', {dy: x, filter: tf.ones([3, 3, 3, 1])}, {...window, inputShape: x.shape}),
  FusedBatchNorm: ({x, vector}) => tf.batchNorm(x, vector, vector, vector, vector),
  'FusedBatchNorm, gradients': ({x, vector}) =>
    gradients('FusedBatchNorm', x, [x, vector, vector, vector], {varianceEpsilon: 1e-3}),
  MaxPoolGrad: ({x}) => run('MaxPoolGrad', {dy: x, input: x, output: x}, {...window, filterSize: 2}),
  Mean: ({x}) => tf.mean(x, axis),
  'Mean, gradient': ({x, sums}) => gradients('Mean', sums, [x], {axis}),
  'Relu, gradient': ({x}) => gradients('Relu', x, [x], {}),
  Sum: ({x}) => tf.sum(x, axis),
  'Sum, gradient': ({x, sums}) => gradients('Sum', sums, [x], {axis}),
  UnsortedSegmentSum: ({x, ids}) => tf.unsortedSegmentSum(x, ids as tf.Tensor1D, 3),
};

/** Composed, these end in kernels of tfjs's own that leave something of theirs behind. */
const endInStock = ['DepthwiseConv2dNativeBackpropFilter', 'Mean', 'Sum'];

describe.each(Object.entries(tasks))('%s on a heap with too little room', (name, task) => {
  test.each(kernelKinds.filter(kind => kind !== 'composed' || !endInStock.includes(name)))(
    'throws and leaves nothing behind, kernels %s',
    async kind => {
      await onWasm(kind, () => {
        const tensors = {
          x: tf.ones([2, 4, 4, 3]),
          filter: tf.ones([3, 3, 3, 3]),
          vector: tf.ones([3]),
          ids: tf.tensor1d([1, 2], 'int32'),
          sums: tf.ones([4, 3]),
        };
        expectNothingLeft(() => {
          tf.tidy(() => {
            task(tensors);
          });
        });
        tf.dispose(tensors);
      });
    },
  );
});

test.each(kernelKinds)('a step of FusedAdam on a heap with too little room, kernels %s', async kind => {
  await onWasm(kind, () => {
    const [weight, optimizer] = [tf.variable(tf.ones([4]), true, 'weight'), new FusedAdam()];
    const gradient = tf.ones([4]);
    expectNothingLeft(() => {
      optimizer.applyGradients({weight: gradient} as never);
    });
    tf.dispose([weight, gradient]);
    optimizer.dispose();
  });
});
