import * as tf from '@tensorflow/tfjs';
import {prunable} from 'tfjs-pruning';
import {formatModelCost} from '../../src/report/format-model-cost.js';
import {modelCost} from '../../src/report/model-cost.js';
import {maskEvery} from '../support/masks.js';
import {expectNoLeak} from '../support/tensors.js';

const dense = (units: number, more = {}) => tf.layers.dense({units, ...more});

function lenet5(): tf.Sequential {
  return tf.sequential({
    layers: [
      tf.layers.conv2d({name: 'conv1', filters: 20, kernelSize: 5, inputShape: [28, 28, 1], activation: 'relu'}),
      tf.layers.maxPooling2d({name: 'pool1', poolSize: 2}),
      tf.layers.conv2d({name: 'conv2', filters: 50, kernelSize: 5, activation: 'relu'}),
      tf.layers.maxPooling2d({name: 'pool2', poolSize: 2}),
      tf.layers.flatten({name: 'flatten'}),
      dense(500, {name: 'fc1', activation: 'relu'}),
      dense(10, {name: 'fc2'}),
    ],
  });
}

/** `x -> a -> b -> b1`, `a -> c -> c1`, both joined. tf.js computes `c` and `c1` first; `a` has to wait for `b`. */
function branches(layer = dense): tf.LayersModel {
  const x = tf.input({shape: [3]});
  const a = layer(100, {name: 'a'}).apply(x);
  const b = layer(7, {name: 'b1'}).apply(layer(60, {name: 'b'}).apply(a)) as tf.SymbolicTensor;
  const c = layer(30, {name: 'c1'}).apply(layer(80, {name: 'c'}).apply(a)) as tf.SymbolicTensor;
  return tf.model({inputs: x, outputs: tf.layers.concatenate({name: 'join'}).apply([b, c]) as tf.SymbolicTensor});
}

test('counts LeNet-5 as it is done by hand', () => {
  const {layers, total} = modelCost(lenet5());
  expect(layers.map(row => [row.layer, row.parameters, row.multiplyAdds, row.activations])).toEqual([
    ['conv1', 520, 288_000, 24 * 24 * 20],
    ['pool1', 0, 0, 12 * 12 * 20],
    ['conv2', 25_050, 1_600_000, 8 * 8 * 50],
    ['pool2', 0, 0, 4 * 4 * 50],
    ['flatten', 0, 0, 800],
    ['fc1', 400_500, 400_000, 500],
    ['fc2', 5_010, 5_000, 10],
  ]);
  const activations = 11_520 + 2_880 + 3_200 + 800 + 800 + 500 + 10;
  expect(total).toEqual({
    parameters: 431_080,
    multiplyAdds: 2_293_000,
    activations,
    parameterBytes: 1_724_320,
    activationBytes: 4 * activations,
    peakActivationBytes: 4 * (28 * 28 + 11_520 + 2_880), // pool1 reads what conv1 returned
  });
});

test('a wrapped model costs what the plain one does, however sparse: tf.js computes with the zeros', () => {
  const [plain, wrapped] = [lenet5(), prunable(lenet5())];
  maskEvery(2, wrapped.layers);
  expect(modelCost(wrapped).total).toEqual(modelCost(plain).total);
  expect(modelCost(wrapped).layers[0]!.className).toBe('PrunableConv2D');
});

test('counts parameters of a shared layer once, and what it does at each use', () => {
  const block = tf.sequential({name: 'block', layers: [dense(4, {inputShape: [4], name: 'inner', useBias: false})]});
  const shared = dense(4, {name: 'shared', useBias: false});
  const x = tf.input({shape: [4]});
  const y = block.apply(block.apply(shared.apply(shared.apply(shared.apply(x))))) as tf.SymbolicTensor;
  const {layers, total} = modelCost(tf.model({inputs: x, outputs: y}));
  expect(layers).toEqual([
    {layer: 'shared', className: 'Dense', parameters: 16, multiplyAdds: 48, activations: 12},
    {layer: 'block/inner', className: 'Dense', parameters: 16, multiplyAdds: 32, activations: 8},
  ]);
  expect(total).toMatchObject({parameters: 32, multiplyAdds: 80, activations: 20});
});

test('counts a layer once that is in the model and in a nested one', () => {
  const shared = dense(4, {name: 'shared', inputShape: [4]});
  const block = tf.sequential({name: 'block', layers: [shared]});
  const x = tf.input({shape: [4]});
  const model = tf.model({inputs: x, outputs: block.apply(shared.apply(x)) as tf.SymbolicTensor});
  expect(modelCost(model).layers).toEqual([
    {layer: 'shared', className: 'Dense', parameters: 20, multiplyAdds: 32, activations: 8},
  ]);
});

test('a frozen layer has parameters as well, and a size that is not known is none', () => {
  const frozen = dense(3, {inputShape: [2], trainable: false});
  expect(modelCost(tf.sequential({layers: [frozen]})).total.parameters).toBe(9);
  const anyLength = tf.layers.conv1d({filters: 3, kernelSize: 2, inputShape: [null, 4] as never});
  expect(modelCost(tf.sequential({layers: [anyLength]})).total).toEqual({
    parameters: 27,
    multiplyAdds: NaN,
    activations: NaN,
    parameterBytes: 108,
    activationBytes: NaN,
    peakActivationBytes: NaN,
  });
});

