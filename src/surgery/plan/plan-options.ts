import mapValues from 'lodash/mapValues.js';
import {checked, type Allocation} from '../../allocations/allocation.js';
import {globalRanking} from '../../allocations/global-ranking.js';
import type {Criterion} from '../../criteria/criterion.js';
import {magnitude} from '../../criteria/magnitude.js';
import {expectCriterion} from '../../criteria/expect-criterion.js';
import {expectSelector, type LayerSelector} from '../../layers/layer-selector.js';
import {
  expectInteger,
  expectNumber,
  expectOneOf,
  expectOptions,
  expectSparsity,
  isCallable,
  isPlainObject,
  received,
} from '../../options/expect.js';
import type {InputShapes} from '../../report/input-shapes.js';
import {expectDataFor, expectObservedData, type ObservedData} from '../../passes/observed-data.js';
import type {Model} from '../../tfjs-internals.js';
import type {ScoredMembers} from '../../units/unit-scorer.js';
import type {ChannelPlan} from '../channel-plan.js';
import {expectPlan} from '../expect-plan.js';

/** What a group of channels keeps, whatever the target. */
export interface ChannelLimits {
  /**
   * The fewest channels that a group keeps, a whole number >= 0. Defaults to 1. At 0 a group may lose all, if a sum or
   * a concatenation can do without the branch that it is in: `shrink` then leaves out all layers of the branch.
   */
  minKept?: number;
  /** The largest fraction to remove of the channels that were there at first, in [0, 1]. Defaults to 1. */
  maxSparsity?: number;
  /**
   * A group that loses channels keeps a multiple of this number, since some hardware computes so many at a time. A
   * group that has fewer is left alone, or removed as a whole if `minKept` is 0. A whole number >= 1. Defaults to 1.
   */
  roundTo?: number;
}

/** Limits for the groups of one layer, and how much of them is removed. */
export interface LayerChannelRule extends ChannelLimits {
  /**
   * The fraction of each of the layer's groups that is removed, whatever the target, in [0, 1). By default the
   * allocation decides.
   */
  sparsity?: number;
}

/** The target for the whole model: exactly one of these. */
export interface ChannelTarget {
  /** The fraction to remove of the channels of all groups that can be pruned, in [0, 1). */
  sparsity?: number;
  /** The largest fraction of the model's multiply-adds that is left, in (0, 1). */
  multiplyAdds?: number;
  /** The largest fraction of the model's parameters that is left, in (0, 1). */
  parameters?: number;
  /** The largest fraction of the model's latency that is left, in (0, 1): smaller models are made and measured. */
  latency?: number;
}

/** How long a model takes. */
export type LatencyOf = (model: Model) => number | Promise<number>;

/** Options of {@link planChannelPruning}: one target, and any of the others. */
export interface PlanChannelPruningArgs extends ChannelTarget, ChannelLimits, ObservedData {
  /** Which channels matter least. Defaults to `magnitude()`. */
  criterion?: Criterion;
  /** How the target is shared among the groups. Defaults to `globalRanking({normalize: 'mean'})`. */
  allocation?: Allocation;
  /**
   * Which weights a channel's score is the mean of: 'all' those that make it, take it in, or pass it on; or its
   * 'producers' alone, as in filter pruning. Defaults to 'all': a removed channel takes its weights in the consumers
   * along, and the size of a kernel in front of a batch normalization says nothing.
   */
  members?: ScoredMembers;
  /**
   * The layers whose channels may be removed, with those that are coupled to them. Defaults to all channels that can be
   * removed and that no frozen layer makes, takes in or passes on; name frozen layers to include them.
   */
  layers?: LayerSelector;
  /**
   * Layers that keep all channels that they make. A layer that makes none, such as a pooling or a sum, can't be named.
   */
  keepOutputs?: LayerSelector;
  /**
   * Layers with kernels that keep all of their input channels. With `keepOutputs` as well, a layer does not change.
   */
  keepInputs?: LayerSelector;
  /** Exceptions for the groups of single layers, by the layer's name or path: a sparsity, or limits. */
  perLayer?: Readonly<Record<string, number | LayerChannelRule>>;
  /**
   * Measures how long a model takes, in any unit, for the target `latency`: called with a smaller model and this one by
   * turns. Defaults to the median of `measureLatency`, on the backend in use.
   */
  latencyOf?: LatencyOf;
  /**
   * The sizes of the inputs without the batch, one list for each, if the model leaves some open: `[[224, 224, 3]]`.
   * Needed for a target of latency, and for one of multiply-adds that do not all grow in proportion to the open sizes,
   * such as those of a head behind a global pooling. Defaults to the model's.
   */
  inputShapes?: InputShapes;
  /** The plan whose surgery has made this model: `maxSparsity` then counts from the sizes before the first of them. */
  previous?: ChannelPlan;
}

/** Options that were checked, with their defaults. */
export type PlanOptions = Required<
  Pick<PlanChannelPruningArgs, 'criterion' | 'allocation' | 'members' | keyof ChannelLimits>
