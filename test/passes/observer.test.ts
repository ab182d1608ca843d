import * as tf from '@tensorflow/tfjs';
import {
  fisher,
  GradualPruning,
  oneShot,
  prunable,
  taylor,
  wanda,
  type GradientCriterion,
  type InputCriterion,
  type MaskedWeight,
} from 'tfjs-pruning';
import {Observer} from '../../src/passes/observer.js';
import {observeBatches} from '../../src/passes/observe-batches.js';
import {setMask, wrapper, zerosIn} from '../support/masks.js';
import {distance, expectNoLeak} from '../support/tensors.js';

const sumOfGradients: GradientCriterion = {
  sees: 'gradients',
  observe: (_, gradient) => gradient,
  score: (_, sum) => sum,
};
const sumOfWeights: GradientCriterion = {...sumOfGradients, observe: weight => weight};

/**
 * The gradient of the compiled mean squared error with respect to a kernel, by central differences on the mask's
 * product.
 */
function finiteDifferences(model: tf.LayersModel, weight: MaskedWeight, x: tf.Tensor, y: tf.Tensor): number[] {
  const variable = weight.kernel.read() as tf.Variable;
  const values = variable.dataSync().slice();
  const lossAt = (i: number, change: number) =>
    tf.tidy(() => {
      const changed = values.slice();
      changed[i]! += change;
      variable.assign(tf.tensor(changed, variable.shape));
      return tf.losses.meanSquaredError(y, model.predict(x) as tf.Tensor).dataSync()[0]!;
    });
  const step = 0.01;
  const gradient = Array.from(values, (_, i) => (lossAt(i, step) - lossAt(i, -step)) / (2 * step));
  tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
  return gradient;
}

function expectClose(actual: tf.Tensor, expected: number[], tolerance = 2e-3): void {
  const values = actual.dataSync();
  expected.forEach((value, i) => expect(Math.abs(values[i]! - value)).toBeLessThan(tolerance));
}

const dense = (units: number, more = {}) => tf.layers.dense({units, activation: 'tanh', ...more});
const seeded = () => tf.initializers.glorotNormal({seed: 5});

type Net = () => [model: tf.LayersModel, name: string];

const NETS: [string, Net, number[]][] = [
  [
    'a Dense layer',
    () => [
      tf.sequential({
        layers: [
          dense(3, {name: 'd', inputShape: [4], kernelInitializer: seeded()}),
          dense(2, {kernelInitializer: seeded()}),
        ],
      }),
      'd',
    ],
    [4],
  ],
  [
    'a Conv2D layer before a batch normalization',
    () => [
      tf.sequential({
        layers: [
          tf.layers.conv2d({name: 'd', filters: 2, kernelSize: 2, inputShape: [4, 3, 2], kernelInitializer: seeded()}),
          tf.layers.batchNormalization(),
          tf.layers.flatten(),
          dense(2, {kernelInitializer: seeded()}),
        ],
      }),
      'd',
    ],
    [4, 3, 2],
  ],
  [
    'a recurrent layer, over its time steps',
    () => [
      tf.sequential({
        layers: [
          tf.layers.lstm({
            name: 'd',
            units: 2,
            inputShape: [3, 2],
            kernelInitializer: seeded(),
            recurrentInitializer: seeded(),
          }),
        ],
      }),
      'd',
    ],
    [3, 2],
  ],
  [
    'a layer that is used twice',
    () => {
      const input = tf.input({shape: [2]});
      const shared = dense(2, {name: 'd', kernelInitializer: seeded()});
      const once = shared.apply(input) as tf.SymbolicTensor;
      return [tf.model({inputs: input, outputs: shared.apply(once) as tf.SymbolicTensor}), 'd'];
    },
    [2],
  ],
];

