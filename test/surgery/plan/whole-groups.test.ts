import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import {globalRanking, modelCost, prunable, uniform} from 'tfjs-pruning';
import {shrink} from '../../../src/surgery/cut/shrink.js';
import type {ChannelPlan} from '../../../src/surgery/channel-plan.js';
import {formatChannelPlan} from '../../../src/surgery/format-channel-plan.js';
import {planChannelPruning} from '../../../src/surgery/plan/plan-channel-pruning.js';
import type {PlanChannelPruningArgs} from '../../../src/surgery/plan/plan-options.js';
import {traceChannels} from '../../../src/units/trace/trace-channels.js';
import {ARCHITECTURES} from '../../support/architectures.js';
import {modelOf, recipes} from '../../support/random-architecture.js';
import {setMask, wrapper} from '../../support/masks.js';
import {withRandomWeights} from '../../support/random-weights.js';
import {expectSameOutputs, randomInputs, zeroedConsumers} from '../../support/surgery-oracle.js';
import {expectNoLeak} from '../../support/tensors.js';

type Symbolic = tf.SymbolicTensor;

const dense = (name: string, units: number, more = {}) => tf.layers.dense({name, units, ...more});
/** All of whose weights are the same. */
const flat = (name: string, units: number, weight: number) =>
  dense(name, units, {kernelInitializer: tf.initializers.constant({value: weight})});
const add = (name: string, ...inputs: Symbolic[]) => tf.layers.add({name}).apply(inputs) as Symbolic;
const concatenate = (name: string, ...inputs: Symbolic[]) => tf.layers.concatenate({name}).apply(inputs) as Symbolic;
const through = (input: Symbolic, ...layers: tf.layers.Layer[]) =>
  layers.reduce((x, layer) => layer.apply(x) as Symbolic, input);

const after = ({groups}: ChannelPlan) => Object.fromEntries(groups.map(group => [group.name, group.after]));
const reasons = ({groups}: ChannelPlan) => Object.fromEntries(groups.map(({name, reason}) => [name, reason]));
const names = (model: tf.LayersModel) => model.layers.map(({name}) => name);

/** Of weights as they are, with a chance for each group to lose all. */
const plan = (model: tf.LayersModel, args: PlanChannelPruningArgs) =>
  planChannelPruning(model, {allocation: globalRanking(), minKept: 0, ...args});

/** Expects the model that is left to be exactly as large as the plan says. */
async function expectExact(model: tf.LayersModel, planned: ChannelPlan): Promise<tf.LayersModel> {
  const small = await shrink(model, planned);
  const {parameters, multiplyAdds} = modelCost(small).total;
  expect(planned.after).toMatchObject({parameters, multiplyAdds});
  return small;
}

/** 2 -> stem 3 -> head 1, and beside it from the stem a 4 -> b 5 -> c 3 of small weights, added. */
function residual(): tf.LayersModel {
  const input = tf.input({shape: [2], name: 'in'});
  const stem = through(input, flat('stem', 3, 1));
  const branch = through(stem, flat('a', 4, 0.02), flat('b', 5, 0.01), flat('c', 3, 0.01));
  return tf.model({inputs: input, outputs: through(add('sum', stem, branch), flat('head', 1, 1))});
}

/** 2 -> p 2 and q 2, side by side -> head 1. */
function twins(p: number, q: number): tf.LayersModel {
  const input = tf.input({shape: [2], name: 'in'});
  const both = concatenate('both', through(input, flat('p', 2, p)), through(input, flat('q', 2, q)));
  return tf.model({inputs: input, outputs: through(both, flat('head', 1, 1))});
}

// tf.js warns that a symbolic initial state is not written down; it is, as an input
beforeEach(() => void jest.spyOn(console, 'warn').mockImplementation());
afterEach(() => jest.restoreAllMocks());

