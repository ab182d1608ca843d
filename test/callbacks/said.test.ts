import * as tf from '@tensorflow/tfjs';
import {
  addPenalty,
  constantSparsity,
  GradualPruning,
  l1,
  listPrunable,
  polynomialDecay,
  prunable,
  ProximalPenalty,
  pruneByThreshold,
  pruneOnce,
  reinitialize,
  ScheduledPenalty,
  sensitivityScan,
  shuffleMasks,
  SparsityLogger,
  sparsityReport,
  StaticSparse,
  stripPruning,
} from 'tfjs-pruning';
import {expectNoLeak} from '../support/tensors.js';

const dense = (name: string, units: number, more = {}) => tf.layers.dense({name, units, ...more});

/** A frozen base of 40 weights, and a head of 20 that is trained. */
function fineTuned(): tf.Sequential {
  const layers = [dense('base', 10, {inputShape: [4], trainable: false}), dense('head', 2)];
  const model = prunable(tf.sequential({layers}));
  model.compile({optimizer: 'adam', loss: 'meanSquaredError'});
  return model;
}

let x: tf.Tensor;
let y: tf.Tensor;
beforeAll(() => {
  x = tf.randomNormal([16, 4], 0, 1, 'float32', 1);
  y = tf.randomNormal([16, 2], 0, 1, 'float32', 2);
});
const train = (model: tf.LayersModel, callbacks: tf.Callback[], epochs = 2) =>
  model.fit(x, y, {epochs, batchSize: 8, verbose: 0, callbacks});
const halving = (more = {}) =>
  new GradualPruning({schedule: polynomialDecay({finalSparsity: 0.5, endStep: 2, frequency: 1}), ...more});

let warn: jest.SpyInstance;
const said = () => (warn.mock.calls as [string][]).flat();
beforeEach(() => (warn = jest.spyOn(console, 'warn').mockImplementation()));
afterEach(() => {
  warn.mockRestore();
});

describe('layers that are frozen', () => {
  const line = (owner: string, name = 'base') =>
    `${owner}: skips what is frozen: "${name}". To include it, name it in \`layers\`, or set \`trainable\` to true.`;

  test('a callback says once what it leaves alone, and the logs tell both sparsities', async () => {
    const model = fineTuned();
    const callback = halving();
    const {history} = await train(model, [callback]);
    expect(said()).toEqual([line('GradualPruning')]);
    expect(history['sparsity']).toEqual([0.5, 0.5]);
    expect(history['modelSparsity']).toEqual([10 / 60, 10 / 60]);
    expect((await sparsityReport(model)).total.sparsity).toBeCloseTo(10 / 60, 12);
    await train(model, [callback]);
    expect(said()).toHaveLength(1);
  });

  test('nothing is said where all are pruned, or layers are named', async () => {
    await train(fineTuned(), [halving({layers: 'head'})]);
    await train(fineTuned(), [halving({layers: ['base', 'head']})]);
    expect(said()).toEqual([]);
  });

  test('a base that is frozen as a whole, though its layers are not', async () => {
    const base = tf.sequential({name: 'base', layers: [dense('one', 10, {inputShape: [4]}), dense('two', 10)]});
    base.trainable = false;
    const input = tf.input({shape: [4]});
    const outputs = dense('head', 2).apply(base.apply(input)) as tf.SymbolicTensor;
    const model = prunable(tf.model({inputs: input, outputs}));
    model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    await train(model, [halving()]);
    expect(said()).toEqual([line('GradualPruning', 'base/one", "base/two')]);
    expect(listPrunable(model).map(({layer, status}) => [layer, status])).toEqual([
      [input.sourceLayer.name, 'skipped'],
      ['base/one', 'frozen'],
      ['base/two', 'frozen'],
      ['head', 'wrapped'],
    ]);
  });

  test.each<[string, string, (model: tf.Sequential) => unknown]>([
    ['pruneOnce', 'base', model => pruneOnce(model, {sparsity: 0.5})],
    ['pruneByThreshold', 'base', model => pruneByThreshold(model, {below: 0.5})],
    ['shuffleMasks', 'base', model => shuffleMasks(model)],
    ['reinitialize', 'base', model => reinitialize(model)],
    ['sensitivityScan', 'base', model => sensitivityScan(model, {data: {xs: x, ys: y}, sparsities: [0.5]})],
    ['addPenalty', 'base/kernel', model => addPenalty(model, l1({strength: 0.1}))],
    ['ScheduledPenalty', 'base/kernel', m => train(m, [new ScheduledPenalty({penalty: l1({strength: 0.1})})])],
    ['ProximalPenalty', 'base/kernel', m => train(m, [new ProximalPenalty({penalty: l1({strength: 0.1})})])],
    ['StaticSparse', 'base', model => train(model, [new StaticSparse({sparsity: 0.5})])],
  ])('%s says it, too, once', async (owner, name, run) => {
    await run(fineTuned());
    expect(said()).toEqual([line(owner, name)]);
  });

  test('listPrunable: frozen, wrapped or not', () => {
    const wrapped = listPrunable(fineTuned());
    expect(wrapped).toEqual([
      {
        layer: 'base',
        className: 'PrunableDense',
        status: 'frozen',
        reason: 'is frozen, with masks; name it in `layers` to prune it',
      },
      {layer: 'head', className: 'PrunableDense', status: 'wrapped', reason: ''},
    ]);
    const layers = [dense('base', 10, {inputShape: [4], trainable: false}), dense('head', 2)];
    expect(listPrunable(tf.sequential({layers})).map(({status}) => status)).toEqual(['frozen', 'prunable']);
  });

  test('the logger prints both sparsities where they differ', async () => {
    const [lines, json]: [string[], string[]] = [[], []];
    const logger = new SparsityLogger({print: text => lines.push(text), jsonLines: text => json.push(text)});
    await train(fineTuned(), [halving(), logger], 1);
    expect(lines[0]).toMatch(/ {2}sparsity 0\.500 {2}modelSparsity 0\.167 {2}\(10 of 60 weights zero\)$/);
    expect(JSON.parse(json[0]!)).toMatchObject({sparsity: 0.5, modelSparsity: 1 / 6, weights: 60, zeros: 10});
  });

  test('counting leaks nothing', async () => {
    const model = fineTuned();
    const callback = halving();
    await train(model, [callback]);
    await expectNoLeak(async () => void (await train(model, [callback])));
  });
});

