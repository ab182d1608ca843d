import omit from 'lodash/omit.js';
import type {ChannelPlan} from '../../src/surgery/channel-plan.js';
import {formatChannelPlan} from '../../src/surgery/format-channel-plan.js';

const plan: ChannelPlan = {
  remove: {conv1: [0, 1]},
  groups: [
    {name: 'conv1', layers: ['conv1'], initial: 1200, before: 1200, after: 600},
    {name: 'head', layers: ['head'], initial: 10, before: 10, after: 10, reason: "are the model's outputs"},
  ],
  before: {channels: 1210, parameters: 30000, multiplyAdds: null},
  after: {channels: 610, parameters: 10000, multiplyAdds: null},
  target: {parameters: 0.3},
  shortfall: '33.3% of the parameters are left instead of 30.0%: no group can lose more',
};

test('a row a group, totals, and what is missing', () => {
  expect(formatChannelPlan(plan)).toBe(
    [
      'group  why others are kept      channels  left  removed',
      '-----  -----------------------  --------  ----  -------',
      'conv1                              1,200   600    50.0%',
      "head   are the model's outputs        10    10     0.0%",
      '-----  -----------------------  --------  ----  -------',
      'total                              1,210   610    49.6%',
      'parameters: 10,000 of 30,000 left (33.3%)',
      'multiply-adds: not known',
      'missed: 33.3% of the parameters are left instead of 30.0%: no group can lose more',
    ].join('\n'),
  );
});

test('of layers that go together no more than fit', () => {
  const names = ['stem', 'block1_project', 'block2_project', 'block3_project'];
  const group = {...plan.groups[0]!, name: names.join(' + '), layers: names};
  expect(formatChannelPlan({...plan, groups: [group]})).toContain('\nstem + block1_project + 2 more    ');
});

test('a target that is met', () => {
  const met = {
    ...omit(plan, 'shortfall'),
    before: {...plan.before, multiplyAdds: 20},
    after: {...plan.after, multiplyAdds: 5},
  };
  expect(formatChannelPlan(met).split('\n').slice(-2)).toEqual([
    'parameters: 10,000 of 30,000 left (33.3%)',
    'multiply-adds: 5 of 20 left (25.0%)',
  ]);
});

test('nothing is left of nothing, in no percentage', () => {
  const none = {channels: 0, parameters: 0, multiplyAdds: 0};
  const empty = {
    ...omit(plan, 'shortfall'),
    groups: [],
    before: {...plan.before, ...none},
    after: {...plan.after, ...none},
  };
  expect(formatChannelPlan(empty).split('\n').slice(-3)).toEqual([
    'total                              0     0        -',
    'parameters: 0 of 0 left',
    'multiply-adds: 0 of 0 left',
  ]);
});

test('refuses what is no plan', () => {
  expect(() => formatChannelPlan({} as ChannelPlan)).toThrow(
    'formatChannelPlan expects what planChannelPruning returns',
  );
  expect(() => formatChannelPlan(undefined as unknown as ChannelPlan)).toThrow(TypeError);
});
