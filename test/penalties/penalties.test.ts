import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import {
  blocks,
  channels,
  eachWeight,
  filters,
  kernelColumns,
  inputBlocks,
  kernelRows,
  kernels,
  nOfM,
  outputBlocks,
  shifts,
  slices,
  weights,
  type WeightLayout,
  type WeightStructure,
} from 'tfjs-pruning';
import {elasticNet} from '../../src/penalties/elastic-net.js';
import {groupLasso} from '../../src/penalties/group-lasso.js';
import {hoyerSquare} from '../../src/penalties/hoyer-square.js';
import {l1} from '../../src/penalties/l1.js';
import {l2} from '../../src/penalties/l2.js';
import {networkSlimming} from '../../src/penalties/network-slimming.js';
import type {Penalty} from '../../src/penalties/penalty.js';
import {sparseGroupLasso} from '../../src/penalties/sparse-group-lasso.js';
import {layout} from '../support/layouts.js';
import {expectNoLeak} from '../support/tensors.js';

const valueOf = (penalty: Penalty, w: tf.Tensor, of: WeightLayout = layout(w.shape)) =>
  tf.tidy(() => penalty(w, of).dataSync()[0]!);
const gradientOf = (penalty: Penalty, w: tf.Tensor, of: WeightLayout = layout(w.shape)) =>
  tf.tidy(() => [
    ...tf
      .grad((v: tf.Tensor) => penalty(v, of))(w)
      .dataSync(),
  ]);
const proximalOf = (penalty: Penalty, w: tf.Tensor, step: number, of: WeightLayout = layout(w.shape)) =>
  tf.tidy(() => [...penalty.proximal!(w, of, step).dataSync()].map(value => value + 0));

/** Expects numbers close to others, relative to their size. */
function expectClose(received: readonly number[], expected: readonly number[], tolerance = 1e-5): void {
  expect(received.length).toBe(expected.length);
  received.forEach((value, i) => {
    expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(tolerance * (1 + Math.abs(expected[i]!)));
  });
}

// a Dense kernel of two inputs and three units, whose columns have the norms 5, 0 and 2
const KERNEL = () => tf.tensor2d([3, 0, -2, -4, 0, 0], [2, 3]);
const ROOT = Math.SQRT2;

describe('values and gradients by hand', () => {
  test.each<[string, Penalty, number, number[]]>([
    ['l1', l1({strength: 0.1}), 0.9, [0.1, 0, -0.1, -0.1, 0, 0]],
    ['l2', l2({strength: 0.1}), 2.9, [0.6, 0, -0.4, -0.8, 0, 0]],
    ['elasticNet', elasticNet({l1: 0.1, l2: 0.1}), 3.8, [0.7, 0, -0.5, -0.9, 0, 0]],
    ['groupLasso', groupLasso({strength: 0.1}), 0.7 * ROOT, [0.06 * ROOT, 0, -0.1 * ROOT, -0.08 * ROOT, 0, 0]],
    [
      'groupLasso of rows',
      groupLasso({strength: 1, structure: slices(0)}),
      Math.sqrt(3) * (Math.sqrt(13) + 4),
      [3 * Math.sqrt(3 / 13), 0, -2 * Math.sqrt(3 / 13), -Math.sqrt(3), 0, 0],
    ],
    [
      'sparseGroupLasso',
      sparseGroupLasso({strength: 0.2, alpha: 0.5}),
      0.9 + 0.7 * ROOT,
      [0.1 + 0.06 * ROOT, 0, -0.1 - 0.1 * ROOT, -0.1 - 0.08 * ROOT, 0, 0],
    ],
    // (3 + 4 + 2)^2 / 29, and 2 sign(w) 9/29 - 2 w (9/29)^2
    ['hoyerSquare', hoyerSquare({strength: 1}), 81 / 29, [3, -2, -4].flatMap(hoyerByHand)],
    // (5 + 0 + 2)^2 / 29, and 2 (w / ||w_g||) 7/29 - 2 w (7/29)^2
    ['hoyerSquare of filters', hoyerSquare({strength: 2, structure: filters()}), 98 / 29, groupHoyerByHand()],
    ['networkSlimming', networkSlimming({strength: 0.1}), 0.9, [0.1, 0, -0.1, -0.1, 0, 0]],
  ])('%s', (name, penalty, value, gradient) => {
    const w = KERNEL();
    const placed = name === 'hoyerSquare' ? [gradient[0]!, 0, gradient[1]!, gradient[2]!, 0, 0] : gradient;
    expectClose([valueOf(penalty, w)], [value], 1e-6);
    expectClose(gradientOf(penalty, w), placed, 1e-6);
    w.dispose();
  });

  function hoyerByHand(w: number): number[] {
    return [2 * Math.sign(w) * (9 / 29) - 2 * w * (9 / 29) ** 2];
  }

  function groupHoyerByHand(): number[] {
    const at = (w: number, norm: number) => 2 * (2 * (w / norm) * (7 / 29) - 2 * w * (7 / 29) ** 2);
    return [at(3, 5), 0, at(-2, 2), at(-4, 5), 0, 0];
  }
});