describe('a branch of a sum', () => {
  test('goes with all layers when one group in it has lost all', async () => {
    const model = residual();
    const planned = await plan(model, {sparsity: 0.5}); // 6 of 12: 4 of b are too few, all 5 take a along
    expect(planned).toEqual({
      remove: {a: [0, 1, 2, 3], b: [0, 1, 2, 3, 4]},
      groups: [
        {name: 'stem + c', layers: ['stem', 'c'], initial: 3, before: 3, after: 3},
        {name: 'a', layers: ['a'], initial: 4, before: 4, after: 0},
        {name: 'b', layers: ['b'], initial: 5, before: 5, after: 0},
        {name: 'head', layers: ['head'], initial: 1, before: 1, after: 1, reason: "are the model's outputs"},
      ],
      before: {channels: 13, parameters: 9 + 16 + 25 + 18 + 4, multiplyAdds: 6 + 12 + 20 + 15 + 3},
      after: {channels: 4, parameters: 9 + 4, multiplyAdds: 6 + 3},
      target: {sparsity: 0.5},
    });
    expect(names(await expectExact(model, planned))).toEqual(['in', 'stem', 'head']);
    expect(formatChannelPlan(planned)).toContain('b                                         5     0   100.0%');
  });

  test('stays by default', async () => {
    const planned = await planChannelPruning(residual(), {sparsity: 0.9});
    expect(after(planned)).toEqual({'stem + c': 1, a: 1, b: 1, head: 1});
  });

  test('makes place: the trunk keeps what it needs', async () => {
    const planned = await plan(residual(), {sparsity: 0.99});
    expect(after(planned)).toEqual({'stem + c': 1, a: 0, b: 0, head: 1});
    expect(reasons(planned)['stem + c']).toBe('are held by "head", which needs some');
    expect(planned.shortfall).toBe('1 of the 12 channels that were to be removed are kept: no group can lose more');
  });

  test('stays where something that would go with it must stay', async () => {
    const HELD: [Partial<PlanChannelPruningArgs>, why: string][] = [
      [{perLayer: {b: {minKept: 2}}}, 'are held by minKept 2'],
      [{perLayer: {b: {maxSparsity: 0.8}}}, 'are held by maxSparsity 0.8 of 5 at first'],
      [{perLayer: {b: 0.9}}, 'are held by minKept 1'],
      [{keepOutputs: 'b'}, 'are kept by `keepOutputs`'],
    ];
    for (const [args, why] of HELD) {
      const planned = await plan(residual(), {sparsity: 0.9, ...args});
      expect(reasons(planned)).toMatchObject({a: 'are held by "b", which would be removed with them', b: why});
      expect(after(planned)['a']).toBe(1);
      await expectExact(residual(), planned);
    }
  });

  test('may go by the limits of single layers', async () => {
    const args = {sparsity: 0.9, minKept: 1, allocation: uniform()};
    const one = await planChannelPruning(residual(), {...args, perLayer: {b: {minKept: 0}}});
    expect(after(one)).toEqual({'stem + c': 1, a: 1, b: 1, head: 1});
    const both = await planChannelPruning(residual(), {...args, perLayer: {a: {minKept: 0}, b: {minKept: 0}}});
    expect(after(both)).toEqual({'stem + c': 1, a: 0, b: 0, head: 1});
  });

  test('goes by blocks, and as one where it is too small for them', async () => {
    const fours = await plan(residual(), {sparsity: 0.5, roundTo: 4});
    expect(after(fours)).toEqual({'stem + c': 3, a: 0, b: 0, head: 1});
    const tens = await plan(residual(), {sparsity: 0.1, roundTo: 10, keepOutputs: 'stem'});
    expect(after(tens)).toEqual({'stem + c': 3, a: 0, b: 0, head: 1});
    const most = await plan(residual(), {sparsity: 0.1, roundTo: 10, maxSparsity: 0.9});
    expect([after(most)['b'], most.shortfall]).toEqual([
      5,
      '1 of the 1 channels that were to be removed are kept: no group can lose more',
    ]);
  });

  test('what is left of a model goes on from the plan', async () => {
    const first = await plan(residual(), {sparsity: 0.5});
    const second = await plan(await shrink(residual(), first), {sparsity: 0.9, maxSparsity: 0.4, previous: first});
    expect(second.groups[0]).toMatchObject({name: 'stem', initial: 3, before: 3, after: 2});
  });

  test.each([0.01, 1])('takes a block with its gates along, but never the gates alone (%d)', async worth => {
    const input = tf.input({shape: [4]});
    const features = through(input, flat('features', 3, 0.1));
    const gates = through(features, flat('squeeze', 2, worth), flat('excite', 3, 0.01));
    const gated = tf.layers.multiply({name: 'gated'}).apply([features, gates]) as Symbolic;
    const sum = add('sum', input, through(gated, flat('back', 4, 0.1)));
    const model = tf.model({inputs: input, outputs: through(sum, flat('head', 1, 1))});
    const some = await plan(model, {sparsity: 0.6, allocation: uniform()});
    expect(after(some)).toMatchObject({'features + excite': 1, squeeze: 1});
    expect(reasons(some)['squeeze']).toBe('are held by "gated", which needs some');
    const all = await plan(model, {sparsity: 0.7});
    expect(after(all)).toMatchObject({'features + excite': 0, squeeze: 0});
    expect(names(await expectExact(model, all))).toEqual([input.name, 'head']);
  });
});

