import * as tf from '@tensorflow/tfjs';
import {
  globalRanking,
  inverted,
  prunable,
  pruneOnce,
  sensitivityScan,
  type Batch,
  type Data,
  type MaskedWeight,
} from 'tfjs-pruning';
import {grasp} from '../../src/criteria/grasp.js';
import {hessianTimesGradient} from '../../src/criteria/hessian-times-gradient.js';
import {prunableLayers} from '../../src/layers/model-layers.js';
import {observeBatches} from '../../src/passes/observe-batches.js';
import {Observer} from '../../src/passes/observer.js';
import {setMask} from '../support/masks.js';
import {expectNoLeak} from '../support/tensors.js';

const weightsOf = (model: tf.LayersModel): MaskedWeight[] =>
  prunableLayers(model).flatMap(({layer}) => layer.maskedWeights);

/** H g of each weight, summed over the batches. */
async function curvatureOf(model: tf.LayersModel, data: Data, loss = 'meanSquaredError'): Promise<number[][]> {
  const observer = new Observer(weightsOf(model), grasp());
  await observeBatches(model, observer, {data}, loss);
  const values = observer.weights.map(weight => [...observer.evidence.get(weight)!.dataSync()]);
  observer.dispose();
  return values;
}

function mlp(activation: 'relu' | 'tanh'): tf.Sequential {
  const dense = (units: number, seed: number, more = {}) =>
    tf.layers.dense({units, kernelInitializer: tf.initializers.glorotNormal({seed}), useBias: false, ...more});
  return prunable(tf.sequential({layers: [dense(6, 1, {inputShape: [4], activation}), dense(2, 2)]}));
}

const batch = (seed = 1): Batch => ({
  xs: tf.randomNormal([8, 4], 0, 1, 'float32', seed),
  ys: tf.randomNormal([8, 2], 0, 1, 'float32', seed + 10),
});

/** Half the squared norm of the gradient, whose own gradient is H g, in double precision and without this library. */
function halfSquaredNorm(weights: readonly number[], {xs, ys}: Batch, activation: 'relu' | 'tanh'): number {
  const [x, y] = [xs, ys].map(t => (t as tf.Tensor2D).arraySync()) as [number[][], number[][]];
  const [w1, w2] = [(i: number, h: number) => weights[i * 6 + h]!, (h: number, o: number) => weights[24 + h * 2 + o]!];
  const gradient = weights.map(() => 0);
  x.forEach((row, n) => {
    const before = [...Array(6).keys()].map(h => row.reduce((sum, value, i) => sum + value * w1(i, h), 0));
    const hidden = before.map(value => (activation === 'relu' ? Math.max(value, 0) : Math.tanh(value)));
    const errors = [0, 1].map(o => hidden.reduce((sum, value, h) => sum + value * w2(h, o), 0) - y[n]![o]!);
    for (let h = 0; h < 6; h++) {
      const slope = activation === 'relu' ? Number(before[h]! > 0) : 1 - hidden[h]! ** 2;
      const back = errors.reduce((sum, error, o) => sum + (error / 8) * w2(h, o), 0) * slope;
      row.forEach((value, i) => (gradient[i * 6 + h]! += value * back));
      errors.forEach((error, o) => (gradient[24 + h * 2 + o]! += (hidden[h]! * error) / 8));
    }
  });
  return gradient.reduce((sum, value) => sum + value * value, 0) / 2;
}

