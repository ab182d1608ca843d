import {cpSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {
  BackupAndRestore,
  files,
  formatChannelPlan,
  formatModelCost,
  formatSensitivity,
  formatSparsityReport,
  GradualPruning,
  IterativePruning,
  maskChannels,
  modelCost,
  plotSensitivity,
  polynomialDecay,
  prunable,
  readMasks,
  sensitivity,
  shrink,
  SparsityLogger,
  sparsityReport,
  stripPruning,
  type ChannelPlan,
  type ModelCost,
  type SensitivityReport,
  type SparsityReport,
} from 'tfjs-pruning';
import 'tfjs-pruning/wasm'; // a file may name FusedAdam
import {artifactsOf} from './support/tensors.js';

/** What an earlier version has saved, and what it computed with that; see the README there. */
const SAVED = join(__dirname, 'fixtures/saved');

interface Expected {
  readonly outputs: readonly number[][];
  readonly masks: Readonly<Record<string, string>>;
}

interface ExpectedModel extends Expected {
  readonly loss: number;
  readonly outputsAfterOneStep: readonly number[][];
}

interface ExpectedBackup extends Expected {
  readonly outputsAtEnd: readonly number[][];
  readonly masksAtEnd: Readonly<Record<string, string>>;
}

const {backup, ...models} = readJson('expected.json') as Record<string, ExpectedModel> & {backup: ExpectedBackup};

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(join(SAVED, file), 'utf8'));
}

/** sin(1), sin(2), ... for a batch of four. */
function waves([, ...sizes]: tf.Shape): tf.Tensor {
  const shape = [4, ...(sizes as number[])];
  return tf.tensor(
    Array.from({length: tf.util.sizeFromShape(shape)}, (_, i) => Math.sin(i + 1)),
    shape,
  );
}

function examplesOf({inputs, outputs}: tf.LayersModel): {xs: tf.Tensor[]; ys: tf.Tensor[]} {
  return {xs: inputs.map(({shape}) => waves(shape)), ys: outputs.map(({shape}) => waves(shape))};
}

async function masksOf(model: tf.LayersModel): Promise<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(await readMasks(model)).map(([name, mask]) => [name, mask.dataSync().join('')]),
  );
}

function expectOutputs(model: tf.LayersModel, xs: tf.Tensor[], expected: readonly number[][], tolerance = 1e-5): void {
  const outputs = [model.predict(xs)].flat().map(output => Array.from(output.dataSync()));
  expect(outputs.map(({length}) => length)).toEqual(expected.map(({length}) => length));
  for (const [i, output] of outputs.entries()) {
    expect(Math.max(...output.map((value, k) => Math.abs(value - expected[i]![k]!)))).toBeLessThan(tolerance);
  }
}

async function load(name: string): Promise<tf.LayersModel> {
  return tf.loadLayersModel(files(join(SAVED, name)));
}

describe.each(Object.keys(models))('the saved model "%s"', name => {
  const {outputs, masks, loss, outputsAfterOneStep} = models[name]!;

  test('loads with the outputs and the masks that it had', async () => {
    const model = await load(name);
    expectOutputs(model, examplesOf(model).xs, outputs);
    expect(await masksOf(model)).toEqual(masks);
  });

  test('trains on with the optimizer state and the penalties that it had', async () => {
    const model = await load(name);
    const {xs, ys} = examplesOf(model);
    const {history} = await model.fit(xs, ys, {batchSize: 4, verbose: 0});
    expect(history['loss']![0]).toBeCloseTo(loss, 5);
    expectOutputs(model, xs, outputsAfterOneStep, 1e-4);
  });

  test('strips to a plain model with the same outputs', async () => {
    const stripped = stripPruning(await load(name));
    expectOutputs(stripped, examplesOf(stripped).xs, outputs);
    const {modelTopology, weightSpecs} = await artifactsOf(stripped);
    expect(JSON.stringify([modelTopology, weightSpecs])).not.toMatch(/Prun|_mask/);
  });

  test('is saved again as it was', async () => {
    const [before, after] = [await files(join(SAVED, name)).load(), await artifactsOf(await load(name), true)];
    expect(after.modelTopology).toEqual(before.modelTopology);
    expect(after.weightSpecs!.map(({name, shape, dtype}) => ({name, shape, dtype}))).toEqual(
      before.weightSpecs!.map(({name, shape, dtype}) => ({name, shape, dtype})),
    );
  });
});

test('the metadata that a user has written comes back', async () => {
  expect((await load('dense')).getUserDefinedMetadata()).toEqual({
    labels: ['cat', 'dog', 'neither'],
    trained_on: {day: 3},
  });
});

test('gradients go straight through masks where the file says so', async () => {
  const model = await load('straight-through');
  const {xs, ys} = examplesOf(model);
  const kernel = () => model.layers[0]!.weights[0]!.read().arraySync() as number[][];
  const before = kernel();
  await model.fit(xs, ys, {batchSize: 4, verbose: 0});
  const mask = models['straight-through']!.masks[`${model.layers[0]!.name}/kernel`]!;
  const moved = kernel()
    .flat()
    .filter((value, i) => mask[i] === '0' && value !== before.flat()[i]);
  expect(moved.length).toBeGreaterThan(0);
});