describe.each(NETS)('the gradients of %s', (_, net, shape) => {
  function setup() {
    const [plain, name] = net();
    const model = prunable(plain);
    model.compile({optimizer: tf.train.sgd(0), loss: 'meanSquaredError'});
    const weights = wrapper(model, name).maskedWeights;
    for (const weight of weights) {
      setMask(weight, i => (i % 3 === 0 ? 0 : 1));
      weight.project();
    }
    const x = tf.randomNormal([6, ...shape], 0, 1, 'float32', 1);
    const y = tf.randomNormal([6, 2], 0, 1, 'float32', 2);
    return {model, weights, x, y};
  }

  test('agree with finite differences, also at weights that are masked', async () => {
    const {model, weights, x, y} = setup();
    const observer = new Observer(weights, sumOfGradients);
    await observeBatches(model, observer, {data: {xs: x, ys: y}});
    expect(observer.passes).toBe(1);
    for (const weight of weights) {
      const found = observer.evidence.get(weight)!;
      const masked = [...weight.mask.read().dataSync()].map(bit => bit === 0);
      // central differences can only see what the mask lets through: open it, the kernel being zero there
      setMask(weight, () => 1);
      expectClose(found, finiteDifferences(model, weight, x, y));
      setMask(weight, i => (masked[i] ? 0 : 1));
    }
    observer.dispose();
  });

  test('add up over batches as one criterion sees them, each batch once', async () => {
    const {model, weights, x, y} = setup();
    const halves = [0, 3].map(at => ({xs: tf.slice(x, at, 3), ys: tf.slice(y, at, 3)}));
    const squares = new Observer(weights, fisher());
    const gradients = halves.map(() => new Observer(weights, sumOfGradients));
    await observeBatches(model, squares, {data: halves});
    for (const [i, observer] of gradients.entries()) await observeBatches(model, observer, {data: halves[i]!});
    for (const weight of weights) {
      // fisher squares the gradient of a whole pass, not its parts
      const expected = tf.tidy(() => tf.addN(gradients.map(observer => tf.square(observer.evidence.get(weight)!))));
      expect(distance(squares.evidence.get(weight)!, expected)).toBeLessThan(1e-6);
    }
    expect(squares.passes).toBe(2);
  });

  test('leak nothing in fit', async () => {
    const {model, weights, x, y} = setup();
    const args = {batchSize: 2, epochs: 3, verbose: 0} as const;
    await model.fit(x, y, args);
    const schedule = oneShot({targetSparsity: 0.5, beginStep: 2});
    await expectNoLeak(async () => {
      await model.fit(x, y, {...args, callbacks: new GradualPruning({schedule, criterion: taylor(), layers: 'd'})});
    });
    for (const weight of weights) expect(zerosIn(weight)).toBe(weight.kernel.read().size / 2);
  });

  test('leak nothing', async () => {
    const {model, weights, x, y} = setup();
    await expectNoLeak(async () => {
      const observer = new Observer(weights, taylor());
      await observeBatches(model, observer, {
        data: [
          {xs: x, ys: y},
          {xs: x, ys: y},
        ],
      });
      expect(tf.memory().numTensors).toBeGreaterThan(0);
      observer.dispose();
    });
  });
});