describe('zeros that are there before', () => {
  async function sparse(sparsity: number): Promise<tf.Sequential> {
    const layers = [dense('a', 10, {inputShape: [4]}), dense('o', 2)];
    const model = prunable(tf.sequential({layers}));
    await pruneOnce(model, {sparsity, layers: 'a'});
    return model;
  }
  const compiled = (model: tf.Sequential) => {
    model.compile({optimizer: 'adam', loss: 'meanSquaredError'});
    return model;
  };

  test('not masked: said once, with the way to keep them', async () => {
    const model = compiled(prunable(stripPruning(await sparse(0.5))));
    const callback = halving();
    await train(model, [callback]);
    await train(model, [callback]);
    expect(said()).toEqual([
      'GradualPruning: many weights are zero, but not masked, and training will change them: 50.0% of "a/kernel". ' +
        'To keep the zeros, call `await maskZeros(model)` before the training.',
    ]);
  });

  test('few, all, or meant to come back: nothing is said', async () => {
    await train(compiled(prunable(stripPruning(await sparse(0.1)))), [halving()]);
    await train(compiled(prunable(stripPruning(await sparse(0.5)))), [halving({regrowth: true})]);
    const zero = tf.sequential({layers: [dense('a', 4, {inputShape: [4], kernelInitializer: 'zeros'}), dense('o', 2)]});
    await train(compiled(prunable(zero)), [halving()]);
    expect(said()).toEqual([]);
  });

  test('masked, and a schedule that ends at about as much', async () => {
    await train(compiled(await sparse(0.5)), [halving({layers: 'a'})]);
    expect(said()).toEqual([
      'GradualPruning: 50.0% of the weights are masked already, and stay so; the schedule asks for no more at its ' +
        'end, and prunes nothing.',
    ]);
  });

  test('masked, and a schedule that never asks for more', async () => {
    const model = compiled(await sparse(0.8));
    const callback = halving({layers: 'a'});
    await train(model, [callback]);
    const line =
      'GradualPruning: 80.0% of the weights are masked already, and stay so; the schedule asks for less, 50.0% ' +
      'at its end, and prunes nothing.';
    expect(said()).toEqual([line]);
    callback.reset();
    await train(compiled(await sparse(0.8)), [callback]);
    expect(said()).toEqual([line, line]);
    expect((await sparsityReport(model)).layers[0]!.sparsity).toBe(0.8);
  });

  test('masks that are only to be kept', async () => {
    const keep = new GradualPruning({schedule: constantSparsity({targetSparsity: 0})});
    await train(compiled(await sparse(0.8)), [keep]);
    expect(said()).toEqual([]);
  });

  test('sparse training keeps masks, and says so where they are not of the sparsity that is asked for', async () => {
    await train(compiled(await sparse(0.5)), [new StaticSparse({sparsity: 0.5, layers: 'a'})]);
    expect(said()).toEqual([]);
    await train(compiled(await sparse(0.5)), [new StaticSparse({sparsity: 0.9, layers: 'a'})]);
    expect(said()).toEqual([
      'StaticSparse: the model is sparse already: 50.0% of its weights are masked. These masks are kept, and none ' +
        'are drawn for `sparsity` 0.9; for masks of that sparsity begin with a dense model.',
    ]);
  });
});
