import * as tf from '@tensorflow/tfjs';
import {compile} from 'tfjs-pruning/runtime';
import {MemoryPlace} from '../support/memory-place.js';
import {withRandomWeights} from '../support/random-weights.js';
import {expectClose, predicted, thinOut} from './against-predict.js';

const {layers} = tf;

/** Takes images of any size. */
function net(...more: tf.layers.Layer[]): tf.LayersModel {
  const model = withRandomWeights(
    tf.sequential({
      layers: [
        layers.conv2d({filters: 4, kernelSize: 3, padding: 'same', inputShape: [null, null, 2], activation: 'relu'}),
        ...more,
        layers.conv2d({filters: 3, kernelSize: 3, strides: 2}),
        layers.globalAveragePooling2d({}),
      ],
    }),
    1,
  );
  thinOut(model, 0.5);
  return model;
}

const imageOf = (...size: number[]) => tf.randomNormal([3, ...size, 2], 0, 1, 'float32', 1);

test('predict takes images of any size, and what it gives does not depend on those that came before', async () => {
  const model = net();
  const fast = await compile(model, {tf, batch: 2});
  expect(fast.inputShapes).toEqual([[null, null, 2]]);
  for (const size of [
    [5, 7],
    [12, 9],
    [5, 7],
    [33, 40],
    [12, 9],
  ]) {
    // prettier-ignore
    const x = imageOf(...size);
    const output = (await fast.predict(x)) as tf.Tensor;
    expectClose([output.dataSync<'float32'>()], predicted(model, [x]), 1e-5);
  }
});

test('a program is made once for each size, those that were used last are kept', async () => {
  const fast = await compile(net(), {keptSizes: 2});
  const [small, wide] = [[[5, 7, 2]], [[5, 9, 2]]];
  const first = await fast.forShapes(small);
  const second = await fast.forShapes(wide);
  expect(second).not.toBe(first);
  expect(await fast.forShapes(small)).toBe(first);
  await fast.forShapes([[6, 6, 2]]); // the wide one goes, which was used before
  expect(await fast.forShapes(small)).toBe(first);
  expect(await fast.forShapes(wide)).not.toBe(second);
  expect(second.run(new Float32Array(90))).toHaveLength(3); // it is still there for whoever has it
  const [one, other] = await Promise.all([fast.forShapes([[8, 8, 2]]), fast.forShapes([[8, 8, 2]])]);
  expect(other).toBe(one);
});

test('run is there for known sizes', async () => {
  const model = net();
  const fast = await compile(model);
  const sized = await fast.forShapes([[6, 5, 2]]);
  expect([sized.inputShapes, sized.outputShapes, await sized.forShapes([[6, 5, 2]])]).toEqual([
    [[6, 5, 2]],
    [[3]],
    sized,
  ]);
  const x = tf.randomNormal([1, 6, 5, 2], 0, 1, 'float32', 1);
  expectClose([sized.run(x.dataSync<'float32'>())], predicted(model, [x]), 1e-5);
  expect(() => fast.run(new Float32Array(60))).toThrow(
    '`run` expects inputs of known sizes, and the model leaves some open, [[null,null,2]]; ' +
      'use `const sized = await fast.forShapes(shapes)`, then `sized.run`',
  );
  expect(() => fast.report()).toThrow('then `sized.report`');
  expect(() => fast.outputShapes).toThrow('then `sized.outputShapes`');
});

test('sizes may be given to compile', async () => {
  const model = net();
  const fast = await compile(model, {inputShapes: [[5, 4, 2]]});
  const x = tf.randomNormal([1, 5, 4, 2], 0, 1, 'float32', 1);
  expectClose([fast.run(x.dataSync<'float32'>())], predicted(model, [x]), 1e-5);
  await expect(fast.forShapes([[5, 5, 2]])).rejects.toThrow(
    'Expected shape [5,4,2] for input 0, without the batch, got [5,5,2]',
  );
});

test('other sizes than the model has are refused', async () => {
  const fast = await compile(net(), {tf});
  const message = 'Expected shape [null,null,2] for input 0, without the batch, got';
  await expect(fast.predict(tf.zeros([1, 5, 5, 3]))).rejects.toThrow(`${message} [5,5,3]`);
  await expect(fast.predict(tf.zeros([1, 5, 2]))).rejects.toThrow(`${message} [5,2]`);
  await expect(fast.forShapes([[0, 5, 2]])).rejects.toThrow(`${message} [0,5,2]`);
  const flat = [5, 5, 2] as unknown as number[][];
  await expect(fast.forShapes(flat)).rejects.toThrow('in a list, as [[224, 224, 3]], got [5,5,2]');
  await expect(fast.forShapes([])).rejects.toThrow('Expected the shapes of 1 inputs, got 0');
  await expect(compile(net(), {inputShapes: [[5, 5, 3]]})).rejects.toThrow(`${message} [5,5,3]`);
  await expect((await compile(net())).predict(tf.zeros([1, 5, 5, 2]))).rejects.toThrow('predict expects tf.js');
});

test('sequences of any length, from a file', async () => {
  const model = withRandomWeights(
    tf.sequential({
      layers: [
        layers.gru({units: 5, inputShape: [null, 3], returnSequences: true, recurrentInitializer: 'zeros'}),
        layers.conv1d({filters: 4, kernelSize: 2}),
        layers.lstm({units: 3, recurrentInitializer: 'zeros'}),
      ],
    }),
    1,
  );
  const place = new MemoryPlace();
  await model.save(place);
  const fast = await compile(place, {tf});
  for (const steps of [4, 9, 2]) {
    const x = tf.randomNormal([2, steps, 3], 0, 1, 'float32', steps);
    const output = (await fast.predict(x)) as tf.Tensor;
    expectClose([output.dataSync<'float32'>()], predicted(model, [x]), 1e-5);
  }
});