describe('the Hessian times the gradient', () => {
  test("of a linear model is exact: x' x x' (xW - y), here with a batch of three", async () => {
    const kernelInitializer = tf.initializers.glorotNormal({seed: 1});
    const layers = [tf.layers.dense({units: 2, inputShape: [3], useBias: false, kernelInitializer})];
    const model = prunable(tf.sequential({layers}));
    const [xs, ys] = [tf.randomNormal([3, 3], 0, 1, 'float32', 1), tf.randomNormal([3, 2], 0, 1, 'float32', 2)];
    const kernel = weightsOf(model)[0]!.kernel.read();
    const transposed = tf.matMul(xs, xs, true);
    // of the mean over 3 examples and 2 outputs: g = 2 / 6 x' (xW - y), H v = 2 / 6 x' x v
    const gradient = tf.mul(tf.matMul(xs, tf.sub(tf.matMul(xs, kernel as tf.Tensor2D), ys), true), 1 / 3);
    const expected = tf.mul(tf.matMul(transposed, gradient as tf.Tensor2D), 1 / 3).dataSync();
    const [found] = await curvatureOf(model, [{xs, ys}]);
    const size = Math.max(...expected.map(Math.abs));
    found!.forEach((value, i) => expect(Math.abs(value - expected[i]!) / size).toBeLessThan(1e-4));
  });

  test.each(['relu', 'tanh'] as const)(
    'of a %s net is the gradient of half the squared norm of its gradient, over all layers jointly',
    async activation => {
      const model = mlp(activation);
      const data = batch();
      const weights = weightsOf(model).flatMap(({kernel}) => [...kernel.read().dataSync<'float32'>()]);
      const expected = weights.map((weight, i) => {
        const at = (value: number) => halfSquaredNorm(weights.with(i, value), data, activation);
        return (at(weight + 1e-5) - at(weight - 1e-5)) / 2e-5;
      });
      const found = (await curvatureOf(model, [data])).flat();
      const size = Math.max(...expected.map(Math.abs));
      found.forEach((value, i) => expect(Math.abs(value - expected[i]!) / size).toBeLessThan(2e-3));
    },
  );

  test('is summed up over batches', async () => {
    const model = mlp('tanh');
    const [first, second] = [batch(1), batch(2)];
    const parts = [await curvatureOf(model, [first]), await curvatureOf(model, [second])];
    const both = (await curvatureOf(model, [first, second])).flat();
    both.forEach((value, i) => expect(value).toBeCloseTo(parts[0]!.flat()[i]! + parts[1]!.flat()[i]!, 6));
  });

  test('is 0 where the gradient is, without NaN', async () => {
    const model = mlp('relu');
    const zeros = {xs: tf.zeros([2, 4]), ys: tf.zeros([2, 2])};
    expect((await curvatureOf(model, [zeros])).flat().every(value => value === 0)).toBe(true);
  });

  test('takes what is masked for gone: its gradient moves nothing', () => {
    const model = mlp('relu');
    const [weight] = weightsOf(model) as [MaskedWeight];
    const moved: number[][] = [];
    const before = [...weight.kernel.read().dataSync()];
    setMask(weight, i => (i < 2 ? 1 : 0));
    tf.tidy(() => {
      const gradients = new Map([[weight, tf.fill([4, 6], 3)]]);
      hessianTimesGradient(gradients, () => {
        moved.push([...weight.kernel.read().dataSync()].map((value, i) => value - before[i]!));
        return gradients;
      });
    });
    // a step of 0.01 altogether, in two equal parts
    const part = 0.01 / Math.SQRT2;
    moved.forEach((difference, pass) =>
      difference.forEach((value, i) => expect(value).toBeCloseTo(i < 2 ? (pass === 0 ? part : -part) : 0, 6)),
    );
    expect([...weight.kernel.read().dataSync()]).toEqual(before);
  });

  test('goes through convolutions, batch normalization, tanh and softmax, and leaves no trace', async () => {
    const layers = [
      tf.layers.conv2d({filters: 2, kernelSize: 2, inputShape: [4, 4, 1], activation: 'tanh'}),
      tf.layers.batchNormalization(),
      tf.layers.maxPooling2d({poolSize: 2}),
      tf.layers.flatten(),
      tf.layers.dropout({rate: 0.5}),
      tf.layers.dense({units: 3, activation: 'softmax'}),
    ];
    const model = prunable(tf.sequential({layers}));
    const data = [{xs: tf.randomNormal([4, 4, 4, 1], 0, 1, 'float32', 1), ys: tf.oneHot([0, 1, 2, 0], 3)}];
    const before = model.getWeights().map(weight => [...weight.dataSync()]);
    await expectNoLeak(async () => {
      const [first, again] = [
        await curvatureOf(model, data, 'categoricalCrossentropy'),
        await curvatureOf(model, data, 'categoricalCrossentropy'),
      ];
      expect(first).toEqual(again);
      for (const values of first) expect(values.some(value => value !== 0)).toBe(true);
    });
    expect(model.getWeights().map(weight => [...weight.dataSync()])).toEqual(before);
  });

  test('puts the kernels back where a pass fails', async () => {
    const model = mlp('relu');
    const before = model.getWeights().map(weight => [...weight.dataSync()]);
    let calls = 0;
    const real = model.call.bind(model);
    jest.spyOn(model, 'call').mockImplementation((...args) => {
      if (++calls === 2) throw new Error('failed');
      return real(...args);
    });
    const data = [batch()];
    await expectNoLeak(async () => {
      await expect(curvatureOf(model, data)).rejects.toThrow('failed');
    });
    expect(calls).toBe(2);
    expect(model.getWeights().map(weight => [...weight.dataSync()])).toEqual(before);
  });
});

test('what goes first is what holds the gradients down most, in pruneOnce and a sensitivity scan', async () => {
  const model = mlp('tanh');
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  const data = batch();
  const kernels = weightsOf(model).flatMap(({kernel}) => [...kernel.read().dataSync()]);
  const scores = (await curvatureOf(model, [data])).flat().map((product, i) => product * kernels[i]!);
  const ranked = [...scores.keys()].sort((a, b) => scores[a]! - scores[b]!);
  const rule = {criterion: grasp(), allocation: globalRanking()};
  await pruneOnce(model, {...rule, sparsity: 0.25, data});
  const masks = weightsOf(model).flatMap(({mask}) => [...mask.read().dataSync()]);
  expect([...masks.keys()].filter(i => masks[i] === 0).sort((a, b) => a - b)).toEqual(
    ranked.slice(0, 9).sort((a, b) => a - b),
  );
  const report = await sensitivityScan(model, {
    data,
    criterion: inverted(grasp()),
    sparsities: [0.5],
  });
  expect(report.layers).toHaveLength(2);
});

test('an observer refuses passes that it has not run itself', async () => {
  const model = mlp('relu');
  model.compile({optimizer: tf.train.sgd(0), loss: 'meanSquaredError'});
  const observer = new Observer(weightsOf(model), grasp());
  observer.start();
  const {xs, ys} = batch() as {xs: tf.Tensor; ys: tf.Tensor};
  tf.dispose(await model.trainOnBatch(xs, ys));
  expect(() => observer.endPass()).toThrow(/sees curvature, such as grasp\(\), must run the passes itself/);
  observer.dispose();
});
