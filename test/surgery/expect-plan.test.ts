import * as tf from '@tensorflow/tfjs';
import cloneDeep from 'lodash/cloneDeep.js';
import set from 'lodash/set.js';
import {formatChannelPlan, maskChannels, planChannelPruning, prunable, shrink, type ChannelPlan} from 'tfjs-pruning';
import {expectNoLeak} from '../support/tensors.js';

beforeEach(() => void jest.spyOn(console, 'warn').mockImplementation());

const dense = (name: string, units: number, more = {}) =>
  tf.layers.dense({name, units, kernelInitializer: tf.initializers.glorotUniform({seed: units}), ...more});
const net = (units = 6): tf.Sequential =>
  tf.sequential({layers: [dense('a', units, {inputShape: [3]}), dense('b', 4), dense('o', 2)]});

let plan: ChannelPlan;
beforeAll(async () => (plan = await planChannelPruning(net(), {sparsity: 0.5})));

/** The plan with something else somewhere in it. */
const edited = (where: string, value: unknown) => set(cloneDeep(plan), where, value);

const REMOVALS: [what: string, plan: () => unknown, error: RegExp][] = [
  ['undefined', () => ({}), /expects a plan of planChannelPruning, with `remove`, got an Object/],
  ['null', () => null, /with `remove`, got null/],
  ['a list', () => [plan], /with `remove`, got an Array/],
  ['a text', () => JSON.stringify(plan), /with `remove`, got "\{/],
  ['a promise', () => Promise.resolve(plan), /with `remove`, got a Promise/],
  ['a list of removals', () => ({remove: [[0]]}), /with `remove`, got an Object/],
  ['a Map of removals', () => ({remove: new Map([['a', [0]]])}), /with `remove`, got an Object/],
  ['a layer that is not there', () => ({remove: {z: [0]}}), /no layer "z" in it makes channels/],
  ['a layer that makes none', () => ({remove: {a_input: [0]}}), /no layer "a_input" in it makes channels/],
  ['null for channels', () => ({remove: {a: null}}), /with an array of channels for "a", got null/],
  ['typed channels', () => ({remove: {a: Int32Array.of(0)}}), /with an array of channels for "a", got an Int32Array/],
  ['a channel too many', () => ({remove: {a: [6]}}), /"a" has 6 channels, and the plan removes 6/],
  ['a negative one', () => ({remove: {a: [-1]}}), /"a" has 6 channels, and the plan removes -1/],
  ['half a channel', () => ({remove: {a: [0.5]}}), /the plan removes 0.5/],
  ['NaN', () => ({remove: {a: [NaN]}}), /the plan removes NaN/],
  ['a name', () => ({remove: {a: ['1']}}), /the plan removes "1" \(string\)/],
  ['a hole', () => ({remove: {a: [0, , 2]}}), /the plan removes undefined/],
  ['one twice', () => ({remove: {a: [1, 1]}}), /in ascending order, each once, but of "a" it removes 1 after 1/],
  ['in disorder', () => ({remove: {a: [3, 1]}}), /in ascending order, each once, but of "a" it removes 1 after 3/],
  ['all channels of a layer', () => ({remove: {a: [0, 1, 2, 3, 4, 5]}}), /leaves each layer a channel/],
  ['an output', () => ({remove: {o: [0]}}), /channels of "o" must be kept/],
  [
    'edited removals',
    () => edited('remove.b', [0]),
    /of the channels of "b" it says that \d of 4 are left, but 3 of 4 are/,
  ],
  [
    'an edited size',
    () => edited('groups[0].after', 1),
    /of the channels of "a" it says that 1 of 6 are left, but \d of 6 are/,
  ],
  [
    'a lost group',
    () => ({...plan, groups: plan.groups.slice(1)}),
    /of the channels of "a" it does not say how many are left/,
  ],
  [
    'a group of another model',
    () => ({...plan, groups: [...plan.groups, {...plan.groups[0]!, name: 'z'}]}),
    /it has no channels of "z"/,
  ],
  ['groups that are none', () => edited('groups', 'a'), /but its `groups` is "a" \(string\); plan again/],
  ['a group that is none', () => edited('groups[1]', null), /but its `groups\[1\]` is null/],
  ['a group without a name', () => edited('groups[1].name', undefined), /but its `groups\[1\].name` is undefined/],
  ['a group without layers', () => edited('groups[1].layers', 'b'), /`groups\[1\].layers` are not names/],
  ['a size that is no number', () => edited('groups[0].before', '6'), /`groups\[0\].before` is "6" \(string\)/],
  [
    'more than there were',
    () => edited('groups[0].after', 7),
    /in its `groups\[0\]` more channels are left than before: 7 of 6, of 6/,
  ],
  ['a reason that is none', () => edited('groups[0].reason', 3), /`groups\[0\].reason` is 3 \(number\)/],
  ['sizes that are none', () => edited('before', [1]), /its `before` is an Array/],
  ['a negative size', () => edited('after.parameters', -5), /`after.parameters` is -5 \(number\)/],
  ['an unknown size', () => edited('before.parameters', null), /`before.parameters` is null/],
  ['a shortfall that is none', () => edited('shortfall', {}), /its `shortfall` is an Object/],
];

test.each(REMOVALS)('%s: shrink and maskChannels say so, and change nothing', async (_what, damaged, error) => {
  const models = [net(), prunable(net())] as const;
  const before = models.map(model => model.getWeights().map(weight => weight.dataSync()));
  await expectNoLeak(async () => {
    for (const model of models) await expect(shrink(model, damaged() as ChannelPlan)).rejects.toThrow(error);
    await expect(maskChannels(models[1], damaged() as ChannelPlan)).rejects.toThrow(error);
  });
  expect(models.map(model => model.getWeights().map(weight => weight.dataSync()))).toEqual(before);
});

test('a plan of another model of the same names', async () => {
  const other = prunable(net(7));
  for (const apply of [shrink, maskChannels]) {
    await expect(apply(other, plan)).rejects.toThrow(
      /of the channels of "a" it says that \d of 6 are left, but \d of 7 are/,
    );
  }
});

const NEEDED: [what: string, plan: () => unknown, error: RegExp][] = [
  ['null', () => null, /got null/],
  ['no groups', () => ({remove: {}}), /with `groups`.*, got an Object/],
  ['a group without sizes', () => edited('groups[0].initial', undefined), /`groups\[0\].initial` is undefined/],
  [
    'fewer than there were at first',
    () => edited('groups[0].initial', 5),
    /more channels are left than before: \d of 6, of 5 at first/,
  ],
  ['a size that is NaN', () => edited('before.multiplyAdds', NaN), /`before.multiplyAdds` is NaN/],
];
test.each(NEEDED)('%s: the table and the next plan say so', async (_what, damaged, error) => {
  expect(() => formatChannelPlan(damaged() as ChannelPlan)).toThrow(error);
  await expect(planChannelPruning(net(), {sparsity: 0.5, previous: damaged() as ChannelPlan})).rejects.toThrow(error);
});

test('what went through JSON is the same plan, and `remove` alone is enough', async () => {
  const read = JSON.parse(JSON.stringify(plan)) as ChannelPlan;
  const sizes = (model: tf.LayersModel) => model.getWeights().map(({shape}) => shape);
  expect(sizes(await shrink(net(), read))).toEqual(sizes(await shrink(net(), plan)));
  expect(sizes(await shrink(net(), {remove: plan.remove}))).toEqual(sizes(await shrink(net(), plan)));
});