const EVERY: [string, () => Penalty][] = [
  ['l1', () => l1({strength: 0.3})],
  ['l2', () => l2({strength: 0.3})],
  ['elasticNet', () => elasticNet({l1: 0.2, l2: 0.4})],
  ['groupLasso', () => groupLasso({strength: 0.3})],
  ['groupLasso of blocks', () => groupLasso({strength: 0.3, structure: blocks([2, 2])})],
  ['sparseGroupLasso', () => sparseGroupLasso({strength: 0.3, alpha: 0.3})],
  ['hoyerSquare', () => hoyerSquare({strength: 0.3})],
  ['hoyerSquare of blocks', () => hoyerSquare({strength: 0.3, structure: blocks([2, 2])})],
];

describe.each(EVERY)('%s', (_, make) => {
  test('has the gradient that its values have', () => {
    const values = [0.7, -1.2, 0.4, 2, -0.3, 0.9, 1.4, -0.8, 0.6, -2.1, 0.5, 1.1, 0.2, 0.35, -0.9];
    const penalty = make();
    const at = (i: number, h: number) => {
      const moved = tf.tensor2d(
        values.map((value, j) => (j === i ? value + h : value)),
        [5, 3],
      );
      const value = valueOf(penalty, moved);
      moved.dispose();
      return value;
    };
    const h = 0.01;
    const w = tf.tensor2d(values, [5, 3]);
    expectClose(
      gradientOf(penalty, w),
      values.map((_value, i) => (at(i, h) - at(i, -h)) / (2 * h)),
      2e-3,
    );
    w.dispose();
  });

  test('is 0 with a gradient of 0 where all weights are 0', () => {
    const w = tf.zeros([4, 3]);
    expect(valueOf(make(), w)).toBe(0);
    expect(gradientOf(make(), w).map(value => value + 0)).toEqual(Array(12).fill(0));
    w.dispose();
  });

  test('leaks nothing', async () => {
    const [penalty, w] = [make(), tf.ones([4, 3])];
    await expectNoLeak(() => {
      valueOf(penalty, w);
      gradientOf(penalty, w);
      if (penalty.proximal) proximalOf(penalty, w, 0.1);
    });
    w.dispose();
  });
});

/** Groups by hand: which weights fall when one group alone does. */
function groupsByHand(structure: WeightStructure, of: WeightLayout): number[][] {
  const size = tf.util.sizeFromShape([...of.shape]);
  const count = structure.pool(new Float32Array(size), of).length;
  return Array.from({length: count}, (_, fallen) => {
    const mask = structure.spread(
      Uint8Array.from({length: count}, (_bit, group) => (group === fallen ? 0 : 1)),
      of,
    );
    return [...mask.keys()].filter(i => mask[i] === 0);
  });
}

