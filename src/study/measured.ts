import {gzipSync} from 'node:zlib';
import type * as tfl from '@tensorflow/tfjs-layers';
import {io} from '@tensorflow/tfjs-core';
import {stripPruning} from '../layers/strip-pruning.js';
import {measureLatency} from '../report/measure-latency.js';
import {sparsityAt} from '../report/sparsity-report.js';
import type {Examples} from './examples.js';
import {labelOf} from './named.js';
import {openSizes} from './open-sizes.js';
import type {Metric, MetricCall} from './parts.js';

/** What is measured of a net, stripped of wrappers. */
export interface Measured {
  /** The value of each metric on the test set, by its name and options. */
  readonly metrics: Readonly<Record<string, number>>;
  /** All parameters: kernels, biases, normalization. */
  readonly parameters: number;
  /** Those that are not zeros of a kernel. */
  readonly nonZeroParameters: number;
  /** All multiplications with a weight, for one example. */
  readonly multiplyAdds: number;
  /** Those with a weight that is not zero. */
  readonly nonZeroMultiplyAdds: number;
  /** The bytes of `model.json` and the weights. */
  readonly bytes: number;
  /** The same, gzipped. */
  readonly gzipped: number;
  /** The median time of `predict` of one example, in milliseconds. */
  readonly latency: number;
}

const LATENCY = {runs: 30, batchSize: 1};

/** Measures a net on its test set. */
export async function measured(
  model: tfl.LayersModel,
  metrics: readonly Metric[],
  test: Examples,
  call: MetricCall,
): Promise<Measured> {
  const plain = stripPruning(model);
  try {
    const inputShapes = openSizes(plain, test);
    const {total} = await sparsityAt(plain, inputShapes);
    return {
      metrics: await valuesOf(plain, metrics, test, call),
      parameters: total.parameters,
      nonZeroParameters: total.parameters - total.zeros,
      multiplyAdds: total.multiplyAdds,
      nonZeroMultiplyAdds: total.nonZeroMultiplyAdds,
      ...(await sizeOf(plain)),
      latency: (await measureLatency(plain, {...LATENCY, ...(inputShapes && {inputShapes})})).median,
    };
  } finally {
    if (plain !== model) plain.dispose();
  }
}

async function valuesOf(model: tfl.LayersModel, metrics: readonly Metric[], test: Examples, call: MetricCall) {
  const values: Record<string, number> = {};
  for (const one of metrics) {
    values[labelOf(one)] = await one.measure(model, test, call);
  }
  return values;
}

/** How large the model is on the wire: raw and gzipped. */
async function sizeOf(model: tfl.LayersModel): Promise<Pick<Measured, 'bytes' | 'gzipped'>> {
  let saved: io.ModelArtifacts | undefined;
  await model.save(
    io.withSaveHandler(artifacts => {
      saved = artifacts;
      return Promise.resolve({modelArtifactsInfo: io.getModelArtifactsInfoForJSON(artifacts)});
    }),
  );
  const {weightData, ...rest} = saved!;
  const files = [Buffer.from(JSON.stringify(rest)), Buffer.from(io.CompositeArrayBuffer.join(weightData))];
  const sum = (sizes: readonly number[]) => sizes.reduce((a, b) => a + b, 0);
  return {
    bytes: sum(files.map(file => file.length)),
    gzipped: sum(files.map(file => gzipSync(file, {level: 9}).length)),
  };
}
