import {brotliCompressSync, gzipSync} from 'node:zlib';
import * as tf from '@tensorflow/tfjs';
import {formatModelSize, modelSize, prunable, pruneOnce, stripPruning} from 'tfjs-pruning';
import {compressed, quantized} from 'tfjs-pruning/wire';
import {inOwnProcess} from '../support/in-own-process.js';
import type {LargeModelSize} from '../support/large-model-size.js';

beforeEach(() => jest.spyOn(console, 'warn').mockImplementation());
afterEach(() => jest.restoreAllMocks());

function net(): tf.Sequential {
  const kernelInitializer = tf.initializers.glorotNormal({seed: 2});
  return tf.sequential({
    layers: [
      tf.layers.dense({name: 'hidden', units: 50, inputShape: [40], kernelInitializer}),
      tf.layers.dense({name: 'output', units: 4, kernelInitializer}),
    ],
  });
}

/** The bytes of topology and weights that a handler of tf.js is given. */
async function savedBytes(save: (handler: tf.io.IOHandler) => Promise<unknown>): Promise<Uint8Array> {
  let bytes = new Uint8Array(0);
  await save(
    tf.io.withSaveHandler(({weightSpecs, weightData, ...model}) => {
      void weightSpecs;
      const text = new TextEncoder().encode(JSON.stringify(model));
      bytes = Uint8Array.of(...text, ...new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData)));
      return Promise.resolve({modelArtifactsInfo: {dateSaved: new Date(), modelTopologyType: 'JSON' as const}});
    }),
  );
  return bytes;
}

test('sizes are those of the files that are written', async () => {
  const model = prunable(net());
  await pruneOnce(model, {sparsity: 0.7});
  const plain = stripPruning(model);
  const {numTensors} = tf.memory();
  const size = await modelSize(model, {bits: [6]});
  expect(tf.memory().numTensors).toBe(numTensors);
  const float32 = await savedBytes(handler => plain.save(handler));
  expect([size.float32.bytes, size.float32.gzipped]).toEqual([float32.length, gzipSync(float32).length]);
  expect([size.brotliLevel, size.float32.brotli]).toEqual([11, brotliCompressSync(float32).length]);
  for (const dtype of ['uint8', 'uint16', 'float16'] as const) {
    const bytes = await savedBytes(handler => plain.save(quantized(handler, {dtype})));
    expect(size[dtype]).toMatchObject({
      bytes: bytes.length,
      gzipped: gzipSync(bytes).length,
      brotli: brotliCompressSync(bytes).length,
    });
  }
  expect(size.layers[0]!.uint8).toMatchObject({bytes: 40 * 50 + 4 * 50, becomeZero: 0});
  let file = new Uint8Array(0);
  await plain.save(compressed({save: bytes => void (file = bytes)}, {bits: 6, others: 'float16'}));
  expect(size.compressed).toEqual([
    {bits: 6, bytes: file.length, error: expect.closeTo(0.02, 1) as number, becomeZero: 0},
  ]);
  expect(size.layers.map(({layer}) => layer)).toEqual(['hidden', 'output']);
  expect(size.layers[0]!.float32.bytes).toBe(4 * (40 * 50 + 50));
  expect(size.layers[0]!.compressed[0]!.bytes).toBeLessThan(size.compressed[0]!.bytes);
});

test('the error of quantization is that of the weights that are loaded, layer by layer', async () => {
  const model = net();
  const {layers} = await modelSize(model, {bits: [3]});
  let bytes = new Uint8Array(0);
  await model.save(compressed({save: given => void (bytes = given)}, {bits: 3}));
  const inThreeBits = await tf.loadLayersModel(compressed({load: () => bytes}));
  const artifacts = await new Promise<tf.io.ModelArtifacts>(resolve => {
    const handler = tf.io.withSaveHandler(given => {
      resolve(given);
      return Promise.resolve({modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(given)});
    });
    void model.save(quantized(handler));
  });
  const inBytes = await tf.loadLayersModel(tf.io.fromMemory(artifacts));
  for (const {layer, compressed: sizes, uint8} of layers) {
    expect(sizes[0]).toMatchObject(lossOf(model, inThreeBits, layer));
    expect(uint8).toMatchObject(lossOf(model, inBytes, layer));
  }
});