/**
 * What a pass of a model really has in memory at once besides its weights, for each of the examples: watched where the
 * engine notes which data there are. `tf.profile` counts data twice that two tensors share.
 */
function measuredPeak(model: tf.LayersModel, batch: number): number {
  const noted = tf.engine().state.tensorInfo as WeakMap<object, {bytes: number}>;
  const bytes = new Map<object, number>();
  let peak = 0;
  const [set, remove] = [noted.set.bind(noted), noted.delete.bind(noted)];
  const spies = [
    jest.spyOn(noted, 'set').mockImplementation((data, info) => {
      bytes.set(data, info.bytes);
      peak = Math.max(
        peak,
        [...bytes.values()].reduce((a, b) => a + b),
      );
      return set(data, info);
    }),
    jest.spyOn(noted, 'delete').mockImplementation(data => bytes.delete(data) && remove(data)),
  ];
  tf.tidy(
    () =>
      void model.call(
        model.inputs.map(({shape}) => tf.ones([batch, ...(shape.slice(1) as number[])])),
        {},
      ),
  );
  spies.forEach(spy => spy.mockRestore());
  return peak / batch;
}

describe('at once in memory is what tf.js has there', () => {
  // Some backends add a bias, and apply an activation, to a second piece of memory.
  const bare = (units: number, more = {}) => dense(units, {useBias: false, ...more});
  const chain = () =>
    tf.sequential({
      layers: [
        tf.layers.conv2d({filters: 20, kernelSize: 5, useBias: false, inputShape: [28, 28, 1]}),
        tf.layers.maxPooling2d({poolSize: 2}),
        tf.layers.flatten(),
        bare(10),
      ],
    });
  const nested = () => {
    const inner = tf.sequential({layers: [bare(50, {inputShape: [8]}), bare(40), bare(6)]});
    return tf.sequential({layers: [bare(8, {inputShape: [3]}), inner, bare(2)]});
  };
  const passingOn = () =>
    tf.sequential({
      layers: [
        bare(100, {inputShape: [3]}),
        tf.layers.dropout({rate: 0.5}),
        tf.layers.reshape({targetShape: [10, 10]}),
        tf.layers.activation({activation: 'linear'}),
        tf.layers.flatten(),
        bare(90),
      ],
    });
  const twoOutputs = () => {
    const x = tf.input({shape: [3]});
    const wide = bare(50).apply(x) as tf.SymbolicTensor;
    const narrow = bare(20).apply(bare(70).apply(bare(30).apply(wide))) as tf.SymbolicTensor;
    return tf.model({inputs: x, outputs: [wide, narrow]});
  };

  test.each<[string, () => tf.LayersModel, number]>([
    ['a chain', chain, 784 + 11_520 + 2_880],
    ['branches', () => branches(bare), 3 + 100 + 80 + 30],
    ['a nested model', nested, 3 + 8 + 50 + 40],
    ['layers that hand their input on', passingOn, 3 + 100 + 90],
    ['outputs that stay', twoOutputs, 3 + 50 + 30 + 70],
  ])('of %s', (_, build, values) => {
    const model = build();
    const predicted = modelCost(model).total.peakActivationBytes;
    expect(predicted).toBe(4 * values);
    // tfjs-node copies kernels where it reshapes them.
    if (tf.getBackend() !== 'tensorflow') expect(measuredPeak(model, 3)).toBe(predicted);
  });
});

test('is a table in the terminal', () => {
  expect(formatModelCost(modelCost(branches())).split('\n')).toEqual([
    'layer  class        parameters  mult-adds  activations',
    '-----  -----------  ----------  ---------  -----------',
    'a      Dense               400        300          100',
    'b      Dense             6,060      6,000           60',
    'c      Dense             8,080      8,000           80',
    'b1     Dense               427        420            7',
    'c1     Dense             2,430      2,400           30',
    'join   Concatenate           0          0           37',
    '-----  -----------  ----------  ---------  -----------',
    'total                   17,397     17,120          314',
    '',
    'memory                          bytes',
    '-----------------------------  ------',
    'parameters                     69,588',
    'activations per example, all    1,256',
    'activations per example, peak     852',
  ]);
});

test('changes and leaks nothing; refuses what is no model, and one without layers', async () => {
  const model = branches();
  await expectNoLeak(() => void modelCost(model));
  expect(() => modelCost({} as never)).toThrow(/modelCost expects a tf.Sequential or tf.LayersModel/);
  expect(() => modelCost(tf.sequential({name: 'empty'}))).toThrow(
    'modelCost expects a model with layers, but "empty" has none',
  );
  expect(() => formatModelCost({layers: []} as never)).toThrow(
    /expects what modelCost\(model\) returns, got an Object/,
  );
  model.dispose();
  expect(() => modelCost(model)).toThrow(/was disposed/);
});
