import * as tf from '@tensorflow/tfjs';
import {compile, formatRuntimeReport} from 'tfjs-pruning/runtime';
import {MemoryPlace} from '../support/memory-place.js';
import {withRandomWeights} from '../support/random-weights.js';
import {randomInputs} from '../support/surgery-oracle.js';
import {expectClose, predicted, thinOut} from './against-predict.js';
import {ownDot, ownNormalization} from './unknown-layers.js';

const {layers} = tf;
type Tensor = tf.SymbolicTensor;

/** A layer of one's own: the square of each number, and twice the number beside it. */
class SquareAndDouble extends tf.layers.Layer {
  static className = 'SquareAndDouble';

  override computeOutputShape(shape: tf.Shape): tf.Shape[] {
    return [shape, shape];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor[] {
    const [x] = [inputs].flat() as [tf.Tensor];
    return [tf.square(x), tf.mul(x, 2)];
  }
}
tf.serialization.registerClass(SquareAndDouble);

/** A layer of one's own with a weight, which gives what it took, turned around. */
class TurnedAround extends tf.layers.Layer {
  static className = 'TurnedAround';
  scale: tf.LayerVariable | undefined;

  override build(): void {
    this.scale = this.addWeight('scale', [1], 'float32', tf.initializers.ones());
    this.built = true;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => tf.mul(tf.reverse([inputs].flat()[0]!, 1), this.scale!.read()));
  }
}
tf.serialization.registerClass(TurnedAround);

const conv = (filters = 4) => layers.conv2d({filters, kernelSize: 3, padding: 'same', activation: 'relu'});
const image = [5, 4, 3];

function graphOf(make: (input: Tensor) => Tensor | Tensor[], shape: readonly number[] = image): tf.LayersModel {
  const inputs = tf.input({shape: [...shape]});
  const model = withRandomWeights(tf.model({inputs, outputs: make(inputs)}), 1);
  thinOut(model, 0.5);
  return model;
}

const through = (x: Tensor, ...chain: tf.layers.Layer[]) => chain.reduce((at, layer) => layer.apply(at) as Tensor, x);

const NETS: [string, () => tf.LayersModel][] = [
  ['between two convolutions', () => graphOf(x => through(x, conv(), ownNormalization(), conv()))],
  ['at the beginning', () => graphOf(x => through(x, ownNormalization(), conv()))],
  ['at the end', () => graphOf(x => through(x, conv(), ownNormalization()))],
  ['alone', () => graphOf(x => through(x, ownNormalization()))],
  [
    'one after the other',
    () => graphOf(x => through(x, conv(), new TurnedAround(), ownNormalization({axis: 2}), conv())),
  ],
  [
    'in a branch',
    () =>
      graphOf(x => {
        const start = through(x, conv());
        return through(layers.add().apply([through(start, ownNormalization()), start]) as Tensor, conv());
      }),
  ],
  [
    'shared, within a shared model',
    () =>
      graphOf(x => {
        const inner = tf.sequential({layers: [ownNormalization({inputShape: [5, 4, 4]}), conv(4)]});
        return through(x, conv(4), inner, layers.reLU(), inner);
      }),
  ],
  [
    'of several outputs',
    () =>
      graphOf(x => {
        const [square, double] = new SquareAndDouble().apply(through(x, conv())) as [Tensor, Tensor];
        return [through(square, conv(2)), double];
      }),
  ],
  [
    'of two inputs',
    () => {
      const [a, b] = [tf.input({shape: [6, 3]}), tf.input({shape: [6, 5]})];
      const dot = ownDot({axes: [1, 1]}).apply([through(a, layers.dense({units: 4})), b]) as Tensor;
      return withRandomWeights(tf.model({inputs: [a, b], outputs: through(dot, layers.dense({units: 2}))}), 1);
    },
  ],
  [
    'of four axes, among those that are known',
    () =>
      graphOf(
        x => {
          const volume = through(
            x,
            layers.reshape({targetShape: [4, 4, 4, 2]}),
            layers.activation({activation: 'tanh'}),
          );
          const convolved = through(volume, layers.conv3d({filters: 3, kernelSize: 3, activation: 'relu'}));
          return [through(convolved, layers.flatten(), layers.dense({units: 3})), convolved];
        },
        [8, 16],
      ),
  ],
  [
    'of an image of four axes',
    () => graphOf(x => through(x, layers.conv3d({filters: 2, kernelSize: 2}), layers.flatten()), [3, 4, 5, 2]),
  ],
  [
    'of a known kind, with an option that is not',
    () => graphOf(x => through(x, conv(), layers.upSampling2d({size: [2, 2], interpolation: 'bilinear'}), conv())),
  ],
  [
    'that holds another one',
    () => graphOf(x => through(x, layers.timeDistributed({layer: layers.conv1d({filters: 3, kernelSize: 2})}), conv())),
  ],
];

