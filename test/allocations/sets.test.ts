import * as tf from '@tensorflow/tfjs';
import {
  coupledChannels,
  globalRanking,
  isomorphic,
  planChannelPruning,
  prunable,
  pruneOnce,
  type GlobalRankingArgs,
  type LayerScores,
  type Scope,
} from 'tfjs-pruning';
import {chainsIn} from '../../src/units/chains-in.js';
import {traceChannels} from '../../src/units/trace/trace-channels.js';
import {ARCHITECTURES} from '../support/architectures.js';
import {layout} from '../support/layouts.js';

const scored = (name: string, scores: readonly number[], more: Partial<LayerScores> = {}): LayerScores => {
  return {name, scores: Float32Array.from(scores), layout: layout([1, scores.length], {name}), ...more};
};
const plain = (masks: readonly Uint8Array[]) => masks.map(mask => [...mask]);

// Small scores in "a" and "b", large ones in "c" and "d".
const LAYERS = [
  scored('a/kernel', [1, 2, 3, 4]),
  scored('b/kernel', [1.5, 2.5, 3.5, 4.5]),
  scored('c/kernel', [10, 20, 30, 40]),
  scored('d/kernel', [15, 25, 35, 45]),
];

describe('scopes', () => {
  const ranked = (scopes: readonly Scope[], args: GlobalRankingArgs = {}, sparsity = 0.5) =>
    plain(globalRanking({scopes, ...args})(LAYERS, sparsity));

  test('each set loses its share, and the smallest of it', () => {
    // of a and b together 4 of 8: 1, 1.5, 2, 2.5
    const half = [0, 0, 1, 1];
    expect(ranked([['a', 'b'], /^[cd]/])).toEqual([half, half, half, half]);
    // of a and c together: 1, 2, 3, 4; of b and d: 1.5, 2.5, 3.5, 4.5
    const [none, all] = [
      [0, 0, 0, 1],
      [0, 1, 1, 1],
    ];
    expect(ranked([['a', 'c/kernel']])).toEqual([none, none, all, all]);
  });

  test('layers in no set form one more, and the first set that matches counts', () => {
    expect(ranked(['a', /./])).toEqual(ranked(['a']));
    // of b, c, d 6 of 12: all but one of b, which is kept, and 10, 15, 20
    expect(ranked(['a'])).toEqual([
      [0, 0, 1, 1],
      [0, 0, 0, 1],
      [0, 0, 1, 1],
      [0, 1, 1, 1],
    ]);
  });

  test('where a set is full, the others lose more', () => {
    // 8 of 16: "a" loses at most 1 of its 4, so 7 of the other 12 go
    const masks = plain(
      globalRanking({scopes: ['a'], minKept: 1})([scored('a/kernel', [1, 2, 3, 4], {}), ...LAYERS.slice(1)], 0.5),
    );
    expect(masks.flat().filter(kept => kept === 0)).toHaveLength(8);
    const frozen = scored('a/kernel', [Infinity, Infinity, Infinity, 4]);
    const held = plain(globalRanking({scopes: ['a']})([frozen, ...LAYERS.slice(1)], 0.5));
    expect(held[0]).toEqual([1, 1, 1, 0]);
    expect(
      held
        .slice(1)
        .flat()
        .filter(kept => kept === 0),
    ).toHaveLength(7);
  });

  test('names of coupled channels are those of their layers', () => {
    const layers = [scored('conv1 + conv2', [1, 2]), scored('conv3', [10, 20])];
    expect(plain(globalRanking({scopes: ['conv2']})(layers, 0.5))).toEqual([
      [0, 1],
      [0, 1],
    ]);
  });

  test.each<[string, unknown]>([
    ['Expected `scopes` to be a list of sets of layers, such as [/^stem/], got "a" (string)', 'a'],
    ['Expected `scopes` to be a list of sets of layers, such as [/^stem/], got an empty list', []],
    ['Expected `scopes[1]` to be a name, a RegExp, or a list of these, got 5 (number)', ['a', 5]],
    ['Expected `scopes[0]` to be a name, a RegExp, or a list of these, got an empty list', [[]]],
    ['Expected `scopes[0]` to be a name, a RegExp, or a list of these, got an Array', [['a', 5]]],
  ])('refused: %s', (message, scopes) => {
    expect(() => globalRanking({scopes: scopes as Scope[]})).toThrow(new TypeError(message));
  });

  test('a set without layers is an error', () => {
    expect(() => ranked(['a', 'nobody'])).toThrow(
      'Expected `scopes` to hold layers that are pruned, but `scopes[1]` matches none; there are "a/kernel", ',
    );
  });
});

