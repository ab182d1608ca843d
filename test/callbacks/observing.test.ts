import * as tf from '@tensorflow/tfjs';
import {
  fisher,
  gradientMagnitude,
  movement,
  prunable,
  snip,
  taylor,
  wanda,
  type Criterion,
  type GradientCriterion,
  type MaskedWeight,
} from 'tfjs-pruning';
import {GradualPruning, type GradualPruningArgs} from 'tfjs-pruning/callbacks';
import {constantSparsity, oneShot, polynomialDecay} from 'tfjs-pruning/schedules';
import {wrapper, zerosIn} from '../support/masks.js';
import {distance, expectNoLeak, predict, saveAndLoad} from '../support/tensors.js';

const BATCHES = 4;

function net(optimizer: tf.Optimizer = tf.train.sgd(0.1)): tf.Sequential {
  const kernelInitializer = tf.initializers.glorotNormal({seed: 3});
  const model = prunable(
    tf.sequential({layers: [tf.layers.dense({name: 'd', units: 3, kernelInitializer, inputShape: [4]})]}),
  );
  model.compile({optimizer, loss: 'meanSquaredError'});
  return model;
}

const weightOf = (model: tf.LayersModel): MaskedWeight => wrapper(model, 'd').maskedWeights[0]!;
const maskOf = (model: tf.LayersModel) => [...weightOf(model).mask.read().dataSync()];

/** Four batches of two examples an epoch, always the same. */
async function fit(model: tf.LayersModel, callbacks: tf.Callback[], epochs = 1): Promise<void> {
  const x = tf.randomNormal([BATCHES * 2, 4], 0, 1, 'float32', 1);
  const y = tf.randomNormal([BATCHES * 2, 3], 0, 1, 'float32', 2);
  try {
    await model.fit(x, y, {epochs, batchSize: 2, verbose: 0, shuffle: false, callbacks, validationData: [x, y]});
  } finally {
    tf.dispose([x, y]);
  }
}

/** A criterion that tells how often it observed before each score. */
function counting(seen: number[], more: Partial<GradientCriterion> = {}): GradientCriterion {
  return {
    sees: 'gradients',
    observe: () => tf.ones([1]),
    score: (weight, sum) => {
      seen.push(sum.dataSync()[0]!);
      return tf.abs(weight);
    },
    ...more,
  };
}

let warnings: jest.SpyInstance;
beforeEach(() => (warnings = jest.spyOn(console, 'warn').mockImplementation()));
afterEach(() => warnings.mockRestore());

describe('which weights fall in fit is what another way of computing says', () => {
  /** The kernel and the whole gradient of each batch, by `tf.grads` on the kernel, without anything of this library. */
  function passes(steps: number): {kernels: tf.Tensor[]; gradients: tf.Tensor[]; last: tf.Tensor} {
    const kernels: tf.Tensor[] = [];
    const gradients: tf.Tensor[] = [];
    const model = net();
    let kernel = weightOf(model).kernel.read().clone();
    let bias: tf.Tensor = tf.zeros([3]);
    const x = tf.randomNormal([BATCHES * 2, 4], 0, 1, 'float32', 1);
    const y = tf.randomNormal([BATCHES * 2, 3], 0, 1, 'float32', 2);
    for (let i = 0; i < steps; i++) {
      const [xs, ys] = [tf.slice(x, 2 * i, 2), tf.slice(y, 2 * i, 2)];
      const loss = (k: tf.Tensor, b: tf.Tensor) =>
        tf.mean(tf.square(tf.sub(tf.add(tf.matMul(xs as tf.Tensor2D, k as tf.Tensor2D), b), ys)));
      const [dk, db] = tf.grads(loss)([kernel, bias]) as [tf.Tensor, tf.Tensor];
      kernels.push(kernel);
      gradients.push(dk);
      kernel = tf.sub(kernel, tf.mul(dk, 0.1));
      bias = tf.sub(bias, tf.mul(db, 0.1));
    }
    return {kernels, gradients, last: kernel};
  }

  test.each<[string, Criterion, (p: ReturnType<typeof passes>) => tf.Tensor]>([
    ['taylor', taylor(), p => tf.abs(tf.addN(p.kernels.map((k, i) => tf.mul(k, p.gradients[i]!))))],
    ['gradientMagnitude', gradientMagnitude(), p => tf.abs(tf.addN(p.gradients))],
    ['snip', snip(), p => tf.abs(tf.mul(p.last, tf.addN(p.gradients)))],
    ['fisher', fisher(), p => tf.mul(tf.square(p.last), tf.addN(p.gradients.map(g => tf.square(g))))],
    ['movement', movement(), p => tf.neg(tf.addN(p.kernels.map((k, i) => tf.mul(k, p.gradients[i]!))))],
  ])('%s', async (_, criterion, scoreOf) => {
    const model = net();
    await fit(model, [
      new GradualPruning({
        schedule: oneShot({targetSparsity: 0.5, beginStep: 3}),
        criterion,
        observedBatches: Infinity,
      }),
    ]);
    const scores = [...scoreOf(passes(3)).dataSync()];
    const threshold = [...scores].sort((a, b) => a - b)[6]!;
    expect(maskOf(model)).toEqual(scores.map(score => (score >= threshold ? 1 : 0)));
  });
});