describe.each(NETS)('a layer that tf.js runs, %s,', (_, make) => {
  test.each([1, 3])('computes what predict does, of batch %d', async batch => {
    const model = make();
    const inputs = randomInputs(model, batch);
    const expected = predicted(model, inputs);
    const fast = await compile(model, {batch, tf});
    expect(fast.report().rows.some(({kernel}) => kernel === 'tf.js')).toBe(true);
    const before = tf.memory().numTensors;
    const numbers = inputs.map(input => input.dataSync<'float32'>());
    for (let run = 0; run < 2; run++) expectClose([fast.run(numbers)].flat(), expected, 1e-5);
    const outputs = [await fast.predict(inputs)].flat();
    expectClose(outputs.map(output => output.dataSync<'float32'>()), expected, 1e-5); // prettier-ignore
    tf.dispose(outputs);
    expect(tf.memory().numTensors).toBe(before);
    fast.dispose();
  });
});

const normalized = () => graphOf(x => through(x, conv(), ownNormalization({name: 'norm'}), conv()));

test('predict takes any number of examples, one call after the other, however they are asked for', async () => {
  const model = normalized();
  const fast = await compile(model, {batch: 2, tf});
  const inputs = [1, 2, 3].map(seed => tf.randomNormal([5, ...image], 0, 1, 'float32', seed));
  const outputs = (await Promise.all(inputs.map(x => fast.predict(x)))) as tf.Tensor[];
  outputs.forEach((output, i) => {
    expect(output.shape).toEqual([5, 5, 4, 4]);
    expectClose([output.dataSync<'float32'>()], predicted(model, [inputs[i]!]), 1e-5);
  });
});

test('run is refused while predict computes, and works again behind it, also if that failed', async () => {
  const fast = await compile(normalized(), {tf});
  const pixels = new Float32Array(60);
  const predicting = fast.predict(tf.zeros([1, ...image]));
  let refused: unknown;
  for (let i = 0; i < 100 && !refused; i++) {
    await Promise.resolve();
    try {
      fast.run(pixels);
    } catch (error) {
      refused = error;
    }
  }
  expect(String(refused)).toMatch('that computes nothing; await its `predict` before the next `run`');
  await predicting;
  expect([fast.run(pixels)].flat().length).toBe(1);
});

test('a hundred runs leave no tensor behind', async () => {
  const fast = await compile(normalized(), {tf});
  const x = tf.zeros([1, ...image]);
  const pixels = new Float32Array(60);
  fast.run(pixels);
  const {numTensors} = tf.memory();
  for (let i = 0; i < 100; i++) fast.run(pixels);
  for (let i = 0; i < 100; i++) tf.dispose(await fast.predict(x));
  expect(tf.memory().numTensors).toBe(numTensors);
});

test('of a file, tf.js loads the layers, and disposing frees them', async () => {
  const model = graphOf(x => through(x, conv(), new TurnedAround(), ownNormalization(), conv()));
  const place = new MemoryPlace();
  await model.save(place);
  const before = tf.memory().numTensors;
  const fast = await compile(place, {tf});
  const x = tf.randomNormal([1, ...image], 0, 1, 'float32', 1);
  const expected = predicted(model, [x]);
  model.dispose();
  expectClose([fast.run(x.dataSync<'float32'>())], expected, 1e-5);
  fast.dispose();
  fast.dispose();
  x.dispose();
  expect(tf.memory().numTensors).toBeLessThan(before);
});

