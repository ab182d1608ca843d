import type * as tf from '@tensorflow/tfjs-core';
import {progressBar} from '../display/progress-bar.js';
import {expectInteger} from '../options/expect.js';
import {expectInputShapes, type InputShapes} from '../report/input-shapes.js';
import {measureLatency, type Latency} from '../report/measure-latency.js';
import {gzippedBytes} from '../report/packed-bytes.js';
import {sparsityAt} from '../report/sparsity-report.js';
import {topK} from '../study/metrics.js';
import {slotNames} from '../tfjs-internals.js';
import {COMMON} from './common-options.js';
import {DATA, examplesFor, type ModelExamples} from './examples-for.js';
import {EXIT, UsageError} from './exit-codes.js';
import {formatComparison, type ComparedModel, type Comparison} from './format-comparison.js';
import {loadModel, type LoadedModel} from './load-model.js';
import {differenceOf, type OutputDifference} from './output-differences.js';
import {printFound} from './print.js';
import {randomInputs} from './random-inputs.js';
import {readArguments} from './read-arguments.js';
import {start} from './start.js';
import {targetsFor} from './targets-for.js';
import {usable} from './usable.js';
import {numberOf, shapesOf} from './argument-values.js';

const OPTIONS = {
  ...COMMON,
  ...DATA,
  examples: {type: 'string'},
  seed: {type: 'string'},
  runs: {type: 'string'},
  'input-shapes': {type: 'string'},
} as const;

const [EXAMPLES, SEED, RUNS, BATCH] = [64, 1, 20, 64];

/** A model, and where it is. */
interface PlacedModel extends LoadedModel {
  readonly place: string;
}

/** `tfjs-pruning compare A B`. */
export async function command(args: readonly string[]): Promise<number> {
  const {values, positionals} = readArguments(args, OPTIONS, {places: 'two', what: 'two MODELs'});
  const examples = numberOf('--examples', values.examples, (name, value) => expectInteger(name, value, {min: 1}));
  const seed = numberOf('--seed', values.seed, expectInteger) ?? SEED;
  const runs = numberOf('--runs', values.runs, expectInteger) ?? RUNS;
  const inputShapes = shapesOf(values['input-shapes']);
  expectUsed(values);
  await start(values.backend);
  const models: PlacedModel[] = [];
  for (const place of positionals) models.push({place, ...(await loadModel(place))});
  const [one, other] = models as [PlacedModel, PlacedModel];
  expectAlike(one, other);
  const seen = await usable((): ModelExamples | Promise<ModelExamples> => {
    if (values.data !== undefined) return examplesFor(one.model, values.data, values.labels);
    const shapes = expectInputShapes(one.model, inputShapes);
    return {xs: randomInputs(one.model, shapes, examples ?? EXAMPLES, seed)};
  });
  const shapes = seen.xs.map(({shape}) => shape.slice(1));
  const comparison: Comparison = {
    models: [await costsOf(one, shapes, seen), await costsOf(other, shapes, seen)],
    examples: seen.xs[0]!.shape[0],
    outputs: await differences(one, other, seen.xs),
    latency: runs === 0 ? [] : await latencies(models, shapes, runs),
  };
  printFound(comparison, () => formatComparison(comparison), values.json);
  return EXIT.done;
}

function expectUsed({data, labels, ...random}: Partial<Record<keyof typeof OPTIONS, unknown>>): void {
  if (data === undefined && labels !== undefined) throw new UsageError('--labels needs --data');
  const useless = (['examples', 'seed', 'input-shapes'] as const).find(name => random[name] !== undefined);
  if (data !== undefined && useless) throw new UsageError(`--${useless} is for random inputs, without --data`);
}

function expectAlike(one: PlacedModel, other: PlacedModel): void {
  if (endsOf(one) === endsOf(other)) return;
  throw new UsageError(
    `Expected models of the same inputs and outputs, but ${one.place} leads ${endsOf(one)}, and ${other.place} ` +
      endsOf(other),
  );
}

function endsOf({model: {inputs, outputs}}: LoadedModel): string {
  const shapes = (tensors: typeof inputs) =>
    tensors
      .map(
        ({shape}) =>
          `[${shape
            .slice(1)
            .map(size => size ?? 'any')
            .join(', ')}]`,
      )
      .join(' and ');
  return `from ${shapes(inputs)} to ${shapes(outputs)}`;
}

async function costsOf(
  {place, model, bytes}: PlacedModel,
  shapes: InputShapes,
  {xs, ys}: ModelExamples,
): Promise<ComparedModel> {
  const {total} = await usable(() => sparsityAt(model, shapes));
  const {parameters, sparsity, multiplyAdds, nonZeroMultiplyAdds} = total;
  const targets = ys && targetsFor(model, ys);
  const accuracy = targets?.length === 1 ? await topK(model, {xs, ys: targets[0]!}, 1) : undefined;
  return {
    ...{place, parameters, sparsity, multiplyAdds, nonZeroMultiplyAdds},
    bytes: bytes.length,
    gzippedBytes: await gzippedBytes(bytes),
    ...(accuracy !== undefined && {accuracy: accuracy / 100}),
  };
}

async function differences(one: PlacedModel, other: PlacedModel, xs: tf.Tensor[]): Promise<OutputDifference[]> {
  const predictedBy = ({model}: PlacedModel) => [model.predict(xs, {batchSize: BATCH})].flat();
  const [a, b] = [predictedBy(one), predictedBy(other)];
  const names = slotNames(one.model).outputNames;
  return Promise.all(a.map((output, i) => differenceOf(names[i]!, output, b[i]!)));
}

/** Of models, called like their places. */
async function latencies(models: readonly PlacedModel[], inputShapes: InputShapes, runs: number): Promise<Latency[]> {
  const measured = await measureLatency(
    models.map(({model}) => model),
    {runs, inputShapes, onProgress: progressBar()},
  );
  return measured.map((latency, i) => ({...latency, model: models[i]!.place}));
}