describe('what is summed up', () => {
  const schedule = constantSparsity({targetSparsity: 0.25, beginStep: 2, frequency: 3});

  test.each<[string, Partial<GradualPruningArgs> & {remembers?: boolean}, number[]]>([
    ['begins anew after each update, at steps 2, 5, 8, 11', {}, [2, 3, 3, 3]],
    ['goes on where the criterion remembers', {remembers: true}, [2, 5, 8, 11]],
    ['is of the last batches before an update alone', {observedBatches: 2}, [2, 2, 2, 2]],
    ['is of as many as there are', {observedBatches: 5}, [2, 3, 3, 3]],
  ])('%s, in one fit as in three', async (_, {remembers = false, ...args}, expected) => {
    for (const fits of [1, 3]) {
      const seen: number[] = [];
      const pruning = new GradualPruning({
        schedule,
        ...args,
        criterion: counting(seen, {remembers}),
      });
      const model = net();
      for (let i = 0; i < fits; i++) await fit(model, [pruning], 3 / fits);
      expect(seen).toEqual(expected);
    }
  });

  test.each<[string, number, number[]]>([
    ['some of an epoch', 3, [3, 3]],
    ['more than one epoch', 6, [6, 6]],
    ['all', Infinity, [8, 8]],
  ])('counts batches also where the steps are epochs: %s', async (_, observedBatches, expected) => {
    const seen: number[] = [];
    const everySecond = polynomialDecay({finalSparsity: 0.5, beginStep: 2, endStep: 4, frequency: 2});
    const args = {schedule: everySecond, criterion: counting(seen), stepUnit: 'epoch', observedBatches} as const;
    await fit(net(), [new GradualPruning(args)], 5);
    expect(seen).toEqual(expected);
  });

  test('of a dataset of unknown length is the whole epoch before the update', async () => {
    const seen: number[] = [];
    const dataset = tf.data.generator(function* () {
      for (let i = 0; i < 3; i++) yield {xs: tf.ones([2, 4]), ys: tf.ones([2, 3])};
    } as never);
    const everySecond = polynomialDecay({finalSparsity: 0.5, beginStep: 2, endStep: 4, frequency: 2});
    const args = {schedule: everySecond, criterion: counting(seen), stepUnit: 'epoch', observedBatches: 2} as const;
    await net().fitDataset(dataset, {epochs: 4, verbose: 0, callbacks: [new GradualPruning(args)]});
    expect(seen).toEqual([3, 3]);
  });

  test('ends with the schedule', async () => {
    let passes = 0;
    const observe = (weight: tf.Tensor) => {
      passes++;
      return weight;
    };
    const criterion = {...counting([]), observe, remembers: true};
    await fit(net(), [new GradualPruning({schedule: oneShot({targetSparsity: 0.5, beginStep: 3}), criterion})], 2);
    expect(passes).toBe(3);
  });

  test('inputs are those of training, not of validation', async () => {
    const model = net();
    let rows = 0;
    const criterion: Criterion = {
      sees: 'inputs',
      observe: input => {
        rows += input.shape[0];
        return tf.sum(tf.square(input), 0);
      },
      score: weight => tf.abs(weight),
    };
    await fit(model, [new GradualPruning({schedule: oneShot({targetSparsity: 0.5, beginStep: 9}), criterion})], 2);
    expect(rows).toBe(16);
    await fit(model, [
      new GradualPruning({schedule: oneShot({targetSparsity: 0.5, beginStep: 3}), criterion: wanda()}),
    ]);
    expect(zerosIn(weightOf(model))).toBe(6);
  });
});

