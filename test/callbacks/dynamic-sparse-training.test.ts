import * as tf from '@tensorflow/tfjs';
import {prunable, pruneOnce, uniform} from 'tfjs-pruning';
import type {DynamicSparseTrainingArgs} from '../../callbacks/families/rewiring.js';
import type {PruningCallback} from '../../callbacks/pruning-callback.js';
import {RigL} from '../../callbacks/rigl.js';
import {SparseEvolutionaryTraining} from '../../callbacks/sparse-evolutionary-training.js';
import {SparseMomentum} from '../../callbacks/sparse-momentum.js';
import type {MaskedWeight} from '../../src/layers/masked-weight.js';
import {slotsOf} from '../../src/optimizers/slots.js';
import {
  atBatchEnd,
  fit,
  isSparse,
  keptIn,
  maskedWeights,
  masksOf,
  net,
  OPTIMIZERS,
  stateOf,
} from '../support/sparse-training.js';
import {expectNoLeak, saveAndLoad} from '../support/tensors.js';

type Method = new (args: DynamicSparseTrainingArgs) => PruningCallback;

const METHODS: [string, Method][] = [
  ['SparseEvolutionaryTraining', SparseEvolutionaryTraining],
  ['RigL', RigL],
  ['SparseMomentum', SparseMomentum],
];

/** Connections move at batches 3, 6, 9 and 10. */
const rewired = (Kind: Method, more: Partial<DynamicSparseTrainingArgs> = {}) =>
  new Kind({sparsity: 0.5, seed: 1, stepUnit: 'batch', decay: 'constant', frequency: 3, endStep: 10, ...more});

/** In each slot of a weight, the values at the places that satisfy a condition. */
function slotValues(model: tf.LayersModel, {kernel}: MaskedWeight, isAt: (place: number) => boolean): number[] {
  return slotsOf(model)
    .get(kernel)!
    .flatMap(({variable}) => [...variable.dataSync()].filter((_, place) => isAt(place)));
}