test('layers of a model in memory are its own: what they learn is seen, and disposing leaves them alone', async () => {
  const model = graphOf(x => through(x, new TurnedAround({name: 'turned'})), [3]);
  const fast = await compile(model, {tf});
  expect([...fast.run(Float32Array.of(1, 2, 3))]).toHaveLength(3);
  model.getLayer('turned').setWeights([tf.tensor1d([2])]);
  expect([...fast.run(Float32Array.of(1, 2, 3))]).toEqual([6, 4, 2]);
  fast.dispose();
  expect(predicted(model, [tf.tensor2d([[1, 2, 3]])])).toEqual([Float32Array.of(6, 4, 2)]);
});

test('a layer whose output has another shape than it says is refused, and the next run works', async () => {
  class Wrong extends tf.layers.Layer {
    static className = 'Wrong';
    isWrong = true;
    override call(inputs: tf.Tensor[]): tf.Tensor {
      return this.isWrong ? tf.sum(inputs[0]!, 1) : tf.neg(inputs[0]!);
    }
  }
  const layer = new Wrong({name: 'wrong', inputShape: [3]});
  const fast = await compile(tf.sequential({layers: [layer]}), {tf});
  const {numTensors} = tf.memory();
  const x = Float32Array.of(1, 2, 3);
  expect(() => fast.run(x)).toThrow('"wrong" to make [1,3], as its computeOutputShape says, got [1]');
  const tensor = tf.tensor2d([[1, 2, 3]]);
  await expect(fast.predict(tensor)).rejects.toThrow('computeOutputShape says');
  layer.isWrong = false;
  expect([...fast.run(x)]).toEqual([-1, -2, -3]);
  tensor.dispose();
  expect(tf.memory().numTensors).toBe(numTensors);
});

test('a layer that runs the model that it is in is refused', async () => {
  let again: (() => unknown) | undefined;
  class Again extends tf.layers.Layer {
    static className = 'Again';
    override call(inputs: tf.Tensor[]): tf.Tensor {
      again!();
      return tf.neg(inputs[0]!);
    }
  }
  const fast = await compile(tf.sequential({layers: [new Again({inputShape: [3]})]}), {tf});
  again = () => fast.run(new Float32Array(3));
  expect(() => fast.run(new Float32Array(3))).toThrow('Expected a compiled model that computes nothing');
  again = () => undefined;
  expect([...fast.run(Float32Array.of(1, 2, 3))]).toEqual([-1, -2, -3]);
});

test('without all of tf.js, what is missing is named', async () => {
  const place = new MemoryPlace();
  await normalized().save(place);
  await expect(compile(normalized())).rejects.toThrow(
    'kinds: "norm" (OwnNormalization); give it tf.js, which runs what is unknown: `compile(model, {tf})`',
  );
  const core = {tensor: tf.tensor.bind(tf)};
  await expect(compile(place, {tf: core})).rejects.toThrow('Expected `tf` to be an object with tensor() and tidy()');
  const tidying = {...core, tidy: tf.tidy.bind(tf)};
  await expect(compile(place, {tf: tidying})).rejects.toThrow('Expected `tf` to be an object with loadLayersModel()');
  await expect(compile(normalized(), {tf: core})).rejects.toThrow(
    'Expected `tf` to be an object with tensor() and tidy()',
  );
});

test('the report says what tf.js runs, and how long it takes', async () => {
  const fast = await compile(normalized(), {tf});
  const {rows} = fast.report({measure: true});
  const row = rows.find(({kernel}) => kernel === 'tf.js')!;
  expect(row.layer).toBe('norm');
  expect(row.microseconds).toBeGreaterThan(0);
  expect(formatRuntimeReport(fast.report())).toMatch(/norm +tf\.js/);
});
