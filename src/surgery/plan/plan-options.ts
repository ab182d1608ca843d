import mapValues from 'lodash/mapValues.js';
import {expectAllocation} from '../../allocations/allocation.js';
import {globalRanking} from '../../allocations/global-ranking.js';
import {magnitude} from '../../criteria/magnitude.js';
import {expectCriterion} from '../../criteria/expect-criterion.js';
import {layerSelector} from '../../layers/layer-selector.js';
import {expectFunction, isPlainObject, received} from '../../options/expect.js';
import {fraction, integer, needs, oneOf, option, sparsity} from '../../options/option.js';
import {expectExactlyOne, read} from '../../options/read.js';
import type {Args, Values} from '../../options/table.js';
import {inputShapes} from '../../report/input-shapes.js';
import {expectDataFor, expectObservedData, OBSERVED_DATA} from '../../passes/observed-data.js';
import type {Model} from '../../tfjs-internals.js';
import {SCORED_MEMBERS} from '../../units/unit-scorer.js';
import type {ChannelPlan} from '../channel-plan.js';
import {expectPlan} from '../expect-plan.js';

const LIMITS = {
  /**
   * How many channels a group keeps at least, a whole number >= 0. Defaults to 1. At 0, a group in a branch that a sum
   * or a concatenation can do without may lose all channels: `shrink` then leaves out all layers of the branch.
   */
  minKept: integer({}, 1),
  /** The largest fraction of the original channels that a group loses, in [0, 1]. Defaults to 1. */
  maxSparsity: fraction(1),
  /**
   * If a group loses channels, it keeps a multiple of this number: some hardware computes so many at a time. A group
   * with fewer channels is left alone, or removed as a whole if `minKept` is 0. A whole number >= 1, the default.
   */
  roundTo: integer({min: 1}, 1),
};

/** What a group of channels keeps, whatever the target. */
export type ChannelLimits = Args<typeof LIMITS>;

const RULE = {
  /**
   * The fraction in [0, 1) that each of the layer's groups loses, whatever the target. Defaults to the allocation's.
   */
  sparsity: sparsity(undefined),
};

/** Limits for the groups of one layer, and how much they lose. */
export type LayerChannelRule = Args<typeof LIMITS & typeof RULE>;

const TARGETS = {
  /** The fraction of the channels to remove, over all groups that can be pruned, in [0, 1). */
  sparsity: sparsity(undefined),
  /** The largest fraction of the model's multiply-adds that is left, in (0, 1). */
  multiplyAdds: option(expectFractionLeft, undefined),
  /** The largest fraction of the model's parameters that is left, in (0, 1). */
  parameters: option(expectFractionLeft, undefined),
  /** The largest fraction of the model's latency that is left, in (0, 1): smaller models are made and measured. */
  latency: option(expectFractionLeft, undefined),
};

/** The target for the whole model. Exactly one of these. */
export type ChannelTarget = Args<typeof TARGETS>;

/** How long a model takes. */
export type LatencyOf = (model: Model) => number | Promise<number>;

const OPTIONS = {
  /** Which channels matter least. Defaults to `magnitude()`. */
  criterion: option(expectCriterion, magnitude),
  /** How the target is shared among the groups. Defaults to `globalRanking({normalize: 'mean'})`. */
  allocation: option(expectAllocation, () => globalRanking({normalize: 'mean'})),
  /**
   * The weights over which a channel's score is the mean: 'all' that make it, take it in or pass it on; or its
   * 'producers' alone, as in filter pruning. Defaults to 'all': a removed channel takes its weights in the consumers
   * along, and the size of a kernel in front of a batch normalization means nothing.
   */
  members: oneOf(SCORED_MEMBERS, 'all'),
  /**
   * Which layers may lose channels, with all that is coupled to them. Defaults to all layers that can and that have
   * nothing to do with a frozen layer; a frozen layer must be named.
   */
  layers: layerSelector(),
  /** Layers that keep all channels that they make. A layer that makes none, such as a pooling, can't be named. */
  keepOutputs: layerSelector(),
  /** Layers with kernels that keep all their input channels. Layers that `keepOutputs` names too do not change. */
  keepInputs: layerSelector(),
  /** Exceptions for the groups of single layers, by name or path: a sparsity, or the limits that differ. */
  perLayer: option(expectRules, () => ({})),
  /**
   * How long a model takes, in any unit, for the target `latency`: called with a smaller model and this one in turn.
   * Defaults to the median of `measureLatency`, on the backend in use.
   */
  latencyOf: needs(
    'latency',
    'it measures what that target is about',
    option((name, latencyOf: LatencyOf) => expectFunction(name, latencyOf, 'of a model'), undefined),
  ),
  /**
   * The sizes of the inputs without the batch, one list for each, if the model leaves some open: `[[224, 224, 3]]`.
   * Required for a target of latency, and for one of multiply-adds that do not all grow alike with the open sizes, such
   * as those of a head behind a global pooling. Defaults to the model's.
   */
  inputShapes: inputShapes(),
  /** The plan by which this model was made: `maxSparsity` then counts from the sizes before the first such plan. */
  previous: option(expectPrevious, undefined),
};

const ALL = {...TARGETS, ...LIMITS, ...OPTIONS, ...OBSERVED_DATA};

/** Options of {@link planChannelPruning}: one target, and whatever else is needed. */
export type PlanChannelPruningArgs = Args<typeof TARGETS & typeof LIMITS & typeof OPTIONS & typeof OBSERVED_DATA>;

/** What a group keeps, with all limits known. */
export type GroupLimits = Values<typeof LIMITS>;

/** The options as they are read, with the target as plans show it, and a number for a layer as its sparsity. */
export interface PlanOptions extends Omit<Values<typeof ALL>, 'perLayer'> {
  readonly target: ChannelPlan['target'];
  readonly perLayer: Readonly<Record<string, LayerChannelRule>>;
}

/** Reads the options of a plan. */
export function readPlanOptions(owner: string, args: PlanChannelPruningArgs): PlanOptions {
  const {perLayer, ...options} = read(owner, args, ALL);
  const target = expectExactlyOne(owner, args, ['sparsity', 'multiplyAdds', 'parameters', 'latency']);
  expectObservedData(options);
  expectDataFor(owner, options.criterion, options);
  return {...options, perLayer: mapValues(perLayer, ruleOf), target: {[target]: options[target]!}};
}

function ruleOf(rule: number | LayerChannelRule): LayerChannelRule {
  return typeof rule === 'number' ? {sparsity: rule} : rule;
}

function expectFractionLeft(name: string, value: number): number {
  if (typeof value === 'number' && value > 0 && value < 1) return value;
  const Kind = typeof value === 'number' ? RangeError : TypeError;
  throw new Kind(`Expected \`${name}\` to be the fraction that is left, a number in (0, 1), got ${received(value)}`);
}

type Rules = Readonly<Record<string, number | LayerChannelRule>>;

/** Checks rules, and leaves them without defaults: what they do not limit, the limits of the plan do. */
function expectRules(name: string, rules: Rules): Rules {
  if (!isPlainObject(rules)) {
    throw new TypeError(`Expected \`${name}\` to be {name: sparsity or limits}, got ${received(rules)}`);
  }
  for (const [layer, rule] of Object.entries(rules)) {
    read(`${name} of "${layer}"`, ruleOf(rule), {...LIMITS, ...RULE}, `${name}["${layer}"].`);
  }
  return rules;
}

function expectPrevious(name: string, previous: ChannelPlan): ChannelPlan {
  expectPlan(`Expected \`${name}\` to be what planChannelPruning returned`, previous, ['groups']);
  return previous;
}