describe.each(METHODS)('%s', (name, Kind) => {
  const fitting = OPTIMIZERS.filter(([, , hasMomentum]) => hasMomentum || Kind !== SparseMomentum);

  test.each(fitting)(
    'with %s: zeros stay as many, and what has moved is zero in kernels, and new in slots',
    async (optimizer, make) => {
      const initial = optimizer === 'adagrad' ? Math.fround(0.1) : 0; // a zero there would make the first step a leap
      const model = net(make());
      const callback = rewired(Kind);
      let before: string[] = [];
      const movesAt: number[] = [];
      const watch = new tf.CustomCallback({
        onBatchBegin: () => void (before = masksOf(model)),
        onBatchEnd: () => {
          expect(isSparse(model)).toBe(true);
          expect(keptIn(model).reduce((sum, kept) => sum + kept)).toBe(66);
          if (Kind !== SparseMomentum) expect(keptIn(model)).toEqual([15, 21, 18, 12]);
          const after = masksOf(model);
          if (after.join() !== before.join()) movesAt.push(callback.step);
          maskedWeights(model).forEach((weight, i) => {
            const values = weight.kernel.read().dataSync();
            const hasMoved = (place: number) => after[i]![place] !== before[i]![place];
            expect(values.filter((value, place) => hasMoved(place) && value !== 0)).toHaveLength(0);
            expect(slotValues(model, weight, hasMoved).filter(value => value !== initial)).toEqual([]);
          });
        },
      });
      const {history} = await fit(model, [callback, watch], 3);
      expect(movesAt).toEqual([3, 6, 9, 10]);
      expect(history['sparsity']).toEqual([0.5, 0.5, 0.5]);
      expect([callback.step, callback.sparsity]).toEqual([15, 0.5]);
    },
  );

  test('what has grown is trained from zero, and biases go on as ever', async () => {
    const model = net();
    let before: string[] = [];
    let grown: number[][] = [];
    let biases: tf.Tensor[] = [];
    const biasesOf = () => model.trainableWeights.filter(({shape}) => shape.length === 1).map(weight => weight.read());
    const first = new tf.CustomCallback({onBatchBegin: () => void (before = masksOf(model))});
    const watch = atBatchEnd(() => {
      const moved = masksOf(model).map((mask, i) =>
        [...mask].flatMap((bit, place) => (bit === '1' && before[i]![place] === '0' ? [place] : [])),
      );
      grown = moved.some(places => places.length > 0) ? moved : grown;
      biases = biasesOf();
    });
    await fit(model, [first, rewired(Kind, {endStep: 3}), watch]);
    expect(grown.flat().length).toBeGreaterThan(0);
    maskedWeights(model).forEach(({kernel}, i) => {
      const values = kernel.read().dataSync();
      expect(grown[i]!.every(place => values[place] !== 0)).toBe(true);
    });
    expect(biases.every(bias => bias.dataSync().every(value => value !== 0))).toBe(true);
  });

  test('goes on after a save and load in the middle as if nothing had happened', async () => {
    const [straight, first] = [net(), net()];
    await fit(straight, [rewired(Kind, {frequency: 5, endStep: 15})], 4);
    const callback = rewired(Kind, {frequency: 5, endStep: 15});
    await fit(first, [callback], 2); // saved at a step at which connections have moved
    const second = await saveAndLoad(first, true);
    await fit(second, [rewired(Kind, {frequency: 5, endStep: 15, initialStep: callback.step})], 2);
    expect(masksOf(second)).toEqual(masksOf(straight));
    expect(stateOf(second)).toEqual(stateOf(straight));
  });

  test('several fits are as good as one, by epochs too', async () => {
    const [straight, parts] = [net(), net()];
    const make = () => rewired(Kind, {stepUnit: 'epoch', frequency: 1, endStep: 3});
    await fit(straight, [make()], 4);
    const callback = make();
    for (let i = 0; i < 4; i++) await fit(parts, [callback]);
    expect(stateOf(parts)).toEqual(stateOf(straight));
    expect(callback.step).toBe(4);
  });

  test('starts from masks that are there already', async () => {
    const model = net();
    await pruneOnce(model, {sparsity: 0.25, allocation: uniform()});
    const before = masksOf(model);
    await fit(model, [rewired(Kind, {endStep: 3})]);
    expect(masksOf(model)).not.toEqual(before);
    expect(keptIn(model).reduce((sum, kept) => sum + kept)).toBe(99);
  });

  test('leaves a dense layer alone', async () => {
    const model = net(tf.train.momentum(0, 0.9));
    const values = () => [...model.getLayer('out').trainableWeights[0]!.read().dataSync()];
    const before = values();
    await fit(model, [rewired(Kind)], 3);
    expect(keptIn(model)[3]).toBe(12);
    expect(values()).toEqual(before);
  });

  test('a fraction that rounds to nothing moves nothing', async () => {
    const model = net();
    const seen = new Set<string>();
    await fit(model, [rewired(Kind, {dropFraction: 0.01}), atBatchEnd(() => void seen.add(masksOf(model).join()))], 3);
    expect(seen.size).toBe(1);
  });

  test('leaks nothing', async () => {
    const model = net('adam');
    await fit(model, [rewired(Kind)], 3);
    await expectNoLeak(async () => void (await fit(model, [rewired(Kind)], 3)));
  });

  test('NaN in a weight is an error that names it, and changes nothing', async () => {
    const model = net();
    let before: number[][] = [];
    const watch = atBatchEnd(() => void (before = stateOf(model)));
    const spoil = atBatchEnd(() => {
      const kernel = maskedWeights(model)[2]!.kernel.read() as tf.Variable;
      tf.tidy(() => kernel.assign(tf.mul(kernel, NaN)));
    });
    await expect(fit(model, [watch, rewired(Kind, {frequency: 2}), spoil])).rejects.toThrow(
      'Expected the weights of "conv/kernel" to have numbers as scores, got NaN at index 0 of 36',
    );
    expect(stateOf(model)).toEqual(before);
  });

  test('says which option is wrong', () => {
    const make = (args: object) => () => new Kind({sparsity: 0.5, endStep: 100, ...args});
    expect(make({endStep: -1})).toThrow('Expected `endStep` to be a whole number >= 0, or a fraction of the fit');
    expect(make({dropFraction: 1})).toThrow('Expected `dropFraction` to be a number in [0, 1), got 1');
    expect(make({decay: 'linear'})).toThrow('Expected `decay` to be one of constant, cosine, got "linear" (string)');
    expect(make({beginStep: 0})).toThrow('Expected `beginStep` to be a whole number >= 1, or a fraction of');
    expect(make({frequency: 0})).toThrow('Expected `frequency` to be a whole number >= 1, or a fraction of');
    expect(make({beginStep: 101})).toThrow('Expected `endStep` to be at least `beginStep` (101), got 100');
    expect(make({sparsity: undefined})).toThrow('Expected `sparsity` to be a number in [0, 1), got undefined');
    expect(make({fraction: 0.2})).toThrow(`${name} has no option \`fraction\``);
  });
});