describe('branches of a concatenation', () => {
  test('the worse one goes, the other keeps a channel', async () => {
    for (const [p, q, gone, left] of [
      [0.2, 0.1, 'q', 'p'],
      [0.1, 0.2, 'p', 'q'],
      [0.1, 0.1, 'p', 'q'], // the earlier
    ] as const) {
      const planned = await plan(twins(p, q), {sparsity: 0.9});
      expect(after(planned)).toEqual({[gone]: 0, [left]: 1, head: 1});
      expect(reasons(planned)).toMatchObject({[gone]: undefined, [left]: 'are held by "head", which needs some'});
      expect(planned.shortfall).toBe('1 of the 4 channels that were to be removed are kept: no group can lose more');
      expect(names(await expectExact(twins(p, q), planned))).toEqual(['in', left, 'head']);
    }
  });

  test('an allocation that keeps one by its own limit does so', async () => {
    const planned = await plan(twins(0.1, 0.2), {sparsity: 0.75, allocation: globalRanking({minKept: 1})});
    expect(after(planned)).toEqual({p: 1, q: 1, head: 1});
  });
});

/** A vector (v) is added to every row of a matrix (the sum of p and q), which alone can't take its place. */
function spread(): tf.LayersModel {
  const input = tf.input({shape: [2, 2]});
  const stem = through(input, flat('stem', 3, 1));
  const matrix = add('matrix', ...['p', 'q'].map(name => through(stem, flat(name, 1, 0.2), flat(`${name}2`, 3, 0.2))));
  const vector = through(
    stem,
    tf.layers.globalAveragePooling1d({}),
    flat('v', 4, 0.1),
    flat('v2', 3, 0.1),
    tf.layers.reshape({targetShape: [1, 3]}),
  );
  const sum = add('sum', stem, add('spread', matrix, vector));
  return tf.model({inputs: input, outputs: through(sum, tf.layers.globalAveragePooling1d({}), flat('head', 1, 1))});
}

test('no branch goes where those that should can only go with another', async () => {
  const args = {keepOutputs: 'stem', allocation: uniform()};
  const some = await plan(spread(), {sparsity: 0.5, ...args});
  expect(after(some)).toMatchObject({p: 1, q: 1, v: 1});
  await expectExact(spread(), some);
  const all = await plan(spread(), {sparsity: 0.99, ...args});
  expect(after(all)).toMatchObject({p: 0, q: 0, v: 0});
  expect(names(await expectExact(spread(), all)).slice(1)).toEqual(['stem', expect.stringContaining('global'), 'head']);
});

test('a group that is masked as a whole goes whatever the target', async () => {
  const model = prunable(residual());
  setMask(wrapper(model, 'b').maskedWeights[0]!, () => 0);
  const masked = await plan(model, {sparsity: 0});
  expect(after(masked)).toEqual({'stem + c': 3, a: 0, b: 0, head: 1});
  expect(names(await expectExact(model, masked))).toEqual(['in', 'stem', 'head']);
});

test('of a wrapped model, by latency, without leaks', async () => {
  const model = prunable(residual());
  const latencyOf = (one: tf.LayersModel) => modelCost(one).total.multiplyAdds;
  await expectNoLeak(async () => {
    const planned = await plan(model, {latency: 0.2, latencyOf});
    expect(after(planned)).toEqual({'stem + c': 3, a: 0, b: 0, head: 1});
    (await expectExact(model, planned)).dispose();
  });
});

/**
 * Blocks of a network that grows at random, each on the trunk: its kind, the sizes inside, and how much its weights are
 * worth.
 */
interface Block {
  readonly kind: keyof typeof BLOCKS;
  readonly sizes: readonly number[];
  readonly size: number;
}

const conv = (filters: number, more = {}) =>
  tf.layers.conv2d({filters, kernelSize: 3, padding: 'same', activation: 'relu', ...more});
const channels = (x: Symbolic) => x.shape.at(-1)!;
const chain = (x: Symbolic, sizes: readonly number[], end: number) =>
  through(x, ...[...sizes, end].map(size => conv(size)), tf.layers.batchNormalization());
const sumOf = (...inputs: Symbolic[]) => tf.layers.add().apply(inputs) as Symbolic;
const joined = (...inputs: Symbolic[]) => tf.layers.concatenate().apply(inputs) as Symbolic;

