import * as tf from '@tensorflow/tfjs';
import {formatChannelPlan, modelCost, planChannelPruning, shrink} from 'tfjs-pruning';
import {withRandomWeights} from '../../support/random-weights.js';

const conv = (filters: number, more = {}) => tf.layers.conv2d({filters, kernelSize: 3, padding: 'same', ...more});

/** A net of convolutions, for images of any size unless one is given. */
function fullyConvolutional(size: number | null = null, more: tf.layers.Layer[] = []): tf.Sequential {
  const layers: tf.layers.Layer[] = [
    conv(16, {name: 'a', inputShape: [size, size, 3]}),
    conv(16, {name: 'b', strides: 2}),
    tf.layers.upSampling2d({name: 'up', size: [2, 2]}),
    conv(3, {name: 'c'}),
    ...more,
  ];
  return withRandomWeights(tf.sequential({layers}));
}

const headed = (size: number | null) =>
  fullyConvolutional(size, [tf.layers.globalAveragePooling2d({}), tf.layers.dense({units: 500, name: 'head'})]);

test('where all multiply-adds grow alike, a plan is the same as at any size', async () => {
  const plan = await planChannelPruning(fullyConvolutional(), {multiplyAdds: 0.5});
  const at = await planChannelPruning(fullyConvolutional(32), {multiplyAdds: 0.5});
  expect(plan.remove).toEqual(at.remove);
  expect(plan.before.multiplyAdds).toBeNull();
  expect(plan.after.multiplyAdds).toBeNull();
  expect(plan.multiplyAddsLeft).toBeCloseTo(at.after.multiplyAdds! / at.before.multiplyAdds!, 12);
  const percent = (100 * plan.multiplyAddsLeft!).toFixed(1);
  expect(formatChannelPlan(plan)).toContain(`multiply-adds: ${percent}% left, at any size of the inputs`);
  expect(formatChannelPlan(JSON.parse(JSON.stringify(plan)) as typeof plan)).toBe(formatChannelPlan(plan));
});

test('where they do not, a plan says what to do, and inputShapes give the plan of that size', async () => {
  const open = headed(null);
  await expect(planChannelPruning(open, {multiplyAdds: 0.5})).rejects.toThrow(
    'Expected a model whose multiply-adds are known, but the size of an input is not fixed, and they do not all grow ' +
      'in proportion to it; give `inputShapes`, such as [[224, 224, 3]], or another target',
  );
  for (const size of [4, 32]) {
    const plan = await planChannelPruning(open, {multiplyAdds: 0.7, inputShapes: [[size, size, 3]]});
    const fixed = await planChannelPruning(headed(size), {multiplyAdds: 0.7});
    expect(plan).toEqual({...fixed, inputShapes: [[size, size, 3]]});
    expect(formatChannelPlan(plan)).toContain(`multiply-adds at ${size}x${size}x3: `);
  }
  await expect(planChannelPruning(open, {sparsity: 0.5, inputShapes: [[4, 4]]})).rejects.toThrow(
    /^Expected `inputShapes` to hold sizes for the inputs of .* \[\[any,any,3\]\] without the batch, got \[\[4,4\]\]/,
  );
  expect((await planChannelPruning(open, {sparsity: 0.5})).multiplyAddsLeft).toBeUndefined();
});

test('the edges that a convolution loses without padding hang on the size', async () => {
  const model = tf.sequential({layers: [conv(8, {inputShape: [null, null, 3]}), conv(4, {padding: 'valid'}), conv(2)]});
  await expect(planChannelPruning(model, {multiplyAdds: 0.5})).rejects.toThrow(/inputShapes/);
});

test('sequences of any length', async () => {
  const tagger = (steps: number | null) =>
    withRandomWeights(
      tf.sequential({
        layers: [
          tf.layers.bidirectional({
            layer: tf.layers.lstm({units: 6, returnSequences: true, recurrentInitializer: 'zeros'}),
            mergeMode: 'concat',
            inputShape: [steps, 5],
          }),
          tf.layers.timeDistributed({layer: tf.layers.dense({units: 8, name: 'each'})}),
          tf.layers.conv1d({filters: 7, kernelSize: 3, padding: 'same'}),
          tf.layers.dense({units: 3}),
        ],
      }),
    );
  const {multiplyAddsLeft} = await planChannelPruning(tagger(null), {multiplyAdds: 0.4});
  const {before, after} = await planChannelPruning(tagger(7), {multiplyAdds: 0.4});
  expect(multiplyAddsLeft).toBeCloseTo(after.multiplyAdds! / before.multiplyAdds!, 12);
});

test('two inputs whose sizes are open apart from each other', async () => {
  const [image, line] = [tf.input({shape: [null, null, 2]}), tf.input({shape: [null, 2]})];
  const a = tf.layers.globalMaxPooling2d({}).apply(conv(4).apply(image)) as tf.SymbolicTensor;
  const b = tf.layers
    .globalMaxPooling1d({})
    .apply(tf.layers.conv1d({filters: 4, kernelSize: 3, padding: 'same'}).apply(line)) as tf.SymbolicTensor;
  const model = tf.model({inputs: [image, line], outputs: tf.layers.add().apply([a, b]) as tf.SymbolicTensor});
  await expect(planChannelPruning(model, {multiplyAdds: 0.5})).rejects.toThrow(/grow in proportion to it/);
});

test('latency is measured at the sizes that are given', async () => {
  const model = fullyConvolutional();
  await expect(planChannelPruning(model, {latency: 0.9})).rejects.toThrow(/`inputShapes` to hold sizes/);
  const plan = await planChannelPruning(model, {latency: 0.99, inputShapes: [[4, 4, 3]]});
  expect((await shrink(model, plan)).predict(tf.zeros([1, 4, 4, 3]))).toBeDefined();
});

test('modelCost: at given sizes as of a model that has them, nested and shared layers too', () => {
  const build = (size: number | null) => {
    const block = tf.sequential({name: 'block', layers: [conv(4, {name: 'x', inputShape: [size, size, 4]}), conv(4)]});
    const input = tf.input({shape: [size, size, 4]});
    const once = block.apply(input) as tf.SymbolicTensor;
    const half = tf.layers.maxPooling2d({poolSize: 2}).apply(once) as tf.SymbolicTensor;
    // The block again is at half the size
    const outputs = tf.layers
      .globalAveragePooling2d({})
      .apply(tf.layers.add().apply([block.apply(half) as tf.SymbolicTensor, half]));
    return tf.model({name: 'm', inputs: input, outputs: outputs as tf.SymbolicTensor});
  };
  const {total, layers} = modelCost(build(null), {inputShapes: [[8, 8, 4]]});
  // Two convolutions of 3x3x4x4, at 8x8 and at 4x4 pixels
  expect(total.multiplyAdds).toBe(2 * 144 * (64 + 16));
  expect(total.activations).toBe(2 * 4 * (64 + 16) + 4 * 16 + 4 * 16 + 4);
  expect(layers.find(({layer}) => layer === 'block/x')!.multiplyAdds).toBe(144 * (64 + 16));
  expect(modelCost(fullyConvolutional(), {inputShapes: [[8, 8, 3]]})).toEqual(modelCost(fullyConvolutional(8)));
  expect(modelCost(build(null)).total.multiplyAdds).toBeNaN();
  expect(() => modelCost(build(null), {inputShapes: [[8, 8, 3]]})).toThrow(
    /which are \[\[any,any,4\]\] without the batch/,
  );
  expect(() => modelCost(build(null), {inputShape: [[8, 8, 4]]} as never)).toThrow(/inputShape/);
});
