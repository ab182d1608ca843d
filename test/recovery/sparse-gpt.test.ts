import * as tf from '@tensorflow/tfjs';
import {
  filters,
  nOfM,
  perLayer,
  prunable,
  pruneOnce,
  reconstruct,
  sparsityReport,
  type Progress,
  type ReconstructArgs,
} from 'tfjs-pruning';
import {setMask, wrapper} from '../support/masks.js';
import {withRandomWeights} from '../support/random-weights.js';
import {sequence} from '../support/sequence.js';
import {distance, expectNoLeak, predict} from '../support/tensors.js';

/** Literals were computed by numpy: the columns of the paper's algorithm, with the inverse and its Cholesky factor. */

const {layers} = tf;
const BY = {by: 'sparseGpt'} as const;

const kernelOf = (model: tf.LayersModel, name = 'it') => wrapper(model, name).maskedWeights[0]!;
const values = (tensor: tf.Tensor) => [...tensor.dataSync()];

function expectClose(actual: readonly number[], expected: readonly number[], tolerance = 2e-5): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) =>
    expect(Math.abs(value - expected[i]!)).toBeLessThan(tolerance * (1 + Math.abs(expected[i]!))),
  );
}

describe('a dense layer comes out as by numpy', () => {
  const xs = sequence([9, 4], 5, 2, 2);
  const build = (useBias: boolean, a = 3, b = 1, c = 4, d = 2) => {
    const model = tf.sequential({layers: [layers.dense({name: 'it', units: 3, useBias, inputShape: [4]})]});
    model.setWeights([sequence([4, 3], a, b), sequence([3], c, d)].slice(0, useBias ? 2 : 1));
    return model;
  };
  const HALF = [-1.75, 0, 0, 0, 0, 0, 0, -2.083517, -1.246043, 1.94704, -0.703775, -1.903858];

  test.each<[string, Partial<ReconstructArgs>, number[]]>([
    ['single weights', {}, HALF],
    ['2 of 4', {structure: nOfM(2, 4)}, HALF],
    [
      '1 of 2, the second pair chosen after the first is gone',
      {structure: nOfM(1, 2)},
      [-1.75, 0, -0.75, 0, 0.775817, 0, 0, -1.942053, 0, 1.94704, 0, -1.940249],
    ],
  ])('%s', async (_, more, expected) => {
    const model = prunable(build(false));
    const data = [0, 5].map(begin => ({xs: tf.slice(xs, begin, begin === 0 ? 5 : 4)}));
    await reconstruct(model, {...BY, sparsity: 0.5, data, ...more});
    const {kernel, mask} = kernelOf(model);
    expectClose(values(kernel.read()), expected);
    expect(values(mask.read())).toEqual(expected.map(value => (value === 0 ? 0 : 1)));
  });

  test('with a bias, which makes up for the means', async () => {
    const model = prunable(build(true));
    await reconstruct(model, {...BY, sparsity: 0.5, data: {xs}});
    const [kernel, bias] = model.getLayer('it').getWeights();
    expectClose(values(kernel!), [-1.75, 0, 0, 0, 0, 0, 0, -2.11753, -0.810049, 1.953793, -0.736375, -1.467846]);
    expectClose(values(bias!), [-1.729111, 0.142235, 2.659649]);
  });

  test('with a teacher that is another one', async () => {
    const model = prunable(build(true));
    const {weights} = await reconstruct(model, {...BY, sparsity: 0.5, data: {xs}, teacher: build(true, 7, 4, 2, 5)});
    const [kernel, bias] = model.getLayer('it').getWeights();
    const expected = [-1.74744, -1.73003, 0, 1.25041, 0, 0, -1.405996, 0, 0, 1.257435, 0, -1.294348];
    expectClose(values(kernel!), expected, 1e-4);
    expectClose(values(bias!), [-1.736162, 0.197427, 0.709551], 1e-4);
    expectClose([weights[0]!.after], [1.28606], 1e-4);
  });

  test('what was masked stays masked, and counts', async () => {
    const model = prunable(build(true));
    setMask(kernelOf(model), i => (i >= 9 ? 0 : 1));
    tf.tidy(() => kernelOf(model).project());
    await reconstruct(model, {...BY, sparsity: 0.5, data: {xs}});
    const mask = values(kernelOf(model).mask.read());
    expect(mask.slice(9)).toEqual([0, 0, 0]);
    expect(mask.filter(value => value === 0)).toHaveLength(6);
    await reconstruct(model, {...BY, sparsity: 0.1, data: {xs}});
    expect(values(kernelOf(model).mask.read())).toEqual(mask);
  });

  test('inputs that never vary are worth nothing, and their means go into the bias', async () => {
    const constant = tf.concat([tf.fill([9, 1], 2), tf.slice(xs, [0, 1], [9, 3])], 1);
    const dense = build(true);
    const model = prunable(dense);
    await reconstruct(model, {...BY, sparsity: 0.25, data: {xs: constant}, ridge: 1e-6});
    expect(values(kernelOf(model).mask.read())).toEqual([0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
    expect(distance(predict(model, constant), predict(dense, constant))).toBeLessThan(1e-4);
  });
});

test('over several blocks it does what the surgeon does to one weight at a time', async () => {
  const [inputs, outputs, ridge] = [140, 2, 0.01];
  const dense = tf.sequential({
    layers: [layers.dense({name: 'it', units: outputs, useBias: false, inputShape: [inputs]})],
  });
  withRandomWeights(dense);
  const mixing = tf.randomNormal([inputs, inputs], 0, 0.1, 'float32', 5);
  const xs = tf.matMul(tf.randomNormal([300, inputs], 0, 1, 'float32', 4), mixing);
  const model = prunable(dense);
  await reconstruct(model, {...BY, sparsity: 0.7, data: {xs}, batchSize: 100, ridge});
  const {kernel, mask} = kernelOf(model);
  const [actual, kept] = [values(kernel.read()), values(mask.read())];
  expect(kept.filter(value => value === 0)).toHaveLength(0.7 * inputs * outputs);

  const rows = (await xs.array()) as number[][];
  const gram = Array.from({length: inputs}, (_, i) =>
    Array.from({length: inputs}, (_, j) => rows.reduce((sum, row) => sum + row[i]! * row[j]!, 0)),
  );
  const damping = (ridge * gram.reduce((sum, row, i) => sum + row[i]!, 0)) / inputs;
  gram.forEach((row, i) => (row[i]! += damping));
  const before = values(dense.getWeights()[0]!);
  for (let output = 0; output < outputs; output++) {
    const inverse = inverted(gram);
    const weights = before.filter((_, i) => i % outputs === output);
    for (let q = 0; q < inputs; q++) {
      const gone = kept[q * outputs + output] === 1 ? 0 : weights[q]! / inverse[q]![q]!;
      const column = inverse.map(row => row[q]!);
      for (let j = q; j < inputs; j++) weights[j]! -= gone * column[j]!;
      // The inverse of what is left without input q, whether it went or stays as it is.
      const scale = column[q]!;
      inverse.forEach((row, i) => row.forEach((_, j) => (row[j]! -= (column[i]! * column[j]!) / scale)));
    }
    expectClose(
      actual.filter((_, i) => i % outputs === output),
      weights.map((weight, q) => (kept[q * outputs + output] === 1 ? weight : 0)),
      1e-4,
    );
  }
});

/** The inverse of a matrix, by elimination. */
function inverted(matrix: readonly (readonly number[])[]): number[][] {
  const size = matrix.length;
  const both = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  for (let i = 0; i < size; i++) {
    const pivot = both[i]![i]!;
    both[i] = both[i]!.map(value => value / pivot);
    for (let k = 0; k < size; k++) {
      const factor = both[k]![i]!;
      if (k !== i) both[k] = both[k]!.map((value, j) => value - factor * both[i]![j]!);
    }
  }
  return both.map(row => row.slice(size));
}

describe('a net', () => {
  const build = () =>
    withRandomWeights(
      tf.sequential({
        layers: [
          layers.conv2d({name: 'conv', filters: 8, kernelSize: 3, activation: 'relu', inputShape: [6, 6, 4]}),
          layers.depthwiseConv2d({name: 'depthwise', kernelSize: 2}),
          layers.conv2dTranspose({name: 'up', filters: 4, kernelSize: 2, strides: 2}),
          layers.flatten(),
          layers.dense({name: 'head', units: 6}),
        ],
      }),
    );
  const xs = tf.randomNormal([30, 6, 6, 4], 0, 1, 'float32', 3);
  const squares = (model: tf.LayersModel, dense: tf.LayersModel) =>
    tf.tidy(() => tf.mean(tf.square(tf.sub(predict(model, xs)[0]!, predict(dense, xs)[0]!))).dataSync()[0]!);
  const sparsities = async (model: tf.LayersModel) =>
    Object.fromEntries((await sparsityReport(model)).layers.map(({layer, sparsity}) => [layer, sparsity]));

  test('is exactly as sparse as asked for, in every layer, and nearer than by magnitude', async () => {
    const dense = build();
    const [model, taught, byMagnitude] = [prunable(dense), prunable(dense), prunable(dense)];
    await expectNoLeak(async () => {
      await reconstruct(model, {...BY, sparsity: 0.5, data: {xs}});
      await reconstruct(taught, {...BY, sparsity: 0.5, data: {xs}, teacher: dense});
      await pruneOnce(byMagnitude, {sparsity: 0.5});
    });
    expect(await sparsities(model)).toEqual({conv: 0.5, depthwise: 0.5, up: 0.5, head: 0.5});
    expect(squares(model, dense)).toBeLessThan(0.5 * squares(byMagnitude, dense));
    expect(squares(taught, dense)).toBeLessThan(squares(model, dense));
    for (const name of ['conv', 'depthwise', 'up', 'head']) {
      const {kernel, mask} = kernelOf(model, name);
      expect(values(kernel.read()).filter(value => value === 0)).toHaveLength(
        values(mask.read()).filter(value => value === 0).length,
      );
    }
  });

  test('with a sparsity for each layer', async () => {
    const model = prunable(build());
    const allocation = perLayer({conv: 0.25, head: 0.75});
    await reconstruct(model, {...BY, sparsity: 0.75, allocation, data: {xs}});
    expect(await sparsities(model)).toEqual({conv: 0.25, depthwise: 0, up: 0, head: 0.75});
  });

  test('2 of 4 in each block of inputs, of transposed kernels too', async () => {
    const model = prunable(build());
    await reconstruct(model, {...BY, sparsity: 0.5, structure: nOfM(2, 4), data: {xs}, layers: ['conv', 'up', 'head']});
    const zerosIn = (blocks: tf.Tensor) => new Set(tf.tidy(() => values(tf.sum(tf.sub(1, blocks), 1))));
    const masks = ['conv', 'up', 'head'].map(name => kernelOf(model, name).mask.read());
    const [conv, up, head] = [
      tf.reshape(masks[0]!, [9, 4, 8]),
      tf.reshape(masks[1]!, [-1, 4]),
      tf.reshape(masks[2]!, [-1, 4, 6]),
    ];
    expect([conv, up, head].map(blocks => [...zerosIn(blocks)])).toEqual([[2], [2], [2]]);
  });

  test('stays as it was, masks and all, if something is wrong', async () => {
    const model = prunable(build());
    const wrong = (args: object) => reconstruct(model, {data: {xs}, ...args});
    const before = model.getWeights().map(values);
    await expect(wrong(BY)).rejects.toThrow("reconstruct by 'sparseGpt' expects a `sparsity`, got undefined");
    await expect(wrong({})).rejects.toThrow('reconstruct expects a `teacher`, the dense model that was pruned, got');
    await expect(wrong({sparsity: 0.5, teacher: build()})).rejects.toThrow(
      "reconstruct expects no `sparsity` by 'leastSquares': masks stay as they are; leave it out",
    );
    await expect(wrong({...BY, structure: nOfM(1, 2)})).rejects.toThrow(
      'reconstruct expects no `structure` without `sparsity`: masks stay as they are',
    );
    await expect(wrong({...BY, sparsity: 0.5, structure: filters()})).rejects.toThrow(
      "reconstruct by 'sparseGpt' expects a `structure` of single weights, weights() or nOfM(n, m); for others choose",
    );
    await expect(wrong({...BY, sparsity: 0.5, structure: nOfM(1, 2)})).rejects.toThrow('nOfM(1, 2) expects weights of');
    await expect(reconstruct(build(), {...BY, sparsity: 0.5, data: {xs}})).rejects.toThrow('use prunable(model)');
    const controller = new AbortController();
    const stopping = ({done}: Progress) => {
      if (done > 2) controller.abort(new Error('enough'));
    };
    const {signal} = controller;
    await expect(wrong({...BY, sparsity: 0.5, onProgress: stopping, signal})).rejects.toThrow('enough');
    const meddling = () => setMask(kernelOf(model, 'head'), () => 1);
    await expect(wrong({...BY, sparsity: 0.5, onProgress: meddling})).rejects.toThrow('was changed; await one call');
    expect(model.getWeights().map(values)).toEqual(before);
  });
});