> &
  Pick<
    PlanChannelPruningArgs,
    'data' | 'batchSize' | 'loss' | 'layers' | 'keepOutputs' | 'keepInputs' | 'latencyOf' | 'inputShapes' | 'previous'
  > & {
    readonly target: ChannelPlan['target'];
    readonly perLayer: Readonly<Record<string, LayerChannelRule>>;
  };

const TARGETS = ['sparsity', 'multiplyAdds', 'parameters', 'latency'] as const;
const LIMITS = ['minKept', 'maxSparsity', 'roundTo'];
const OPTIONS = [
  ...TARGETS,
  ...LIMITS,
  ...['criterion', 'data', 'batchSize', 'loss', 'allocation', 'members'],
  ...['latencyOf', 'inputShapes', 'layers', 'keepOutputs', 'keepInputs', 'perLayer', 'previous'],
];

/** Expects options of the right kind, and fills in those that are not given. */
export function expectPlanOptions(owner: string, args: PlanChannelPruningArgs): PlanOptions {
  const {
    criterion = magnitude(),
    allocation = globalRanking({normalize: 'mean'}),
    members = 'all',
    perLayer = {},
    minKept = 1,
    maxSparsity = 1,
    roundTo = 1,
    ...others
  } = expectOptions(owner, args, OPTIONS);
  const target = expectTarget(owner, args);
  expectLimits({minKept, maxSparsity, roundTo});
  expectCriterion(criterion);
  if (!isCallable(allocation)) {
    throw new TypeError(
      `Expected \`allocation\` to be a function such as globalRanking(), got ${received(allocation)}`,
    );
  }
  expectOneOf('members', members, ['all', 'producers']);
  expectObservedData(owner, args);
  expectDataFor(owner, criterion, args);
  for (const name of ['layers', 'keepOutputs', 'keepInputs'] as const) expectSelector(name, others[name]);
  expectPrevious(others.previous);
  expectLatencyOf(others.latencyOf, target);
  const limits = {minKept, maxSparsity, roundTo};
  return {
    ...others,
    ...limits,
    criterion,
    allocation: checked(allocation),
    members,
    perLayer: rulesOf(perLayer),
    target,
  };
}

function expectTarget(owner: string, args: ChannelTarget): Record<string, number> {
  const given = TARGETS.filter(name => args[name] !== undefined);
  const [name] = given;
  if (name === undefined || given.length > 1) {
    const got = name === undefined ? 'none' : given.map(each => `\`${each}\``).join(' and ');
    throw new TypeError(`${owner} expects exactly one target of ${TARGETS.join(', ')}, got ${got}`);
  }
  const value = args[name]!;
  return {[name]: name === 'sparsity' ? expectSparsity(name, value) : expectFractionLeft(name, value)};
}

function expectFractionLeft(name: string, value: number): number {
  if (typeof value === 'number' && value > 0 && value < 1) return value;
  const Kind = typeof value === 'number' ? RangeError : TypeError;
  throw new Kind(`Expected \`${name}\` to be the fraction that is left, a number in (0, 1), got ${received(value)}`);
}

function expectLimits({minKept = 1, maxSparsity = 1, roundTo = 1}: ChannelLimits): void {
  expectInteger('minKept', minKept, {min: 0});
  expectNumber('maxSparsity', maxSparsity, {min: 0, max: 1, includeMax: true});
  expectInteger('roundTo', roundTo, {min: 1});
}

/** Of each layer what is asked for; a number is the sparsity. */
function rulesOf(perLayer: Readonly<Record<string, number | LayerChannelRule>>): Record<string, LayerChannelRule> {
  if (!isPlainObject(perLayer)) {
    throw new TypeError(`Expected \`perLayer\` to be {name: sparsity or limits}, got ${received(perLayer)}`);
  }
  return mapValues(perLayer, (value, layer) => {
    const rule = typeof value === 'number' ? {sparsity: value} : value;
    const {sparsity = 0, ...limits} = expectOptions(`perLayer of "${layer}"`, rule, ['sparsity', ...LIMITS]);
    expectSparsity(`perLayer's sparsity of "${layer}"`, sparsity);
    expectLimits(limits);
    return rule;
  });
}

function expectPrevious(previous: ChannelPlan | undefined): void {
  if (previous === undefined) return;
  expectPlan('Expected `previous` to be what planChannelPruning returned', previous, ['groups']);
}

function expectLatencyOf(latencyOf: LatencyOf | undefined, target: ChannelPlan['target']): void {
  if (latencyOf === undefined) return;
  if (!isCallable(latencyOf)) {
    throw new TypeError(`Expected \`latencyOf\` to be a function of a model, got ${received(latencyOf)}`);
  }
  if (!('latency' in target)) {
    throw new TypeError('Expected `latencyOf` with the target `latency` only, which it measures; leave it out');
  }
}