describe('an update that nothing was observed for', () => {
  test('before the first batch is refused, and changes nothing', async () => {
    const model = net();
    const pruning = new GradualPruning({schedule: oneShot({targetSparsity: 0.5}), criterion: taylor()});
    await expect(fit(model, [pruning])).rejects.toThrow(
      /has observed no pass through "d\/kernel" before this update; let the schedule begin at a later step/,
    );
    expect(maskOf(model)).toEqual(Array(12).fill(1));
  });

  test('has nothing to do where it asks for no zeros, in training that begins or is resumed there', async () => {
    for (const beginStep of [0, 2]) {
      const schedule = polynomialDecay({finalSparsity: 0.5, beginStep, endStep: beginStep + 4, frequency: 2});
      const model = net();
      await fit(model, [new GradualPruning({schedule, criterion: taylor(), initialStep: beginStep})]);
      expect(zerosIn(weightOf(model))).toBe(6);
    }
  });

  test('has nothing to do where what it asks for rounds to no zero', async () => {
    const model = net();
    const schedule = oneShot({targetSparsity: 0.04, beginStep: 4}); // 0.48 of 12
    for (const initialStep of [0, 4, 9]) {
      await fit(model, [new GradualPruning({schedule, criterion: taylor(), initialStep})]);
      await fit(model, [new GradualPruning({schedule, criterion: wanda(), regrowth: true, initialStep})]);
    }
    expect(zerosIn(weightOf(model))).toBe(0);
  });

  test('is refused where a dense model is said to be resumed', async () => {
    const schedule = oneShot({targetSparsity: 0.5, beginStep: 4});
    await expect(fit(net(), [new GradualPruning({schedule, criterion: taylor(), initialStep: 4})])).rejects.toThrow(
      /has observed no pass/,
    );
  });

  test('is refused for a layer that is frozen', async () => {
    const model = prunable(
      tf.sequential({
        layers: [tf.layers.dense({name: 'd', units: 3, inputShape: [4]}), tf.layers.dense({name: 'e', units: 3})],
      }),
    );
    wrapper(model, 'd').trainable = false;
    model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    const pruning = new GradualPruning({
      schedule: oneShot({targetSparsity: 0.5, beginStep: 1}),
      criterion: taylor(),
      layers: ['d', 'e'],
    });
    await expect(fit(model, [pruning])).rejects.toThrow(/no pass through "d\/kernel".*frozen/);
  });
});

test('resumed after a save at an update, training goes on as if nothing had happened', async () => {
  const adam = () => tf.train.adam(0.05);
  const schedule = polynomialDecay({finalSparsity: 0.8, beginStep: 2, endStep: 12, frequency: 2});
  const straight = net(adam());
  await fit(straight, [new GradualPruning({schedule, criterion: fisher()})], 3);

  const first = net(adam());
  const pruning = new GradualPruning({schedule, criterion: fisher()});
  await fit(first, [pruning]); // up to step 4, an update
  const second = await saveAndLoad(first, true);
  const resumed = new GradualPruning({schedule, criterion: fisher(), initialStep: pruning.step});
  await fit(second, [resumed], 2);
  expect(maskOf(second)).toEqual(maskOf(straight));
  expect(distance(predict(second, tf.eye(4)), predict(straight, tf.eye(4)))).toBeLessThan(1e-6);
});

