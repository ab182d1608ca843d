import * as tf from '@tensorflow/tfjs';
import {blocks, channels, filters, kernelRows, nOfM, prunable, stripPruning, type WeightStructure} from 'tfjs-pruning';
import {elasticNet} from '../../src/penalties/elastic-net.js';
import {groupLasso} from '../../src/penalties/group-lasso.js';
import {hoyerSquare} from '../../src/penalties/hoyer-square.js';
import {l1} from '../../src/penalties/l1.js';
import {l2} from '../../src/penalties/l2.js';
import type {NamedStructure} from '../../src/penalties/named-structure.js';
import type {Penalty} from '../../src/penalties/penalty.js';
import {regularizers, type Regularizer} from '../../src/penalties/regularizers.js';
import {sparseGroupLasso} from '../../src/penalties/sparse-group-lasso.js';
import {layout} from '../support/layouts.js';
import {artifactsOf, expectNoLeak, saveAndLoad} from '../support/tensors.js';

const SHAPE = [3, 2, 2, 4] as const;

function net(kernelRegularizer: Regularizer): tf.Sequential {
  const kernelInitializer = tf.initializers.glorotNormal({seed: 1});
  const layers = [
    tf.layers.conv2d({filters: 4, kernelSize: [3, 2], inputShape: [4, 4, 2], kernelInitializer, kernelRegularizer}),
    tf.layers.flatten(),
    tf.layers.dense({units: 1, kernelInitializer: 'zeros'}),
  ];
  const model = tf.sequential({layers});
  model.compile({optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError'});
  return model;
}

/** Trains a step on zeros: a loss of nothing but the penalty. */
async function step(model: tf.LayersModel): Promise<number> {
  const [x, y] = [tf.zeros([2, 4, 4, 2]), tf.zeros([2, 1])];
  const {history} = await model.fit(x, y, {verbose: 0});
  tf.dispose([x, y]);
  return history['loss']![0] as number;
}

const valueOn = (penalty: Penalty, model: tf.LayersModel) =>
  tf.tidy(() => penalty(model.getWeights()[0]!, layout(SHAPE)).dataSync()[0]!);

test.each<[string, Regularizer, Penalty]>([
  ['l1', regularizers.l1({strength: 0.1}), l1({strength: 0.1})],
  ['l2', regularizers.l2({strength: 0.1}), l2({strength: 0.1})],
  ['elasticNet', regularizers.elasticNet({l1: 0.1, l2: 0.2}), elasticNet({l1: 0.1, l2: 0.2})],
  ['groupLasso', regularizers.groupLasso({strength: 0.1}), groupLasso({strength: 0.1})],
  ...(
    [
      [{name: 'channels', args: [{reduction: 'max'}]}, channels({reduction: 'max'})],
      [{name: 'kernelRows'}, kernelRows()],
      [{name: 'blocks', args: [[4, 1], {pooling: 'max'}]}, blocks([4, 1], {pooling: 'max'})],
      [{name: 'nOfM', args: [1, 2]}, nOfM(1, 2)],
    ] as [NamedStructure, WeightStructure][]
  ).map(([named, structure]): [string, Regularizer, Penalty] => [
    `groupLasso of ${named.name}`,
    regularizers.groupLasso({strength: 0.1, structure: named}),
    groupLasso({strength: 0.1, structure}),
  ]),
  [
    'sparseGroupLasso',
    regularizers.sparseGroupLasso({strength: 0.1, alpha: 0.25}),
    sparseGroupLasso({strength: 0.1, alpha: 0.25}),
  ],
  [
    'hoyerSquare',
    regularizers.hoyerSquare({strength: 0.1, structure: {name: 'filters'}}),
    hoyerSquare({strength: 0.1, structure: filters()}),
  ],
])(
  '%s costs what its penalty does, also after a save and load, and wrapped; stripped where tf.js has it itself',
  async (name, regularizer, penalty) => {
    const model = net(regularizer);
    expect(await step(model)).toBeCloseTo(valueOn(penalty, net(regularizer)), 5);
    const loaded = await saveAndLoad(model, true);
    const wrapped = prunable(loaded);
    const stripped = stripPruning(wrapped);
    for (const copy of [wrapped, stripped]) copy.compile({optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError'});
    const expected = valueOn(penalty, model);
    for (const copy of [model, loaded, wrapped]) expect(await step(copy)).toBeCloseTo(expected, 5);
    expect(await step(stripped)).toBeCloseTo(['l1', 'l2', 'elasticNet'].includes(name) ? expected : 0, 5);
    expect([...loaded.getWeights()[0]!.dataSync()]).toEqual([...model.getWeights()[0]!.dataSync()]);
  },
);

test('a file that says average where blocks says mean today loads', async () => {
  const structure = {name: 'blocks', args: [[2, 1], {pooling: 'mean'}]} as const;
  const artifacts = await artifactsOf(net(regularizers.groupLasso({strength: 0.1, structure})));
  const modelTopology = JSON.parse(JSON.stringify(artifacts.modelTopology).replace('"mean"', '"average"')) as object;
  const loaded = await tf.loadLayersModel(tf.io.fromMemory({...artifacts, modelTopology}));
  expect(JSON.stringify(modelTopology)).toContain('"average"');
  expect(JSON.stringify((await artifactsOf(loaded)).modelTopology)).toContain('{"pooling":"mean"}');
});

test('regularizes biases, too, and leaks nothing', async () => {
  const biasRegularizer = regularizers.groupLasso({strength: 1});
  const biasInitializer = tf.initializers.constant({value: -2});
  const layers = [
    tf.layers.dense({units: 3, inputShape: [2], kernelInitializer: 'zeros', biasRegularizer, biasInitializer}),
  ];
  const model = tf.sequential({layers});
  model.compile({optimizer: tf.train.sgd(0), loss: (_, predicted) => tf.mul(0, predicted)});
  const train = async () => {
    const [x, y] = [tf.zeros([2, 2]), tf.zeros([2, 3])];
    const {history} = await model.fit(x, y, {verbose: 0});
    tf.dispose([x, y]);
    return history['loss']![0];
  };
  expect(await train()).toBe(6);
  await expectNoLeak(async () => void (await train()));
});

test('says what is wrong', () => {
  const structure = (named: unknown) => () =>
    regularizers.groupLasso({strength: 1, structure: named as NamedStructure});
  expect(structure(filters())).toThrow("a structure by its name, as in {name: 'filters'}");
  expect(structure({name: 'blocks', args: [[Infinity, 1]]})).toThrow('expects options that can be saved');
  expect(structure({name: 'rows'})).toThrow('expected one of blocks, channels, filters, ');
  expect(structure(null)).toThrow('its `structure` is named');
  expect(structure({name: 'slices', args: 0})).toThrow('Expected `structure.args` to be an array');
  expect(() => regularizers.l1(null as never)).toThrow('regularizers.l1 expects an object, got null');
  expect(structure('filters')).toThrow('its `structure` is named, as in');
  expect(structure({name: 'blocks', args: [[0, 1]]})).toThrow('Expected `size[0]`');
  expect(() => regularizers.l1({strength: -1})).toThrow('Expected `strength`');
  expect(() => regularizers.l2({strength: 1, alpha: 1} as never)).toThrow('l2 has no option `alpha`');
  expect(() => regularizers.sparseGroupLasso({strength: 1} as never)).toThrow('Expected `alpha`');
  expect(() => regularizers.elasticNet(undefined as never)).toThrow('elasticNet expects');
});
