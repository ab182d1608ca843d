/** Compressed files that arrive piece by piece: what is there is lowered, packed and run before the rest has come. */
import {mkdtempSync, readFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {compile} from 'tfjs-pruning/runtime';
import {compressed, type CompressedArgs} from 'tfjs-pruning/wire';
import {withRandomWeights} from '../support/random-weights.js';
import {expectClose, predicted, thinOut} from './against-predict.js';

const {layers} = tf;
const folder = mkdtempSync(join(tmpdir(), 'tfjs-pruning-arriving-'));

/** The bytes of a model, and what it predicts once it is loaded again. */
async function saved(model: tf.LayersModel, args: CompressedArgs = {bits: 8}) {
  const url = `file://${folder}/model.tfpr`;
  withRandomWeights(model, 3);
  thinOut(model, 0.5);
  await model.save(compressed(url, args));
  const loaded = await tf.loadLayersModel(compressed(url));
  const [, ...shape] = loaded.inputs[0]!.shape as number[];
  const input = tf.randomUniform([1, ...shape], 0, 3, 'float32', 1);
  const numbers = input.dataSync<'float32'>();
  return {bytes: new Uint8Array(readFileSync(`${folder}/model.tfpr`)), numbers, expected: predicted(loaded, [input])};
}

/** A server that sends pieces of a size, with pauses between them. */
function serve(bytes: Uint8Array, size: number): void {
  let at = 0;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (size < bytes.length) await new Promise(resolve => setTimeout(resolve, 1));
      if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.slice(at, at + size));
      at += size;
    },
  });
  jest.spyOn(globalThis, 'fetch').mockResolvedValue(new Response(body));
}

afterEach(() => jest.restoreAllMocks());

async function run(bytes: Uint8Array, size: number, numbers: Float32Array): Promise<Float32Array[]> {
  serve(bytes, size);
  const fast = await compile('http://host/model.tfpr');
  return [fast.run([numbers])].flat().map(output => output.slice());
}

const same = {padding: 'same'} as const;

/** Convolutions with normalizations, one of them halving, a residual sum and a head: like MobileNetV2. */
function mobile(): tf.LayersModel {
  const input = tf.input({shape: [9, 9, 3]});
  const through = (x: tf.SymbolicTensor, ...list: tf.layers.Layer[]) =>
    list.reduce((value, layer) => layer.apply(value) as tf.SymbolicTensor, x);
  const norm = () => layers.batchNormalization();
  const first = through(input, layers.conv2d({filters: 8, kernelSize: 3, strides: 2, ...same}), norm(), layers.reLU());
  const inner = through(
    first,
    ...[layers.conv2d({filters: 16, kernelSize: 1, useBias: false}), norm(), layers.reLU({maxValue: 6})],
    ...[layers.depthwiseConv2d({kernelSize: 3, ...same}), norm(), layers.reLU({maxValue: 6})],
    ...[layers.conv2d({filters: 8, kernelSize: 1}), norm()],
  );
  const sum = layers.add().apply([first, inner]) as tf.SymbolicTensor;
  const last = through(
    sum,
    ...[layers.depthwiseConv2d({kernelSize: 3, strides: 2, ...same}), layers.globalAveragePooling2d({})],
    layers.dense({units: 40, activation: 'softmax'}),
  );
  return tf.model({inputs: input, outputs: [last, sum]});
}

const NETS: [string, CompressedArgs, () => tf.LayersModel][] = [
  ['convolutions, normalizations and sums', {bits: 8}, mobile],
  ['one scale for each kernel', {bits: 4, perChannel: false}, mobile],
  ['codebooks', {}, mobile],
  ['some layers in floats', {bits: 8, layers: /conv2d/}, mobile],
  [
    'kernels that are factors, which are folded only when they are there',
    {bits: 8},
    () =>
      tf.sequential({
        layers: [
          layers.conv2d({filters: 6, kernelSize: 1, inputShape: [4, 4, 3]}),
          layers.depthwiseConv2d({kernelSize: 1}),
          layers.depthwiseConv2d({kernelSize: 1, depthMultiplier: 2}),
        ],
      }),
  ],
  [
    'kernels that are larger than the image',
    {bits: 8},
    () => tf.sequential({layers: [layers.conv2d({filters: 6, kernelSize: 3, inputShape: [1, 2, 3], ...same})]}),
  ],
  [
    'layers with states, and rare ones',
    {bits: 8},
    () =>
      tf.sequential({
        layers: [
          layers.embedding({inputDim: 9, outputDim: 5, inputLength: 4}),
          layers.conv1d({filters: 6, kernelSize: 2, activation: 'tanh'}),
          layers.lstm({units: 7, returnSequences: true}),
          layers.dense({units: 5}),
        ],
      }),
  ],
];

test.each(NETS)('%s: outputs are those of predict, and the same however the file arrives', async (_, args, net) => {
  const {bytes, numbers, expected} = await saved(net(), args);
  const atOnce = await run(bytes, Infinity, numbers);
  expectClose(atOnce, expected, 1e-5);
  for (const size of [40, 700]) expect(await run(bytes, size, numbers)).toEqual(atOnce);
});

test('an altered or truncated file is said to be that, whatever else is wrong with it', async () => {
  const {bytes, numbers} = await saved(mobile());
  for (const from of [0.3, 0.6, 0.9]) {
    for (const size of [40, Infinity]) {
      const altered = bytes.slice();
      altered[Math.floor(from * bytes.length)]! ^= 8;
      await expect(run(altered, size, numbers)).rejects.toThrow(/no compressed model that can be read/);
      const truncated = bytes.slice(0, Math.floor(from * bytes.length));
      await expect(run(truncated, size, numbers)).rejects.toThrow(/no compressed model that can be read/);
    }
  }
});

test('of an altered file whose layers are unknown, the damage is told; of one that is whole, the layers', async () => {
  const unknown = tf.sequential({
    layers: [
      layers.dense({units: 27, inputShape: [20]}),
      layers.reshape({targetShape: [3, 3, 3, 1]}),
      layers.conv3d({name: 'odd', filters: 2, kernelSize: 2}),
      layers.flatten(),
      layers.dense({units: 30}),
    ],
  });
  const {bytes, numbers} = await saved(unknown);
  await expect(run(bytes, 40, numbers)).rejects.toThrow(/"odd" \(Conv3D\)/);
  bytes[bytes.length - 60]! ^= 8;
  await expect(run(bytes, 40, numbers)).rejects.toThrow('it was altered');
});

test('a download that breaks off is told', async () => {
  const {bytes} = await saved(mobile());
  let pulls = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (pulls++ > 0) throw new Error('cable cut');
      controller.enqueue(bytes.slice(0, bytes.length - 20));
    },
  });
  jest.spyOn(globalThis, 'fetch').mockResolvedValue(new Response(body));
  await expect(compile('http://host/model.tfpr')).rejects.toThrow('broke off: cable cut');
});