const BLOCKS = {
  residual: (x: Symbolic, {sizes}: Block) => sumOf(x, chain(x, sizes, channels(x))),
  twoBranches: (x: Symbolic, {sizes, size}: Block) =>
    sumOf(x, chain(x, sizes, channels(x)), chain(x, [size], channels(x))),
  dense: (x: Symbolic, {sizes, size}: Block) => joined(x, chain(x, sizes, size)),
  inception: (x: Symbolic, {sizes, size}: Block) => joined(chain(x, sizes, size), chain(x, [], 2)),
  inner: (x: Symbolic, {sizes, size}: Block) => {
    const inner = chain(x, sizes, size);
    return sumOf(x, chain(sumOf(inner, chain(inner, [2], size)), [], channels(x)));
  },
  nested: (x: Symbolic, {sizes}: Block) => {
    const [first, ...others] = [...sizes, channels(x)].map((size, i) =>
      conv(size, i === 0 ? {inputShape: x.shape.slice(1)} : {}),
    );
    return sumOf(x, tf.sequential({layers: [first!, ...others]}).apply(x) as Symbolic);
  },
  excited: (x: Symbolic, {size}: Block) => {
    const features = conv(size).apply(x) as Symbolic;
    const gates = through(
      features,
      tf.layers.globalAveragePooling2d({}),
      tf.layers.dense({units: 2}),
      tf.layers.dense({units: size}),
      tf.layers.reshape({targetShape: [1, 1, size]}),
    );
    return sumOf(x, chain(tf.layers.multiply().apply([features, gates]) as Symbolic, [], channels(x)));
  },
  plain: (x: Symbolic, {size}: Block) => conv(size).apply(x) as Symbolic,
};

const block: fc.Arbitrary<Block> = fc.record({
  kind: fc.constantFrom(...(Object.keys(BLOCKS) as Block['kind'][])),
  sizes: fc.array(fc.integer({min: 1, max: 4}), {minLength: 1, maxLength: 2}),
  size: fc.integer({min: 1, max: 4}),
});

function grown(blocks: readonly Block[], seed: number): tf.LayersModel {
  const input = tf.input({shape: [3, 3, 2]});
  const end = blocks.reduce((x, each) => BLOCKS[each.kind](x, each), conv(3).apply(input) as Symbolic);
  const outputs = through(end, tf.layers.globalAveragePooling2d({}), tf.layers.dense({units: 2}));
  return withRandomWeights(tf.model({inputs: input, outputs}), seed);
}

/** A model as large as before, in which nobody heeds what is planned to go, and layers that are left out add zeros. */
function silenced(model: tf.LayersModel, {remove}: ChannelPlan, small: tf.LayersModel): tf.LayersModel {
  const trace = traceChannels(model);
  const removed = trace.sources.flatMap(({path, units}) => (remove[path] ?? []).map(channel => units[channel]!));
  const silent = zeroedConsumers(model, trace, new Set(removed));
  const left = new Set(names(small));
  for (const layer of silent.layers) if (!left.has(layer.name)) layer.setWeights(layer.getWeights().map(tf.zerosLike));
  return silent;
}

const target = fc.constantFrom('sparsity', 'multiplyAdds', 'parameters');
const fraction = fc.double({min: 0.01, max: 0.99, noNaN: true});
const ALLOCATIONS = [uniform(), globalRanking(), globalRanking({normalize: 'mean'})];

test('plans for networks of random blocks can be carried out, their sizes are exact, and more to ask for leaves less', async () => {
  let vanished = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(block, {minLength: 1, maxLength: 4}),
      ...[fc.nat({max: 1000}), target, fraction, fraction],
      fc.constantFrom(1, 1, 2),
      fc.constantFrom(...ALLOCATIONS),
      async (blocks, seed, name, a, b, roundTo, allocation) => {
        const model = grown(blocks, seed);
        const asked = [a, b].sort((x, y) => (name === 'sparsity' ? x - y : y - x));
        const [less, more] = [
          await plan(model, {[name]: asked[0]!, roundTo, allocation}),
          await plan(model, {[name]: asked[1]!, roundTo, allocation}),
        ];
        more.groups.forEach((group, i) => expect(group.after).toBeLessThanOrEqual(less.groups[i]!.after));
        const small = await expectExact(model, more);
        const expected = silenced(model, more, small);
        expectSameOutputs(small, expected, randomInputs(model));
        if (more.groups.some(group => group.after === 0)) vanished++;
        for (const {weights} of [model, small, expected]) for (const weight of weights) weight.dispose();
      },
    ),
    {seed: 1, numRuns: 40},
  );
  expect(vanished).toBeGreaterThan(15);
});

test('all kinds of models', async () => {
  for (const build of Object.values(ARCHITECTURES)) {
    for (const sparsity of [0.7, 0.99]) await expectExact(build(), await plan(build(), {sparsity}));
  }
});

test('models that grow at random', async () => {
  await fc.assert(
    fc.asyncProperty(recipes, async recipe => {
      const model = modelOf(recipe);
      const small = await expectExact(model, await plan(model, {sparsity: 0.95}));
      for (const {weights} of [model, small]) for (const weight of weights) weight.dispose();
    }),
    {seed: 1, numRuns: 40},
  );
});
