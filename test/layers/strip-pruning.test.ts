import {execFileSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {listPrunable, prunable, regularizers, shrink, stripPruning, type Regularizer} from 'tfjs-pruning';
import {prunableLayers} from '../../src/layers/model-layers.js';
import {assign, RegularizerBase} from '../../src/tfjs-internals.js';
import {EVERY_LAYER, inputOf, modelOf, NEVER_RUN, type EveryLayer} from '../support/every-layer.js';
import {setMask} from '../support/masks.js';
import {artifactsOf, distance, predict} from '../support/tensors.js';

const OURS = /prun/i;

/** What is handed back as a plain model, out of one that may be wrapped. */
const SHIPPED: Record<string, (model: tf.LayersModel) => tf.LayersModel | Promise<tf.LayersModel>> = {
  stripped: stripPruning,
  'shrunk, then stripped': async model => stripPruning(await shrink(model)),
  'stripped, then shrunk': model => shrink(stripPruning(model)),
};

/** The model of a row, pruned where it can be: the first output of each gate, and some of the other weights. */
function pruned(row: EveryLayer): tf.LayersModel {
  const plain = modelOf(row);
  if (!listPrunable(plain).some(({status}) => status === 'prunable')) return plain;
  const wrapped = prunable(plain);
  for (const weight of prunableLayers(wrapped).flatMap(({layer}) => layer.maskedWeights)) {
    const {shape, outputAxes, gates} = weight.layout;
    const axis = outputAxes.at(-1)!;
    const behind = tf.util.sizeFromShape(shape.slice(axis + 1));
    const outputOf = (index: number) => Math.floor(index / behind) % (shape[axis]! / gates);
    setMask(weight, index => (outputOf(index) === 0 || index % 5 === 3 ? 0 : 1));
  }
  return wrapped;
}

const listed = (tensors: tf.Tensor[]) => tensors.map(tensor => ({shape: tensor.shape, values: [...tensor.dataSync()]}));

/** Writes a model with an input and what it makes of it, for `load-without-us.cjs`. */
async function write(folder: string, name: string, model: tf.LayersModel, inputs: tf.Tensor[]): Promise<void> {
  const {weightData, ...artifacts} = await artifactsOf(model);
  const weights = Buffer.from(weightData as ArrayBuffer).toString('base64');
  const example = {inputs: listed(inputs), outputs: listed(predict(model, inputs))};
  writeFileSync(join(folder, `${name}.json`), JSON.stringify({name, artifacts, weights, ...example}));
}

describe('every layer of tf.js with every option away from its default', () => {
  let found: Record<string, number | string>;
  const sizes = new Map<string, number>();
  const topologies = new Map<string, string>();

  beforeAll(async () => {
    if (tf.getBackend() === 'tensorflow') await tf.setBackend('cpu'); // it can't run all that other backends can
    jest.spyOn(console, 'warn').mockReturnValue(undefined); // tf.js says that it ignores `unroll`
    const folder = mkdtempSync(join(tmpdir(), 'shipped-'));
    try {
      for (const row of EVERY_LAYER) {
        const [model, inputs] = [pruned(row), inputOf(row)];
        const expected = predict(model, inputs);
        for (const [form, ship] of Object.entries(SHIPPED)) {
          const name = `${row.name}, ${form}`;
          const shipped = await ship(model);
          await write(folder, name, shipped, inputs);
          if (shipped.stateful) shipped.resetStates();
          expect([name, distance(predict(shipped, inputs), expected)]).toEqual([name, expect.closeTo(0, 4)]);
          sizes.set(name, shipped.countParams());
          topologies.set(name, JSON.stringify(shipped.toJSON(null, false)));
        }
      }
      const script = join(__dirname, '../support/load-without-us.cjs');
      const output = execFileSync(process.execPath, [script, folder], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      found = JSON.parse(output.trim().split('\n').at(-1)!) as Record<string, number | string>;
    } finally {
      rmSync(folder, {recursive: true});
    }
  });

  test.each(EVERY_LAYER)(
    '$name: what is shipped holds nothing of ours, and computes the same where we were never heard of',
    async ({name: row}) => {
      for (const form of Object.keys(SHIPPED)) {
        const name = `${row}, ${form}`;
        const modelTopology = JSON.parse(topologies.get(name)!) as object;
        expect(topologies.get(name)).not.toMatch(OURS);
        expect([form, found[name]]).toEqual([form, expect.closeTo(0, 4)]);
        const clone = await tf.models.modelFromJSON({modelTopology} as never);
        expect(clone.countParams()).toBe(sizes.get(name));
      }
    },
  );

  test.each(['Dense', 'Conv2D', 'SeparableConv2D', 'TimeDistributed'])('%s was shrunk', name => {
    expect(sizes.get(`${name}, stripped, then shrunk`)).toBeLessThan(sizes.get(`${name}, stripped`)!);
  });

  test('the table leaves out no layer that tf.js can run in a model', () => {
    const {classNameMap} = tf.serialization.SerializationMap.getMap();
    const layers = Object.entries(classNameMap).filter(([, [cls]]) => cls.prototype instanceof tf.layers.Layer);
    const isThere = (name: string) => [...topologies.values()].some(json => json.includes(`"class_name":"${name}"`));
    const missing = layers.map(([name]) => name).filter(name => !isThere(name) && !OURS.test(name));
    // Models by another name; a cell of 5 dimensions; a wrapper
    const other = ['Functional', 'ConvLSTM2DCell', 'GatedLayer'];
    expect(missing.sort()).toEqual([...Object.keys(NEVER_RUN), ...other].sort());
  });
});

test.each(Object.entries(NEVER_RUN))('%s, which tf.js can not run, is written as it was', (_, make) => {
  const input = tf.input({shape: [6, 5, 2]});
  const model = tf.model({inputs: input, outputs: make().apply(input) as tf.SymbolicTensor});
  expect(stripPruning(model).layers[1]!.getConfig()).toEqual(model.layers[1]!.getConfig());
});

test('what is pruned is 0, not -0, which compresses worse', () => {
  const kernelInitializer = tf.initializers.constant({value: -1});
  const model = prunable(tf.sequential({layers: [tf.layers.dense({units: 2, inputShape: [2], kernelInitializer})]}));
  const [weight] = prunableLayers(model).flatMap(({layer}) => layer.maskedWeights);
  setMask(weight!, i => i % 2);
  const kernel = () => [...stripPruning(model).getWeights()[0]!.dataSync()];
  expect(kernel()).toEqual([0, -1, 0, -1]); // toEqual tells 0 from -0
  weight!.project();
  expect([...weight!.kernel.read().dataSync()]).toEqual([-0, -1, -0, -1]);
  expect(kernel()).toEqual([0, -1, 0, -1]);
});

describe('regularizers', () => {
  class Mine extends RegularizerBase {
    static className = 'MyOwnRegularizer';
    apply = (weight: tf.Tensor) => tf.sum<tf.Scalar>(weight);
    getConfig = () => ({factor: 3});
  }
  tf.serialization.registerClass(Mine as never);

  const dense = (kernelRegularizer: Regularizer) => tf.layers.dense({units: 2, inputShape: [3], kernelRegularizer});
  const written = (layer: tf.layers.Layer) =>
    stripPruning(tf.sequential({layers: [layer]})).layers[0]!.getConfig()['kernelRegularizer'];

  test.each([
    ['l1', regularizers.l1({strength: 0.3}), {l1: 0.3, l2: 0}],
    ['l2', regularizers.l2({strength: 0.4}), {l1: 0, l2: 0.4}],
    ['elasticNet', regularizers.elasticNet({l1: 0.1, l2: 0.2}), {l1: 0.1, l2: 0.2}],
  ])('%s becomes that of tf.js, of the same strength', (_, regularizer, config) => {
    expect(written(dense(regularizer))).toEqual({className: 'L1L2', config});
  });

  test('what does nothing but in training goes, one of a user stays', () => {
    expect(written(dense(regularizers.groupLasso({strength: 0.1})))).toBeNull();
    expect(written(dense(new Mine()))).toEqual({className: 'MyOwnRegularizer', config: {factor: 3}});
  });

  test('stay in a model that is still wrapped, which goes on training', async () => {
    const model = prunable(tf.sequential({layers: [dense(regularizers.l1({strength: 0.1}))]}));
    expect(JSON.stringify((await shrink(model)).toJSON())).toContain('TfjsPruningPenalty');
  });
});

describe('constraints', () => {
  const {constant} = tf.initializers;
  const model = (value: number) => {
    const options = {kernelConstraint: tf.constraints.nonNeg(), kernelInitializer: constant({value})};
    const layer = tf.layers.bidirectional({layer: tf.layers.lstm({units: 2, ...options}), mergeMode: 'sum'});
    return tf.sequential({layers: [tf.layers.dense({units: 2, inputShape: [3, 2], ...options}), layer]});
  };
  const written = (shipped: tf.LayersModel) => JSON.stringify(shipped.toJSON(null, false)).split('NonNeg').length - 1;

  test('that the weights meet are saved; others, which would change weights that are loaded, are not', async () => {
    expect(written(stripPruning(model(0.5)))).toBe(2);
    expect(written(stripPruning(model(-0.5)))).toBe(0);
    expect(written(await shrink(model(-0.5)))).toBe(0);
    expect(written(prunable(model(-0.5)))).toBe(2);
  });

  test('are met where only the last bits differ', () => {
    const options = {kernelConstraint: tf.constraints.unitNorm({axis: 0}), kernelInitializer: 'ones' as const};
    const plain = tf.sequential({layers: [tf.layers.dense({units: 2, inputShape: [1], ...options})]});
    const kernel = plain.getWeights()[0]!;
    expect(options.kernelConstraint.apply(kernel).dataSync()[0]).not.toBe(1); // it divides by 1 and a little
    expect(JSON.stringify(stripPruning(plain).toJSON(null, false))).toContain('UnitNorm');
  });

  test('of a bidirectional layer go where one of its two does not meet them', () => {
    const both = model(0.5);
    const [layer] = both.layers.slice(-1) as [tf.layers.Layer & {backwardLayer: tf.layers.Layer}];
    const {backwardLayer} = layer;
    const [kernel] = backwardLayer.weights.slice(0, 1);
    assign(kernel!, tf.neg(kernel!.read()));
    expect(written(stripPruning(both))).toBe(1);
  });
});