test.each(METHODS.slice(1))('%s finds the few inputs that the targets follow from', async (_, Kind) => {
  const x = tf.randomNormal([128, 100], 0, 1, 'float32', 1);
  const y = tf.tidy(() => tf.sum(tf.gather(x, [7, 31, 64, 90], 1), 1, true));
  const layer = tf.layers.dense({
    name: 'a',
    units: 1,
    inputShape: [100],
    kernelInitializer: tf.initializers.glorotNormal({seed: 1}),
  });
  const model = prunable(tf.sequential({layers: [layer]}));
  model.compile({optimizer: tf.train.momentum(0.02, 0.9), loss: 'meanSquaredError'});
  const callback = new Kind({
    sparsity: 0.9,
    seed: 1,
    decay: 'constant',
    stepUnit: 'epoch',
    frequency: 1,
    endStep: 8,
  });
  await model.fit(x, y, {epochs: 10, batchSize: 16, shuffle: false, verbose: 0, callbacks: [callback]});
  const [mask] = masksOf(model);
  expect([7, 31, 64, 90].map(input => mask![input])).toEqual(['1', '1', '1', '1']);
  expect(keptIn(model)).toEqual([10]);
});

describe('laid over the fit', () => {
  const byEpochs = ([name]: readonly [string, Method]) => name !== 'RigL';

  /** The steps of a fit of 20 batches, in 4 epochs, at which connections move. */
  async function movesOf(callback: PruningCallback): Promise<number[]> {
    const model = net();
    const moves: number[] = [];
    let before = '';
    const look = () => {
      const now = masksOf(model).join();
      if (before !== '' && now !== before) moves.push(callback.step);
      before = now;
    };
    const watch = new tf.CustomCallback({onTrainBegin: look, onBatchEnd: look, onEpochEnd: look});
    await fit(model, [callback, watch], 4);
    return moves;
  }

  test.each(METHODS)('%s: `sparsity` alone moves connections in three quarters of it', async (name, Kind) => {
    const callback = new Kind({sparsity: 0.5, seed: 1, decay: 'constant'});
    const steps = byEpochs([name, Kind]) ? [1, 2, 3] : Array.from({length: 15}, (_, i) => i + 1);
    expect(await movesOf(callback)).toEqual(steps);
    expect(callback.sparsity).toBe(0.5);
  });

  test.each(METHODS)('%s: steps are fractions of it', async (name, Kind) => {
    const when = {stepUnit: 'fit', beginStep: 0.25, endStep: 1, frequency: 0.5} as const;
    const callback = new Kind({sparsity: 0.5, seed: 1, decay: 'constant', ...when});
    expect(await movesOf(callback)).toEqual(byEpochs([name, Kind]) ? [1, 3, 4] : [5, 15, 20]);
  });

  test('the fraction to drop falls to zero where it ends, so that the last one moves nothing', async () => {
    const when = {stepUnit: 'fit', endStep: 0.5, frequency: 0.25} as const;
    expect(await movesOf(new RigL({sparsity: 0.5, seed: 1, ...when}))).toEqual([5]);
  });

  test.each(METHODS)('%s: says which step is of another unit', (_, Kind) => {
    const make = (args: object) => () => new Kind({sparsity: 0.5, ...args});
    expect(make({stepUnit: 'fit', endStep: 100})).toThrow('`endStep` to be a fraction of the fit, in [0, 1]');
    expect(make({frequency: 100})).toThrow('`frequency` to be a fraction of the fit, in [0, 1], as');
    expect(make({endStep: 100, frequency: 0.5})).toThrow(
      "Expected `frequency` to be a whole number, got 0.5; for fractions of the fit give `stepUnit: 'fit'`",
    );
    expect(make({stepUnit: 'batch'})).toThrow(
      'expects no `stepUnit` without `endStep`, as the rewirings are then laid',
    );
    expect(make({endStep: 100, epochs: 3})).toThrow('expects no `epochs` without');
  });
});
