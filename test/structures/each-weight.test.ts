/** A structure is a function from weights to a grouping; eachWeight makes one of groups within each weight. */
import * as tf from '@tensorflow/tfjs';
import {channels, coupledChannels, eachWeight, filters, type GroupedWeight, type Structure} from 'tfjs-pruning';
import {expectWithinWeights} from '../../src/structures/each-weight.js';
import {aboutWeight, expectStructure} from '../../src/structures/structure.js';
import {layout} from '../support/layouts.js';

const scale = {read: () => tf.scalar(7)};
const weights = ['a', 'b'].map((name, i) => {
  return {kernel: {}, layout: layout([2, i + 1], {name}), ...(i === 0 && {vectors: {scale, all: []}})};
}) as unknown as GroupedWeight[];
const model = {} as tf.LayersModel;

test('groups each weight for itself, by the reduction of the criterion', () => {
  const grouping = channels()(weights, model, {reduction: 'max'});
  const [a, b] = grouping.pool([Float32Array.of(1, 2), Float32Array.of(3, 4, 6, 5)]);
  expect([a, b]).toEqual([
    {name: 'a', layout: weights[0]!.layout, scores: Float32Array.of(1, 2)},
    {name: 'b', layout: weights[1]!.layout, scores: Float32Array.of(4, 6)},
  ]);
  expect(grouping.spread([Uint8Array.of(1, 0), Uint8Array.of(0, 1)])).toEqual([
    Uint8Array.of(1, 0),
    Uint8Array.of(0, 0, 1, 1),
  ]);
  expect('withoutGone' in grouping).toBe(false);
});

test('the groups may be a class, and take vectors along', () => {
  class Pairs {
    readonly #zero = tf.scalar(0);
    pool(scores: Float32Array): Float32Array {
      return scores.slice(0, this.#zero.size);
    }
    spread(kept: Uint8Array): Uint8Array {
      return Uint8Array.of(kept[0]!, this.#zero.size);
    }
    withoutGone(mask: tf.Tensor, {kernel}: GroupedWeight): [typeof kernel, tf.Tensor][] {
      return [[kernel, tf.add(mask, this.#zero)]];
    }
  }
  const structure = eachWeight(new Pairs());
  const grouping = structure([weights[0]!], model, {});
  expect(grouping.pool([Float32Array.of(5, 6)])[0]!.scores).toEqual(Float32Array.of(5));
  expect(grouping.spread([Uint8Array.of(0)])).toEqual([Uint8Array.of(0, 1)]);
  const [[kernel, value]] = grouping.withoutGone!([tf.tensor1d([1, 0])]) as [[unknown, tf.Tensor]];
  expect([kernel, ...value.dataSync()]).toEqual([weights[0]!.kernel, 1, 0]);
  expect(structure.pool(Float32Array.of(5, 6), weights[0]!.layout)).toEqual(Float32Array.of(5));
  const [[, own]] = structure.withoutGone!(tf.tensor1d([0, 1]), weights[0]!) as [[unknown, tf.Tensor]];
  expect([...own.dataSync()]).toEqual([0, 1]);
});

test('groups without pool or spread are refused', () => {
  expect(() => eachWeight({spread: (kept: Uint8Array) => kept} as never)).toThrow(/`groups`.*pool/);
  expect(() => eachWeight({pool: (scores: Float32Array) => scores} as never)).toThrow(/`groups`.*spread/);
});

test('filters take along the vectors of outputs of which nothing is left', () => {
  const vectors = [
    [1, 2, 3],
    [4, 5, 6],
  ].map(values => ({read: () => tf.tensor1d(values)}));
  const about = {kernel: {}, layout: layout([2, 1, 2, 3]), vectors: {all: vectors}} as unknown as GroupedWeight;
  // the first output keeps one of its weights, the second none, the third all
  const mask = tf.tensor4d([0, 0, 1, 0, 0, 1, 1, 0, 1, 0, 0, 1], [2, 1, 2, 3]);
  const values = filters().withoutGone!(mask, about);
  expect(values.map(([variable]) => variable)).toEqual(vectors);
  expect(values.map(([, value]) => [...value.dataSync()])).toEqual([
    [1, 0, 3],
    [4, 0, 6],
  ]);
  expect(filters().withoutGone!(mask, {...about, vectors: undefined})).toEqual([]);
  expect('withoutGone' in channels()).toBe(false);
});

test('filters of depthwise convolutions, with two axes of outputs, take along the vectors of their pairs', () => {
  const bias = {read: () => tf.tensor1d([1, 2, 3, 4])};
  const about = layout([2, 1, 2, 2], {outputAxes: [2, 3]});
  const mask = tf.tensor4d([1, 0, 0, 0, 0, 0, 1, 0], [2, 1, 2, 2]);
  const [[, value]] = filters().withoutGone!(mask, {layout: about, vectors: {all: [bias]}} as never) as [
    [unknown, tf.Tensor],
  ];
  expect([...value.dataSync()]).toEqual([1, 0, 3, 0]);
});

test('a criterion is told the layout and the scale of a weight', () => {
  expect(aboutWeight(weights[0]!).layout.name).toBe('a');
  expect(aboutWeight(weights[0]!).batchNormScale!.dataSync()[0]).toBe(7);
  expect(aboutWeight(weights[1]!).batchNormScale).toBeUndefined();
  expect(aboutWeight({...weights[1]!, vectors: {scale: undefined, all: []}}).batchNormScale).toBeUndefined();
});

test('who needs groups within a weight refuses others', () => {
  const whole: Structure = () => ({pool: () => [], spread: () => []});
  expect(expectStructure('structure', whole)).toBe(whole);
  for (const structure of [whole, coupledChannels()]) {
    expect(() => expectWithinWeights('it', structure)).toThrow(
      'it expects a `structure` whose groups lie within one weight, such as filters() or one made by eachWeight, got',
    );
  }
  const own = eachWeight({pool: scores => scores, spread: kept => kept});
  expect(expectWithinWeights('it', own)).toBe(own);
  expect(() => expectWithinWeights('it', {pool: 1} as never)).toThrow(
    /a function such as filters\(\), got an Object; turn/,
  );
  expect(() => expectStructure('structure', 'filters' as never)).toThrow(
    new TypeError('Expected `structure` to be a function such as filters(), got "filters" (string)'),
  );
});