const conv = layout([3, 3, 4, 4]);
const lstm = layout([3, 8], {gates: 4});
const depthwise = layout([3, 3, 2, 2], {inputAxes: [2], outputAxes: [2, 3]});
const oddOnes = eachWeight({
  pool: scores => Float32Array.of(0, 1).map((_, odd) => scores.filter((_score, i) => i % 2 === odd).length),
  spread: (kept, {shape}) => Uint8Array.from({length: tf.util.sizeFromShape([...shape])}, (_, i) => kept[i % 2]!),
});
const thirds = eachWeight({
  pool: () => new Float32Array(2),
  spread: (kept, {shape}) =>
    Uint8Array.from({length: tf.util.sizeFromShape([...shape])}, (_, i) => kept[i % 3 === 0 ? 0 : 1]!),
});

test.each<[string, WeightStructure, WeightLayout]>([
  ['weights', weights(), conv],
  ['filters', filters(), conv],
  ['filters of an LSTM', filters(), lstm],
  ['filters of a depthwise convolution', filters(), depthwise],
  ['channels', channels(), conv],
  ['kernels', kernels(), conv],
  ['kernelRows', kernelRows(), conv],
  ['kernelColumns', kernelColumns(), conv],
  ['shifts', shifts(), conv],
  ['blocks', blocks([4, 2]), conv],
  ['blocks that do not divide', blocks([5, 3]), conv],
  ['inputBlocks', inputBlocks(3), conv],
  ['outputBlocks', outputBlocks(3), conv],
  ['nOfM', nOfM(2, 4), conv],
  ['slices', slices(1), conv],
  ['every other weight', oddOnes, conv],
  ['groups of unequal size', thirds, conv],
])('group penalties of %s are those of a loop over the groups', (_, structure, of) => {
  const groups = groupsByHand(structure, of);
  const size = tf.util.sizeFromShape([...of.shape]);
  const [strength, step] = [0.3, 0.5];
  const penalties = [groupLasso({strength, structure}), hoyerSquare({strength, structure})] as const;
  fc.assert(
    fc.property(
      fc.array(fc.integer({min: -8, max: 8}), {minLength: size, maxLength: size}),
      fc.subarray([...groups.keys()]),
      (values, fallen) => {
        for (const group of fallen) for (const i of groups[group]!) values[i] = 0;
        const w = tf.tensor(values, [...of.shape], 'float32');
        const norms = groups.map(group => Math.hypot(...group.map(i => values[i]!)));
        const sum = norms.reduce((total, norm) => total + norm, 0);
        const squares = values.reduce((total, value) => total + value ** 2, 0);
        const lasso = groups.reduce((total, group, g) => total + Math.sqrt(group.length) * norms[g]!, 0);
        const [gradient, shrunk] = [new Array<number>(size), new Array<number>(size)];
        groups.forEach((group, g) => {
          for (const i of group) {
            const force = strength * Math.sqrt(group.length);
            gradient[i] = norms[g] === 0 ? 0 : (force * values[i]!) / norms[g]!;
            shrunk[i] = norms[g] === 0 ? 0 : values[i]! * Math.max(0, 1 - (step * force) / norms[g]!);
          }
        });
        expectClose([valueOf(penalties[0], w, of)], [strength * lasso]);
        expectClose([valueOf(penalties[1], w, of)], [squares === 0 ? 0 : (strength * sum ** 2) / squares]);
        expectClose(gradientOf(penalties[0], w, of), gradient);
        expectClose(proximalOf(penalties[0], w, step, of), shrunk);
        w.dispose();
      },
    ),
    {numRuns: 10, seed: 1},
  );
});