describe('tensors', () => {
  const args = (criterion: Criterion): GradualPruningArgs => ({
    schedule: polynomialDecay({finalSparsity: 0.8, beginStep: 3, endStep: 300, frequency: 7}),
    criterion,
    observedBatches: Infinity,
  });

  test.each<[string, () => Criterion, boolean]>([
    ['taylor', taylor, false],
    ['movement, with regrowth', movement, true],
    ['wanda', wanda, false],
  ])('are as many after 400 batches as after one: %s', async (_, criterion, regrowth) => {
    const model = net();
    await fit(model, [new GradualPruning({...args(criterion()), regrowth})]);
    await expectNoLeak(() => fit(model, [new GradualPruning({...args(criterion()), regrowth})]));
    const pruned = new GradualPruning({...args(criterion()), regrowth});
    const logs = await growthOver(100, model, []);
    await expectNoLeak(async () => {
      const growth = await growthOver(100, model, [pruned]);
      expect(Math.abs(growth - logs)).toBeLessThanOrEqual(1); // a sum is there or not
    });
  });

  /** How many tensors there are more at the end of the last epoch than of the first: tf.js keeps each epoch's logs. */
  async function growthOver(epochs: number, model: tf.Sequential, callbacks: tf.Callback[]): Promise<number> {
    const counts: number[] = [];
    class Watch extends tf.Callback {
      override onEpochEnd(): Promise<void> {
        return Promise.resolve(void counts.push(tf.memory().numTensors));
      }
    }
    await fit(model, [...callbacks, new Watch()], epochs);
    return counts.at(-1)! - counts[0]!;
  }

  test('do not grow when training throws, and the next fit begins with what was summed up', async () => {
    const model = net();
    const seen: number[] = [];
    const pruning = new GradualPruning({
      schedule: oneShot({targetSparsity: 0.5, beginStep: 5}),
      criterion: counting(seen),
    });
    const leftByTfjs = await leftByBrokenFits(model, [], 3);
    expect(await leftByBrokenFits(model, [pruning], 3)).toBeLessThanOrEqual(leftByTfjs + 1); // the sum
    expect(seen).toEqual([5]);
    await expectNoLeak(() => fit(model, [pruning]));
  });

  /** How many tensors some fits leave that are broken off in the second batch. */
  async function leftByBrokenFits(model: tf.LayersModel, callbacks: tf.Callback[], times: number): Promise<number> {
    class Breaks extends tf.Callback {
      override onBatchEnd(batch: number): Promise<void> {
        if (batch === 1) throw new Error('broken');
        return Promise.resolve();
      }
    }
    await fit(model, []);
    const before = tf.memory().numTensors;
    for (let i = 0; i < times; i++) await expect(fit(model, [...callbacks, new Breaks()])).rejects.toThrow('broken');
    return tf.memory().numTensors - before;
  }

  test('are let go when the callback turns to another model, or is reset', async () => {
    const seen: number[] = [];
    const pruning = new GradualPruning({
      schedule: oneShot({targetSparsity: 0.5, beginStep: 6}),
      criterion: counting(seen),
    });
    await fit(net(), [pruning]);
    pruning.reset();
    await fit(net(), [pruning], 2);
    expect(seen).toEqual([6]);
    const model = net();
    const again = new GradualPruning({
      schedule: oneShot({targetSparsity: 0.5, beginStep: 6}),
      criterion: counting(seen),
    });
    await fit(model, [again]);
    again.reset();
    await fit(model, [again], 2);
    expect(seen).toEqual([6, 6]);
  });
});

test.each<[string, Partial<GradientCriterion>]>([
  ['score', {}],
  ['observe', {observe: () => undefined as never}],
])('after a fit that failed because a criterion could not %s, nothing observes any more', async (_, broken) => {
  const model = net();
  const pruning = new GradualPruning({
    schedule: oneShot({targetSparsity: 0.5, beginStep: 2}),
    criterion: {
      sees: 'gradients',
      observe: (_weight, gradient) => gradient,
      score: () => undefined as never,
      ...broken,
    },
  });
  await expect(fit(model, [pruning])).rejects.toThrow('Expected the criterion to');
  await expectNoLeak(() => fit(model, []));
  expect(weightOf(model).read()).toBe(weightOf(model).kernel.read()); // as it is where nobody taps it
});

test('observedBatches is a whole number >= 1, or Infinity', () => {
  const schedule = oneShot({targetSparsity: 0.5});
  for (const observedBatches of [0, 1.5, NaN]) {
    expect(() => new GradualPruning({schedule, criterion: taylor(), observedBatches})).toThrow(
      /Expected `observedBatches` to be a whole number >= 1/,
    );
  }
});