describe('in training', () => {
  const net = () => {
    const model = prunable(
      tf.sequential({layers: [tf.layers.dense({name: 'd', units: 1, useBias: false, inputShape: [2]})]}),
    );
    const weight = wrapper(model, 'd').maskedWeights[0]!;
    weight.kernel.write(tf.tensor2d([1, 2], [2, 1]));
    model.compile({optimizer: tf.train.sgd(0.5), loss: 'meanSquaredError'});
    return {model, weight};
  };
  const batch = () => [tf.tensor2d([[1, 0]]), tf.tensor2d([[0]])] as const;

  test('the kernel is the one of before the step, by hand', async () => {
    const {model, weight} = net();
    const [weights, gradients] = [sumOfWeights, sumOfGradients].map(criterion => new Observer([weight], criterion));
    for (const observer of [weights!, gradients!]) observer.start();
    const [x, y] = batch();
    const seen: number[][] = [];
    for (let i = 0; i < 2; i++) {
      await model.trainOnBatch(x, y);
      for (const observer of [weights!, gradients!]) observer.endPass();
      seen.push([...weights!.evidence.get(weight)!.dataSync(), ...gradients!.evidence.get(weight)!.dataSync()]);
    }
    // the error is w0, its square's gradient 2 w0: from 1 to 1 - 0.5 * 2 = 0
    expect(seen).toEqual([
      [1, 2, 2, 0],
      [1, 4, 2, 0],
    ]);
    expect([...weight.kernel.read().dataSync()]).toEqual([0, 2]);
    weights!.dispose();
    gradients!.dispose();
  });

  test('forgets a pass that was broken off, counts no empty one, and is quiet after stop', async () => {
    const {model, weight} = net();
    const [x, y] = batch();
    const observer = new Observer([weight], sumOfGradients);
    await expectNoLeak(async () => {
      observer.start();
      observer.endPass();
      tf.dispose(await model.trainOnBatch(x, y));
      observer.stop();
      tf.dispose(await model.trainOnBatch(x, y));
      observer.endPass();
    });
    expect([observer.passes, observer.evidence.get(weight)]).toEqual([0, undefined]);
  });

  test('rests off the backend, and goes on from there', async () => {
    const {model, weight} = net();
    const [x, y] = batch();
    const observer = new Observer([weight], sumOfWeights);
    const pass = async () => {
      observer.start();
      tf.dispose(await model.trainOnBatch(x, y));
      observer.endPass();
    };
    await expectNoLeak(async () => {
      await pass();
      await observer.rest();
    });
    await pass();
    expect([...observer.evidence.get(weight)!.dataSync()]).toEqual([1, 4]);
    expect(observer.passes).toBe(2);
    observer.reset();
    expect([observer.evidence.get(weight), observer.passes]).toEqual([undefined, 0]);
    await pass();
    await observer.rest();
    observer.reset();
    expect(observer.evidence.get(weight)).toBeUndefined();
  });

  test('rests at once where nobody can wait', async () => {
    const {model, weight} = net();
    const [x, y] = batch();
    const observer = new Observer([weight], sumOfWeights);
    await expectNoLeak(async () => {
      observer.start();
      tf.dispose(await model.trainOnBatch(x, y));
      observer.endPass();
      observer.restNow();
    });
    expect([...observer.evidence.get(weight)!.dataSync()]).toEqual([1, 2]);
    observer.dispose();
  });

  test('another observer goes on from what it has gathered, and the sums stay its own', async () => {
    const {model, weight} = net();
    const [x, y] = batch();
    const [before, after] = [new Observer([weight], sumOfWeights), new Observer([weight], sumOfWeights)];
    const pass = async (observer: Observer) => {
      observer.start();
      tf.dispose(await model.trainOnBatch(x, y));
      observer.endPass();
      observer.stop();
    };
    await pass(before);
    for (const rest of [false, true]) {
      if (rest) await before.rest();
      await expectNoLeak(async () => {
        const {passes, sums} = before.gathered();
        const stored = {values: sums[0]!.dataSync(), shape: sums[0]!.shape, dtype: 'float32' as const};
        tf.dispose(sums as tf.Tensor[]);
        after.takeOver({passes, sums: [stored]});
        await after.rest();
      });
      await pass(after);
      expect([after.passes, ...after.evidence.get(weight)!.dataSync()]).toEqual([2, 1, 4]);
      await after.rest();
    }
    expect([before.passes, ...before.evidence.get(weight)!.dataSync()]).toEqual([1, 1, 2]);
    before.dispose();
  });

  test('a criterion that observes what it must not is refused by name', async () => {
    const {model, weight} = net();
    const [x, y] = batch();
    let calls = 0;
    const growing = new Observer([weight], {...sumOfGradients, observe: () => tf.ones([++calls])});
    growing.start();
    await model.trainOnBatch(x, y);
    growing.endPass();
    await model.trainOnBatch(x, y);
    expect(() => growing.endPass()).toThrow(/observe tensors of one shape of "d\/kernel", got \[2\] after \[1\]/);
    growing.dispose();
    const none = new Observer([weight], {...sumOfGradients, observe: () => 3 as never});
    none.start();
    await model.trainOnBatch(x, y);
    expect(() => none.endPass()).toThrow(/to observe a tensor of "d\/kernel", got 3 \(number\)/);
    none.dispose();
  });
});