describe('proximal operators', () => {
  test('by hand', () => {
    const w = tf.tensor2d([3, 0.05, -2, -4, 0, -0.1], [2, 3]);
    expectClose(proximalOf(l1({strength: 0.5}), w, 0.2), [2.9, 0, -1.9, -3.9, 0, 0]);
    expectClose(proximalOf(l2({strength: 0.5}), w, 1), [1.5, 0.025, -1, -2, 0, -0.05]);
    expectClose(proximalOf(elasticNet({l1: 0.1, l2: 0.5}), w, 1), [1.45, 0, -0.95, -1.95, 0, 0]);
    // filters of the norms 5, 0.05 and 2.0025: a pull of 1, the second falls as a whole
    const grouped = proximalOf(groupLasso({strength: 1 / ROOT}), w, 1);
    const third = 1 - 1 / Math.hypot(2, 0.1);
    expectClose(grouped, [2.4, 0, -2 * third, -3.2, 0, -0.1 * third]);
    expect(grouped.filter(value => value === 0)).toHaveLength(2);
    expect(proximalOf(l1({strength: 0.5}), w, 0.2).filter(value => value === 0)).toHaveLength(3);
    w.dispose();
  });

  test('of groups take to zero also what is so small that its square is none', () => {
    const w = tf.tensor2d([3, 1e-25, -2, -4, 0, 0], [2, 3]);
    expect(proximalOf(groupLasso({strength: 0.1}), w, 1)[1]).toBe(0);
    expectClose(proximalOf(groupLasso({strength: 0}), w, 1), [3, 0, -2, -4, 0, 0]);
    w.dispose();
  });

  test.each(EVERY.filter(([, make]) => make().proximal))('of %s is where the objective is smallest', (_, make) => {
    const penalty = make();
    const step = 0.8;
    const w = tf.tensor2d([1.5, 0.1, -2, -0.4, 0.2, 0.3], [2, 3]);
    const best = proximalOf(penalty, w, step);
    const objective = (v: number[]) => {
      const moved = tf.tensor2d(v, [2, 3]);
      const distance = tf.tidy(() => tf.sum(tf.square(tf.sub(moved, w))).dataSync()[0]!);
      const value = valueOf(penalty, moved) + distance / (2 * step);
      moved.dispose();
      return value;
    };
    const least = objective(best);
    fc.assert(
      fc.property(fc.array(fc.double({min: -0.5, max: 0.5, noNaN: true}), {minLength: 6, maxLength: 6}), move => {
        expect(objective(best.map((value, i) => value + move[i]!))).toBeGreaterThanOrEqual(least - 1e-6);
        expect(objective(best.map((value, i) => value + 0.01 * move[i]!))).toBeGreaterThanOrEqual(least - 1e-6);
      }),
      {numRuns: 100, seed: 1},
    );
    w.dispose();
  });
});

test('says what is wrong with a structure of your own', () => {
  const value = (structure: object) => () =>
    valueOf(groupLasso({strength: 1, structure: eachWeight({...weights(), ...structure})}), tf.ones([2, 3]));
  expect(value({pool: () => undefined})).toThrow('Expected the structure to pool the scores of');
  expect(value({spread: () => undefined})).toThrow('Expected the structure to spread 6 mask values');
  expect(value({spread: () => new Uint8Array(2)})).toThrow('Expected the structure to spread 6 mask values');
  expect(value({spread: (kept: Uint8Array) => kept.map(bit => 255 * bit)})).toThrow('to hold only 0 and 1, got 255');
});

test('says what is wrong', () => {
  expect(() => l1({strength: -1})).toThrow('Expected `strength` to be a number >= 0, got -1');
  expect(() => l1({weight: 1} as never)).toThrow('l1 has no option `weight`');
  expect(() => l2({} as never)).toThrow('Expected `strength` to be a number');
  expect(() => elasticNet({l1: 1, l2: NaN})).toThrow('Expected `l2` to be a number');
  expect(() => elasticNet({l1: '1' as never, l2: 0})).toThrow('Expected `l1` to be a number');
  expect(() => groupLasso({strength: 1, structure: {} as never})).toThrow('Expected `structure` to be a function');
  expect(() => hoyerSquare({strength: 1, structure: {} as never})).toThrow('Expected `structure` to be a function');
  expect(() => sparseGroupLasso({strength: 1, alpha: 1.1})).toThrow('Expected `alpha` to be a number in [0, 1]');
  expect(() => networkSlimming({strength: Infinity})).toThrow('Expected `strength` to be a number');
});