test('what is not known is said before any size comes; tf.js runs it, and loads it once', async () => {
  const up = () => layers.upSampling2d({name: 'up', size: [2, 2], interpolation: 'bilinear'});
  await expect(compile(net(up()))).rejects.toThrow('layer "up" (UpSampling2D): its interpolation is bilinear');
  const place = new MemoryPlace();
  const model = net(up());
  await model.save(place);
  const before = tf.memory().numTensors;
  const fast = await compile(place, {tf});
  expect(tf.memory().numTensors).toBe(before);
  const inputs = [imageOf(5, 7), imageOf(4, 4)];
  const outputs: tf.Tensor[] = [];
  for (const x of inputs) outputs.push(...[await fast.predict(x)].flat());
  outputs.forEach((output, i) => {
    expectClose([output.dataSync<'float32'>()], predicted(model, [inputs[i]!]), 1e-5);
  });
  tf.dispose([inputs, outputs]);
  expect(tf.memory().numTensors).toBe(before + model.weights.length);
  fast.dispose();
  await new Promise(resolve => setTimeout(resolve));
  expect(tf.memory().numTensors).toBe(before);
});

test('a model of open sizes that was disposed says so, and so do those of its sizes', async () => {
  const fast = await compile(net(), {tf});
  const sized = await fast.forShapes([[5, 5, 2]]);
  fast.dispose();
  fast.dispose();
  await expect(fast.forShapes([[5, 5, 2]])).rejects.toThrow('not disposed');
  await expect(fast.predict(tf.zeros([1, 5, 5, 2]))).rejects.toThrow('not disposed');
  expect(() => sized.run(new Float32Array(50))).toThrow('not disposed');
});

test('a size that was disposed is compiled again when it comes again', async () => {
  const fast = await compile(net(), {tf});
  const first = await fast.forShapes([[5, 5, 2]]);
  const image = new Float32Array(50).fill(1);
  const expected = first.run(image).slice();
  first.dispose();
  const [second, third] = await Promise.all([fast.forShapes([[5, 5, 2]]), fast.forShapes([[5, 5, 2]])]);
  expect(third).toBe(second);
  expect(second.run(image)).toEqual(expected);
  second.dispose();
  const output = (await fast.predict(tf.ones([1, 5, 5, 2]))) as tf.Tensor;
  expect(output.dataSync()).toEqual(expected);
});

test('states are reset, even if the size that was used last is disposed', async () => {
  const model = withRandomWeights(
    tf.sequential({
      layers: [layers.gru({units: 4, stateful: true, batchInputShape: [1, null, 3], recurrentInitializer: 'zeros'})],
    }),
    1,
  );
  model.resetStates();
  const fast = await compile(model, {tf});
  const [x, y] = [tf.ones([1, 2, 3]), tf.ones([1, 5, 3])];
  const expectNext = async (input: tf.Tensor) => {
    const output = (await fast.predict(input)) as tf.Tensor;
    expectClose([output.dataSync<'float32'>()], predicted(model, [input]), 1e-5);
  };
  for (const input of [y, x]) await expectNext(input);
  (await fast.forShapes([[2, 3]])).dispose();
  await expectNext(y); // goes on
  (await fast.forShapes([[5, 3]])).dispose();
  fast.resetStates();
  model.resetStates();
  for (const input of [x, y]) await expectNext(input);
});

test('what is no tensor is refused', async () => {
  const [open, fixed] = [await compile(net(), {tf}), await compile(net(), {tf, inputShapes: [[5, 5, 2]]})];
  for (const fast of [open, fixed]) {
    for (const [wrong, name] of [
      [new Float32Array(50), 'a Float32Array'],
      [undefined, 'undefined'],
      [[[1, 2]], 'an Array'],
    ] as const) {
      // prettier-ignore
      await expect(fast.predict(wrong as unknown as tf.Tensor)).rejects.toThrow(`predict expects tensors, got ${name}`);
    }
  }
});

test('inputs that are too small for a layer are refused', async () => {
  const model = net(layers.maxPooling2d({name: 'pool', poolSize: 4}));
  const message = 'compile expects larger inputs: layer "pool" would make [0,1,4] of these';
  await expect((await compile(model)).forShapes([[3, 4, 2]])).rejects.toThrow(message);
  await expect((await compile(model, {tf})).predict(tf.ones([1, 3, 4, 2]))).rejects.toThrow(RangeError);
  await expect(compile(model, {inputShapes: [[3, 4, 2]]})).rejects.toThrow(message);
});

test('a model may need larger images than most', async () => {
  const pools = Array.from({length: 5}, () => layers.maxPooling2d({poolSize: 2}));
  const model = net(...pools); // 3 x 3 positions are left of 96 x 96
  const fast = await compile(model);
  const x = tf.randomNormal([1, 96, 96, 2], 0, 1, 'float32', 1);
  const sized = await fast.forShapes([[96, 96, 2]]);
  expectClose([sized.run(x.dataSync<'float32'>())], predicted(model, [x]), 1e-5);
  await expect(fast.forShapes([[64, 64, 2]])).rejects.toThrow('compile expects larger inputs');
});

test('an input may be disposed as soon as predict is called, whatever its size', async () => {
  const model = net();
  const fast = await compile(model, {tf});
  const inputs = [imageOf(7, 6), imageOf(5, 9)];
  const expected = inputs.map(input => predicted(model, [input])[0]!);
  const outputs = inputs.map(async input => fast.predict(input));
  tf.dispose(inputs);
  const numbers = (await Promise.all(outputs)).map(output => (output as tf.Tensor).dataSync<'float32'>());
  expectClose(numbers, expected, 1e-5);
});