describe('a saved training', () => {
  const said = jest.spyOn(console, 'log');
  const warned = jest.spyOn(console, 'warn');
  beforeEach(() => {
    said.mockImplementation(() => undefined);
    warned.mockImplementation(() => undefined);
  });

  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tfjs-pruning-saved-'))));
  afterEach(() => rmSync(folder, {recursive: true}));

  function newModel(): tf.LayersModel {
    const model = prunable(
      tf.sequential({
        layers: [tf.layers.dense({units: 6, inputShape: [4], activation: 'relu'}), tf.layers.dense({units: 3})],
      }),
    );
    model.compile({optimizer: tf.train.adam(0.01), loss: 'meanSquaredError'});
    return model;
  }

  test('goes on where it was, and ends where it would have ended', async () => {
    cpSync(join(SAVED, 'backup'), join(folder, 'backup'), {recursive: true});
    const schedule = polynomialDecay({finalSparsity: 0.75, beginStep: 0, endStep: 7, frequency: 1});
    const callbacks = [new GradualPruning({schedule}), new SparsityLogger()];
    const keeper = new BackupAndRestore(`file://${join(folder, 'backup')}`);
    const {model, initialEpoch} = await keeper.restore(newModel, callbacks);
    const {xs, ys} = examplesOf(model);
    expect(initialEpoch).toBe(2);
    expectOutputs(model, xs, backup.outputs);
    expect(Object.values(await masksOf(model))).toEqual(Object.values(backup.masks));

    const args = {epochs: 4, initialEpoch, batchSize: 2, shuffle: false, verbose: 0} as const;
    await model.fit(xs, ys, {...args, callbacks: [...callbacks, keeper]});
    expectOutputs(model, xs, backup.outputsAtEnd, 1e-4);
    expect(Object.values(await masksOf(model))).toEqual(Object.values(backup.masksAtEnd));
  });

  test('rewinds to the weights that were saved', async () => {
    const model = await load('iterative');
    const {weightData, weightSpecs} = await files(join(SAVED, 'snapshot')).load();
    const saved = tf.io.decodeWeights(tf.io.CompositeArrayBuffer.join(weightData), weightSpecs!);
    const args = {finalSparsity: 0.5, rounds: 2, trainSteps: 2, rewind: 'weights', initialStep: 4} as const;
    const pruning = new IterativePruning({...args, snapshot: files(join(SAVED, 'snapshot'))});
    const {xs, ys} = examplesOf(model);
    model.compile({optimizer: tf.train.sgd(0), loss: 'meanSquaredError'});
    await model.fit(xs, ys, {batchSize: 2, verbose: 0, callbacks: [pruning]});
    for (const layer of model.layers) {
      const kernel = Array.from(layer.weights[0]!.read().dataSync());
      const start = Array.from(saved[layer.weights[0]!.originalName]!.dataSync());
      const mask = (await masksOf(model))[`${layer.name}/kernel`]!;
      expect(kernel.map(Math.abs)).toEqual(start.map((value, i) => (mask[i] === '1' ? Math.abs(value) : 0)));
    }
  });
});

describe('saved reports', () => {
  test.each(['plan', 'slimming'])('a plan of channels ("%s") is shown, masked and cut out', async name => {
    const plan = readJson(`${name}.json`) as ChannelPlan;
    expect(formatChannelPlan(plan)).toContain('channels');
    const model = await load('planned');
    const smaller = await shrink(model, plan);
    expect(modelCost(smaller).total).toMatchObject({
      parameters: plan.after.parameters,
      multiplyAdds: plan.after.multiplyAdds,
    });
    await maskChannels(model, plan);
    const {xs} = examplesOf(model);
    expectOutputs(
      smaller,
      xs,
      [model.predict(xs)].flat().map(output => Array.from(output.dataSync())),
    );
  });

  test('a report of sensitivities is shown, drawn, and shares a sparsity out', () => {
    const report = readJson('sensitivity.json') as SensitivityReport;
    expect(formatSensitivity(report, {metric: 'mae'})).toContain('0.7547');
    expect(plotSensitivity(report)).toContain('<svg');
    expect(sensitivity(report)).toBeInstanceOf(Function);
  });

  test('reports of sparsity and cost are those of today, and are shown', async () => {
    const sparsity = readJson('sparsity.json') as SparsityReport;
    const cost = readJson('cost.json') as ModelCost;
    const model = await load('planned');
    expect(modelCost(model)).toEqual(cost);
    expect(Object.keys((await sparsityReport(model)).total)).toEqual(Object.keys(sparsity.total));
    expect(formatSparsityReport(sparsity)).toContain('25.0%');
    expect(formatModelCost(cost)).toContain('11,952');
  });
});
