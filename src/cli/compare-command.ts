import * as tf from '@tensorflow/tfjs-core';
import {progressBar} from '../display/progress-bar.js';
import {count, percent, table} from '../display/table.js';
import {expectInteger} from '../options/expect.js';
import {formatLatency} from '../report/format-latency.js';
import {expectInputShapes, type InputShapes} from '../report/input-shapes.js';
import {measureLatency, type Latency} from '../report/measure-latency.js';
import {gzippedBytes} from '../report/packed-bytes.js';
import {sparsityAt} from '../report/sparsity-report.js';
import {topK} from '../study/metrics.js';
import {slotNames, type Model} from '../tfjs-internals.js';
import {COMMON} from './common.js';
import {DATA, examplesFor, type ModelExamples} from './examples-for.js';
import {EXIT, UsageError} from './exit-codes.js';
import {loadModel, type LoadedModel} from './load-model.js';
import {differenceOf, type OutputDifference} from './output-differences.js';
import {printFound} from './print.js';
import {randomInputs} from './random-inputs.js';
import {readArguments} from './read-arguments.js';
import {start} from './start.js';
import {usable} from './usable.js';
import {numberOf, shapesOf} from './values.js';

const OPTIONS = {
  ...COMMON,
  ...DATA,
  examples: {type: 'string'},
  seed: {type: 'string'},
  runs: {type: 'string'},
  'input-shapes': {type: 'string'},
} as const;

const [EXAMPLES, RUNS, BATCH] = [64, 20, 64];

/** `tfjs-pruning compare A B`. */
export async function command(args: readonly string[]): Promise<number> {
  const {values, positionals} = readArguments(args, OPTIONS, {places: 'two', what: 'two MODELs'});
  const atLeast = (min: number) => (name: string, value: number) => expectInteger(name, value, {min});
  const [examples, seed, runs] = [
    numberOf('--examples', values.examples, atLeast(1)) ?? EXAMPLES,
    numberOf('--seed', values.seed, expectInteger) ?? 1,
    numberOf('--runs', values.runs, expectInteger) ?? RUNS,
  ];
  expectUsed(values);
  const inputShapes = shapesOf(values['input-shapes']);
  await start(values.backend);
  const models = [await loadModel(positionals[0]!), await loadModel(positionals[1]!)] as const;
  expectAlike(models, positionals);
  const [{model}] = models;
  const {xs, ys} = await usable((): Promise<ModelExamples> | ModelExamples => {
    if (values.data !== undefined) return examplesFor(model, values.data, values.labels);
    return {xs: randomInputs(model, expectInputShapes(model, inputShapes), examples, seed)};
  });
  const shapes = xs.map(({shape}) => shape.slice(1));
  const found: Found = {
    models: await Promise.all(models.map((one, i) => rowOf(positionals[i]!, one, shapes, ys && {xs, ys}))),
    examples: xs[0]!.shape[0],
    outputs: await differences(models, xs),
    latency: runs === 0 ? [] : await latencies(models, shapes, runs),
  };
  printFound(found, () => textOf(found), values.json);
  return EXIT.done;
}

interface Found {
  readonly models: readonly ComparedModel[];
  readonly examples: number;
  readonly outputs: readonly OutputDifference[];
  readonly latency: readonly Latency[];
}

interface ComparedModel {
  readonly place: string;
  readonly parameters: number;
  readonly nonZeroWeights: number;
  readonly multiplyAdds: number;
  readonly nonZeroMultiplyAdds: number;
  readonly bytes: number;
  readonly gzippedBytes: number;
  /** The fraction of the examples whose class has the highest output, if there are labels. */
  readonly accuracy?: number;
}

function expectUsed({data, labels, examples, seed}: Partial<Record<string, unknown>>): void {
  if (data === undefined && labels !== undefined) throw new UsageError('--labels needs --data');
  const useless = Object.entries({examples, seed}).find(([, value]) => data !== undefined && value !== undefined);
  if (useless) throw new UsageError(`--${useless[0]} is for random inputs, without --data`);
}