describe('inputs', () => {
  const inputs: InputCriterion = {sees: 'inputs', observe: input => tf.sum(input, [0, 1, 2]), score: of => of};

  test('are seen in training calls alone, channels last, once a use', async () => {
    const x = tf.range(0, 12).reshape([1, 2, 2, 3]);
    const model = prunable(
      tf.sequential({
        layers: [tf.layers.depthwiseConv2d({name: 'd', kernelSize: 1, inputShape: [2, 2, 3]}), tf.layers.flatten()],
      }),
    );
    model.compile({optimizer: tf.train.sgd(0), loss: 'meanSquaredError'});
    const [weight] = wrapper(model, 'd').maskedWeights;
    const observer = new Observer([weight!], inputs);
    observer.start();
    tf.dispose(model.predict(x));
    tf.dispose(model.evaluate(x, tf.ones([1, 12])));
    observer.endPass();
    expect(observer.passes).toBe(0);
    await model.fit(x, tf.ones([1, 12]), {verbose: 0, validationData: [x, tf.ones([1, 12])]});
    observer.endPass();
    // 0 + 3 + 6 + 9, 1 + 4 + 7 + 10, ...
    expect([...observer.evidence.get(weight!)!.dataSync()]).toEqual([18, 22, 26]);
    expect(observer.passes).toBe(1);
    observer.dispose();
    const stop = wrapper(model, 'd').tapInputs(() => undefined);
    stop();
    expect(weight!.inputIsTapped).toBe(false);
  });

  test('of a pass that is never over are forgotten', () => {
    const model = prunable(tf.sequential({layers: [tf.layers.dense({name: 'd', units: 1, inputShape: [3]})]}));
    const [weight] = wrapper(model, 'd').maskedWeights;
    const observer = new Observer([weight!], {...inputs, observe: (input: tf.Tensor) => tf.sum(input, 0)});
    const pass = () => tf.tidy(() => void model.call(tf.ones([2, 3]), {training: true}));
    observer.start();
    pass();
    observer.stop();
    observer.start();
    pass();
    pass();
    observer.endPass();
    expect([observer.passes, ...observer.evidence.get(weight!)!.dataSync()]).toEqual([1, 4, 4, 4]);
    observer.dispose();
  });

  test('of a layer with channels first are turned', () => {
    const layer = prunable(tf.layers.dense({name: 'd', units: 1, inputShape: [3]}));
    const model = tf.sequential({layers: [layer]});
    (wrapper(model, 'd').layer as unknown as {dataFormat: string}).dataFormat = 'channelsFirst';
    const shapes: number[][] = [];
    wrapper(model, 'd').tapInputs((_, input) => shapes.push(input.shape));
    wrapper(model, 'd').layer.call = ((input: tf.Tensor[]) => input[0]) as never;
    tf.tidy(() => wrapper(model, 'd').call(tf.zeros([2, 3, 4, 5]), {}));
    expect(shapes).toEqual([[2, 4, 5, 3]]);
  });

  test.each<[string, () => tf.layers.Layer, string]>([
    ['recurrent', () => tf.layers.lstm({name: 'd', units: 2, inputShape: [3, 2]}), 'd/lstm_cell/kernel|d/kernel'],
    [
      'pointwise',
      () => tf.layers.separableConv2d({name: 'd', filters: 2, kernelSize: 1, inputShape: [2, 2, 1]}),
      'd/pointwise_kernel',
    ],
    ['embedding', () => tf.layers.embedding({name: 'd', inputDim: 3, outputDim: 2, inputShape: [1]}), 'd/embeddings'],
    [
      'nested',
      () => tf.layers.timeDistributed({name: 'd', layer: dense(2, {name: 'e'}), inputShape: [3, 2]}),
      'kernel',
    ],
  ])('of a %s kernel are refused by its name, and nothing is tapped', (_, layer, name) => {
    const model = prunable(tf.sequential({layers: [layer()]}));
    const {maskedWeights} = wrapper(model, 'd');
    expect(() => new Observer(maskedWeights, wanda())).toThrow(
      new RegExp(`"[^"]*(${name})[^"]*" does not multiply its layer's own input`),
    );
    expect(maskedWeights.some(({inputIsTapped}) => inputIsTapped)).toBe(false);
  });
});