test('a larger model is packed by brotli at a lower level, which is told, while other code runs', async () => {
  const call = 'largeModelSize()';
  const size = await inOwnProcess<LargeModelSize>('test/support/large-model-size.ts', call);
  expect([size.brotliLevel, size.brotli]).toEqual([9, size.atNine]);
  expect(size.turns).toBeGreaterThan(5);
});

test('a weight beyond 16-bit floats has no size in them, and all others', async () => {
  const model = net();
  model.getLayer('output').setWeights([tf.fill([50, 4], 1e6), tf.zeros([4])]);
  const size = await modelSize(model, {bits: [4]});
  expect([size.float16, ...size.layers.map(({float16}) => float16 === null)]).toEqual([null, false, true]);
  expect(formatModelSize(size)).not.toContain('float16');
  expect(size.uint16.error).toBeLessThan(1e-4);
});

/** By the definition. */
function lossOf(before: tf.LayersModel, after: tf.LayersModel, layer: string) {
  const [was, is] = [before, after].map(model => [...model.getLayer(layer).getWeights()[0]!.dataSync()]);
  const norm = (values: readonly number[]) => Math.hypot(...values);
  const error = norm(was!.map((value, i) => value - is![i]!)) / norm(was!);
  const becomeZero = was!.filter((value, i) => value !== 0 && is![i] === 0).length;
  return {error: expect.closeTo(error, 6) as number, becomeZero};
}

test('layers of nested models have the paths that they have in other reports', async () => {
  const inner = tf.sequential({name: 'inner', layers: [tf.layers.dense({name: 'a', units: 4, inputShape: [4]})]});
  const model = tf.sequential({layers: [inner, tf.layers.dense({name: 'b', units: 2})]});
  expect((await modelSize(model)).layers.map(({layer}) => layer)).toEqual(['inner/a', 'b']);
});

test('fewer bits lose more, and small weights become zero', async () => {
  const {compressed: sizes, layers} = await modelSize(net(), {bits: [2, 4, 16]});
  const [two, four, sixteen] = sizes;
  expect(two!.bytes).toBeLessThan(four!.bytes);
  expect(four!.bytes).toBeLessThan(sixteen!.bytes);
  expect([two!.error > 0.3, four!.error < 0.2, sixteen!.error < 1e-4]).toEqual([true, true, true]);
  expect(two!.becomeZero).toBeGreaterThan(500);
  expect(layers[0]!.compressed[0]!.becomeZero + layers[1]!.compressed[0]!.becomeZero).toBe(two!.becomeZero);
});

test('the table has a row for each layer, the model, and what stock tf.js reads', async () => {
  const size = await modelSize(net());
  const lines = formatModelSize(size).split('\n');
  expect(lines[0]).toMatch(/^layer +float32 +gzipped +8 bits +error +zeroed +4 bits +error +zeroed$/);
  expect(lines[2]).toMatch(/^hidden +8,200 +[\d,]+ +[\d,]+ +\d\.\d% +[\d,]+ +[\d,]+ +\d+\.\d% +[\d,]+$/);
  expect(lines.map(line => line.split('  ')[0])).toEqual([
    'layer',
    expect.stringMatching(/^-+$/),
    'hidden',
    'output',
    expect.stringMatching(/^-+$/),
    'model',
    '',
    'format',
    expect.stringMatching(/^-+$/),
    'float32',
    'quantized, uint8',
    'quantized, uint16',
    'quantized, float16',
  ]);
  expect(lines[7]).toMatch(/^format +bytes +gzipped +brotli 11 +error +zeroed$/);
  expect(lines[9]).toMatch(/^float32 +[\d,]+ +[\d,]+ +[\d,]+ +- +-$/);
  expect(formatModelSize({...size, brotliLevel: null})).not.toContain('brotli');
  expect(() => formatModelSize({} as never)).toThrow('formatModelSize expects what modelSize returns, got');
});

test('what is no model, and wrong bits, are refused', async () => {
  await expect(modelSize({} as never)).rejects.toThrow('modelSize expects');
  await expect(modelSize(net(), {bits: [1]})).rejects.toThrow('`bits[0]` to be a whole number from 2 to 16, got 1');
  await expect(modelSize(net(), {bits: []})).rejects.toThrow('bits');
});
