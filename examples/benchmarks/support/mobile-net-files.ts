import {gzipSync} from 'node:zlib';
import * as tf from '@tensorflow/tfjs';
import {globalRanking} from '../../../src/allocations/global-ranking.js';
import {prunable} from '../../../src/layers/prunable.js';
import {pruneOnce} from '../../../src/masks/prune-once.js';
import {compressedBytes} from '../../../src/report/file-sizes.js';
import {foldBatchNorm} from '../../../src/surgery/fold/fold-batch-norm.js';
import {modelOf, weightsOf} from '../../../src/wire/artifacts.js';
import {stockWeights} from '../../../src/wire/stock-weights.js';
import {strippedArtifacts} from '../../../src/wire/stripped-artifacts.js';

const OWNER = 'wire';

/** Bytes of whole files, with topology, biases and scales. */
export interface FoldedBytes {
  /** With the batch normalizations folded into kernels and biases. */
  readonly folded: number;
  readonly notFolded: number;
}

/** Of a net of 2.5 M parameters that is pruned by magnitude: kernels in 4 bits, all others in float16. */
export async function prunedFiles(sparsity: number): Promise<FoldedBytes & {parameters: number}> {
  const net = mobileNet(0.875);
  const model = prunable(net);
  await pruneOnce(model, {sparsity, allocation: globalRanking()});
  return {parameters: net.countParams(), ...(await foldedBytes(model, 4))};
}

/** Of a dense net, in 8 bits; beside what stock tf.js reads in 8 bits, gzipped. */
export async function denseFiles(): Promise<FoldedBytes & {stock: number}> {
  const model = mobileNet(0.25);
  return {...(await foldedBytes(model, 8)), stock: await stockBytes(model)};
}

async function foldedBytes(model: tf.LayersModel, bits: number): Promise<FoldedBytes> {
  const bytes = (each: tf.LayersModel) => compressedBytes(OWNER, each, bits);
  return {folded: await bytes(await foldBatchNorm(model)), notFolded: await bytes(model)};
}

async function stockBytes(model: tf.LayersModel): Promise<number> {
  const artifacts = await strippedArtifacts(model);
  const stored = stockWeights(weightsOf(OWNER, artifacts), {kernels: 255, others: 'float32'});
  const weights = Buffer.concat(stored.map(({bytes}) => Buffer.from(bytes)));
  const files = [Buffer.from(JSON.stringify(modelOf(artifacts))), weights];
  return files.reduce((sum, file) => sum + gzipSync(file, {level: 9}).length, 0);
}

/**
 * MobileNetV1 (Howard et al. 2017) for 5 classes, as if it were trained: kernels are He-normal, and what normalizes
 * batches is random, since it takes no space as it is at first.
 */
function mobileNet(width: number): tf.LayersModel {
  const {layers, initializers} = tf;
  const widths = [32, 64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024].map(each => width * each);
  const strides = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1];
  let seed = 0;
  const he = () => initializers.heNormal({seed: seed++});
  const around = (mean: number) => initializers.randomUniform({minval: mean - 0.5, maxval: mean + 0.5, seed: seed++});
  const norm = () =>
    layers.batchNormalization({
      gammaInitializer: around(1),
      betaInitializer: around(0),
      movingMeanInitializer: around(0),
      movingVarianceInitializer: around(1),
    });
  const net = tf.sequential();
  const normed = (layer: tf.layers.Layer) => {
    for (const each of [layer, norm(), layers.reLU({maxValue: 6})]) net.add(each);
  };
  const same = {padding: 'same', useBias: false} as const;
  const first = {inputShape: [224, 224, 3], kernelSize: 3, strides: 2, kernelInitializer: he()};
  normed(layers.conv2d({filters: widths[0]!, ...first, ...same}));
  for (const [i, stride] of strides.entries()) {
    normed(layers.depthwiseConv2d({kernelSize: 3, strides: stride, depthwiseInitializer: he(), ...same}));
    normed(layers.conv2d({filters: widths[i + 1]!, kernelSize: 1, kernelInitializer: he(), ...same}));
  }
  net.add(layers.globalAveragePooling2d({}));
  net.add(layers.dense({units: 5, activation: 'softmax', kernelInitializer: he()}));
  return net;
}
