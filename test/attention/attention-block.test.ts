import * as tf from '@tensorflow/tfjs';
import {attended, AttentionBlock} from '../../src/attention/attention-block.js';
import {MeanAttention} from '../../src/attention/mean-attention.js';
import {expectNoLeak} from '../support/tensors.js';

const made = (more = {}) => new AttentionBlock({channels: 2, reduction: 2, first: 0.5, text: 'test', ...more});

/** A block of two channels and one hidden unit: logits 1.5 and 3 - 1 where it is 1.5, 0 and -1 where it is 0. */
function byHand(): AttentionBlock {
  const block = made();
  const values = [tf.tensor2d([[1], [-1]]), tf.tensor1d([0.5]), tf.tensor2d([[1, 2]]), tf.tensor1d([0, -1])];
  block.variables.forEach((variable, i) => variable.assign(values[i]!));
  return block;
}

/** Two examples of two positions and two channels, whose means are 2, 1 and 0, 3. */
const MAP = [[[[1, 3], [3, -1]]], [[[-2, 3], [2, 3]]]]; // prettier-ignore
const sigmoid = (logit: number) => 1 / (1 + Math.exp(-logit));

const expectClose = (actual: tf.Tensor, expected: number[], digits = 6) => {
  const values = actual.dataSync();
  expect(values).toHaveLength(expected.length);
  values.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, digits));
};

test('gives the attention of the formula, by hand, wherever the channels are', () => {
  const [block, map] = [byHand(), tf.tensor4d(MAP)];
  const expected = [sigmoid(1.5), sigmoid(2), 0.5, sigmoid(-1)];
  expectClose(block.attention(map, 3), expected);
  expectClose(block.attention(tf.transpose(map, [0, 3, 1, 2]), 1), expected);
  expect(block.attention(map, 3).shape).toEqual([2, 2]);
});

test('takes units of a Dense layer, which have one position', () => {
  const units = tf.tensor2d([[2, 1], [0, 3]]); // prettier-ignore
  expectClose(byHand().attention(units, 1), [sigmoid(1.5), sigmoid(2), 0.5, sigmoid(-1)]);
});

test('multiplies each channel of each example by its attention', () => {
  const attention = tf.tensor2d([[0.5, 1], [0.25, 0]]); // prettier-ignore
  const expected = [0.5, 3, 1.5, -1, -0.5, 0, 0.5, 0];
  expectClose(attended(tf.tensor4d(MAP), 3, attention), expected);
  const first = attended(tf.transpose(tf.tensor4d(MAP), [0, 3, 1, 2]), 1, attention);
  expectClose(tf.transpose(first, [0, 2, 3, 1]), expected);
});

test('its gradients are those of finite differences', () => {
  const block = made({channels: 3, reduction: 1, text: 'gradients'});
  block.variables.forEach((variable, i) => {
    variable.assign(tf.add(variable, tf.randomNormal(variable.shape, 0, 0.5, 'float32', i + 1)));
  });
  const map = tf.randomNormal([4, 3, 2, 3], 0.5, 1, 'float32', 7);
  const weights = tf.randomNormal([4, 3, 2, 3], 0, 1, 'float32', 8);
  const loss = () => tf.sum(tf.mul(attended(map, 3, block.attention(map, 3)), weights)).asScalar();
  const {grads} = tf.variableGrads(loss, [...block.variables]);
  const step = 1e-2;
  for (const variable of block.variables) {
    const values = variable.dataSync().slice();
    const at = (i: number, by: number) => {
      const moved = values.slice();
      moved[i]! += by;
      variable.assign(tf.tensor(moved, variable.shape));
      return loss().dataSync()[0]!;
    };
    const slopes = Array.from(values, (_, i) => (at(i, step) - at(i, -step)) / (2 * step));
    variable.assign(tf.tensor(values, variable.shape));
    expectClose(grads[variable.name]!, slopes, 2);
    expect(Math.max(...slopes.map(Math.abs))).toBeGreaterThan(0.05);
  }
});

test.each<[channels: number, reduction: number, hidden: number]>([
  [16, 8, 2],
  [20, 8, 2],
  [4, 8, 1],
  [4, 0.5, 8],
])('%d channels by %d make %d hidden units', (channels, reduction, hidden) => {
  const shapes = made({channels, reduction}).variables.map(({shape}) => shape);
  expect(shapes).toEqual([[channels, hidden], [hidden], [hidden, channels], [channels]]);
});

test('begins with the same attention to all channels', () => {
  const map = tf.randomNormal([2, 4, 5], 0, 3, 'float32', 1);
  expectClose(made({channels: 5, first: 0.9}).attention(map, 2), new Array<number>(10).fill(0.9));
});

test('draws by its text, with the deviation of He', () => {
  const drawn = (text: string) => made({channels: 100, reduction: 1, text}).variables[0].dataSync();
  expect(drawn('a')).toEqual(drawn('a'));
  expect(drawn('a')).not.toEqual(drawn('b'));
  const squares = Array.from(drawn('a'), value => value ** 2).reduce((sum, square) => sum + square, 0);
  expect(squares / 10_000 / (2 / 100)).toBeCloseTo(1, 1);
});

test('the mean attention is over examples, in batches of any size', async () => {
  await expectNoLeak(() => {
    const mean = new MeanAttention();
    expect(mean.mean).toBeUndefined();
    tf.tidy(() => {
      mean.add(tf.tensor2d([[0.2, 0], [0.4, 1]])); // prettier-ignore
      mean.add(tf.tensor2d([[0.9, 1]]));
    });
    expectClose(mean.mean!, [0.5, 2 / 3]);
    mean.dispose();
  });
});

test('leaves nothing behind', async () => {
  await expectNoLeak(() => {
    const block = made();
    block.dispose();
  });
});