function expectAlike([one, other]: readonly [LoadedModel, LoadedModel], [first, second]: readonly string[]): void {
  const ends = ({model: {inputs, outputs}}: LoadedModel) => {
    const shapes = (tensors: typeof inputs) =>
      tensors.map(
        ({shape}) =>
          `[${shape
            .slice(1)
            .map(size => size ?? '?')
            .join(', ')}]`,
      );
    return `from ${shapes(inputs).join(', ')} to ${shapes(outputs).join(', ')}`;
  };
  if (ends(one) === ends(other)) return;
  throw new UsageError(
    `Expected models of the same inputs and outputs, but ${first} leads ${ends(one)}, and ${second} ${ends(other)}`,
  );
}

async function rowOf(
  place: string,
  {model, bytes}: LoadedModel,
  shapes: InputShapes,
  labeled: {xs: tf.Tensor[]; ys: tf.Tensor[]} | undefined,
): Promise<ComparedModel> {
  const {total} = await usable(() => sparsityAt(model, shapes));
  const accuracy = labeled && (await usable(() => accuracyOf(model, labeled)));
  return {
    place,
    parameters: total.parameters,
    nonZeroWeights: total.weights - total.zeros,
    multiplyAdds: total.multiplyAdds,
    nonZeroMultiplyAdds: total.nonZeroMultiplyAdds,
    bytes: bytes.length,
    gzippedBytes: await gzippedBytes(bytes),
    ...(accuracy !== undefined && {accuracy}),
  };
}

async function accuracyOf(model: Model, {xs, ys}: {xs: tf.Tensor[]; ys: tf.Tensor[]}): Promise<number> {
  return (await topK(model, {xs, ys: ys[0]!}, 1)) / 100;
}

async function differences(models: readonly [LoadedModel, LoadedModel], xs: tf.Tensor[]): Promise<OutputDifference[]> {
  const [a, b] = models.map(({model}) => [model.predict(xs, {batchSize: BATCH})].flat()) as [tf.Tensor[], tf.Tensor[]];
  const names = slotNames(models[0].model).outputNames;
  return Promise.all(a.map((output, i) => differenceOf(names[i]!, output, b[i]!)));
}

async function latencies(models: readonly [LoadedModel, LoadedModel], inputShapes: InputShapes, runs: number) {
  return measureLatency(
    models.map(({model}) => model),
    {runs, inputShapes, onProgress: progressBar()},
  );
}

function textOf({models, examples, outputs, latency}: Found): string {
  const hasAccuracy = models.some(({accuracy}) => accuracy !== undefined);
  const header = [
    'model',
    'parameters',
    'non-zero',
    'mult-adds',
    'non-zero',
    'bytes',
    'gzipped',
    ...(hasAccuracy ? ['accuracy'] : []),
  ];
  const rows = models.map(one => [
    one.place,
    ...[one.parameters, one.nonZeroWeights, one.multiplyAdds, one.nonZeroMultiplyAdds, one.bytes, one.gzippedBytes].map(
      count,
    ),
    ...(one.accuracy === undefined ? [] : [percent(one.accuracy)]),
  ]);
  const figures = (value: number) => value.toPrecision(3);
  const cells = outputs.map(({output, largest, mean, size, agreement}) => {
    return [output, figures(size), figures(mean), figures(largest), agreement === null ? '-' : percent(agreement)];
  });
  return [
    table(header, rows, {textColumns: 1}),
    `Outputs for ${count(examples)} examples, and how far they are apart\n` +
      table(['output', 'mean size', 'mean', 'largest', 'same highest'], cells, {textColumns: 1}),
    ...(latency.length > 0 ? [`Milliseconds\n${formatLatency(latency)}`] : []),
  ].join('\n\n');
}