describe('isomorphic', () => {
  test('lists of the same chain compete, others do not', () => {
    const chains = ['inner', 'sum', 'inner', 'sum'];
    const layers = LAYERS.map((layer, i) => ({...layer, chain: chains[i]!}));
    expect(plain(isomorphic()(layers, 0.5))).toEqual(plain(globalRanking({scopes: [['a', 'c']]})(LAYERS, 0.5)));
    const all = layers.map(layer => ({...layer, chain: 'inner'}));
    expect(plain(isomorphic()(all, 0.5))).toEqual(plain(globalRanking()(LAYERS, 0.5)));
  });

  test('without chains, kernels of the same size compete', () => {
    const sized = LAYERS.map((layer, i) => {
      const size = i % 2 === 0 ? 3 : 1;
      return {...layer, layout: {...layer.layout, shape: [size, 1, 4], inputAxes: [1], outputAxes: [2]}};
    });
    expect(plain(isomorphic()(sized, 0.5))).toEqual(plain(globalRanking({scopes: [['a', 'c']]})(LAYERS, 0.5)));
  });

  test('the chains of a residual net: inner channels of its blocks, and those of the sums', () => {
    const trace = traceChannels(ARCHITECTURES.residualStages());
    const chainOf = chainsIn(trace);
    const byName = Object.fromEntries(trace.groups.map(({name, units}) => [name, chainOf(units[0]!)]));
    expect(byName['a1']).toBe(
      'Conv2D kernel makes, Conv2D bias makes, BatchNormalization gamma passes, BatchNormalization beta passes, ' +
        'BatchNormalization movingMean passes, BatchNormalization movingVariance passes, Conv2D kernel takes',
    );
    expect(byName['stem + a2']).not.toBe(byName['b2 + projection']);
    expect(byName['b1']).toBe('Conv2D kernel makes, Conv2D bias makes, Conv2D kernel takes');
  });

  test('plans and masks of whole channels see the chains', async () => {
    const build = () => {
      const x = tf.input({shape: [4]});
      let y = tf.layers.dense({name: 'stem', units: 8, useBias: false}).apply(x) as tf.SymbolicTensor;
      for (const [i, scale] of [1, 100].entries()) {
        const kernelInitializer = tf.initializers.randomUniform({minval: scale, maxval: 2 * scale, seed: i});
        const inner = tf.layers.dense({name: `inner${i}`, units: 8, useBias: false, kernelInitializer}).apply(y);
        const outer = tf.layers.dense({name: `outer${i}`, units: 8, useBias: false}).apply(inner);
        y = tf.layers.add().apply([y, outer as tf.SymbolicTensor]) as tf.SymbolicTensor;
      }
      return tf.model({inputs: x, outputs: tf.layers.dense({name: 'head', units: 1}).apply(y) as tf.SymbolicTensor});
    };
    const model = build();
    const {groups} = await planChannelPruning(model, {sparsity: 0.5, allocation: isomorphic()});
    const lost = Object.fromEntries(groups.map(({name, before, after}) => [name, before - after]));
    // Of the 16 inner channels 8 go, all of the small ones but one; of the 8 in the sums 4.
    expect(lost).toEqual({'stem + outer0 + outer1': 4, inner0: 7, inner1: 1, head: 0});
    const masked = prunable(model);
    const {sparsity} = await pruneOnce(masked, {
      sparsity: 0.5,
      structure: coupledChannels(),
      allocation: isomorphic(),
    });
    expect(sparsity).toBeGreaterThan(0.5);
  });
});
