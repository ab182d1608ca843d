import mapValues from 'lodash/mapValues.js';
import {expectAllocation} from '../../allocations/allocation.js';
import {globalRanking} from '../../allocations/global-ranking.js';
import {magnitude} from '../../criteria/magnitude.js';
import {expectCriterion} from '../../criteria/expect-criterion.js';
import {LONG_WORK} from '../../display/long-work.js';
import {layerSelector} from '../../layers/layer-selector.js';
import {expectFunction, isPlainObject, received} from '../../options/expect.js';
import {fraction, integer, needs, oneOf, option, sparsity} from '../../options/option.js';
import {read} from '../../options/read.js';
import type {Args, Values} from '../../options/table.js';
import {inputShapes} from '../../report/input-shapes.js';
import {expectDataFor, expectObservedData, OBSERVED_DATA} from '../../passes/observed-data.js';
import type {Model} from '../../tfjs-internals.js';
import {SCORED_MEMBERS} from '../../units/unit-scorer.js';
import type {ChannelPlan} from '../channel-plan.js';
import {expectPlan} from '../expect-plan.js';

/** The limits on what a group of channels loses. */
export const LIMITS = {
  /**
   * How many channels a group keeps at least, a whole number >= 0. Defaults to 1. At 0, a group may lose all channels
   * if it is in a branch that a sum or a concatenation works without: `shrink` then drops all layers of the branch.
   */
  minKept: integer({}, 1),
  /** The largest fraction of the original channels that a group loses, in [0, 1]. Defaults to 1. */
  maxSparsity: fraction(1),
  /**
   * If a group loses channels, it keeps a multiple of this number, as some hardware computes so many at a time. A group
   * with fewer channels is left alone, or removed as a whole if `minKept` is 0. A whole number >= 1, the default.
   */
  roundTo: integer({min: 1}, 1),
};

/** Limits on what a group of channels loses, whatever the target. */
export type ChannelLimits = Args<typeof LIMITS>;

const RULE = {
  /**
   * The fraction in [0, 1) that each of the layer's groups loses, whatever the target. Defaults to the allocation's.
   */
  sparsity: sparsity(undefined),
};

/** Limits for the groups of one layer, and the sparsity they get. */
export type LayerChannelRule = Args<typeof LIMITS & typeof RULE>;

/** The targets of a plan. */
export const TARGETS = {
  /** The fraction of the channels to remove, over all groups that can be pruned, in [0, 1). */
  sparsity: sparsity(undefined),
  /** The largest fraction of the model's multiply-adds that is left, in (0, 1). */
  multiplyAdds: option(expectFractionLeft, undefined),
  /** The largest fraction of the model's parameters that is left, in (0, 1). */
  parameters: option(expectFractionLeft, undefined),
  /**
   * The largest fraction of the model's latency that is left, in (0, 1): smaller models are made and measured, nine at
   * most. So the plan may remove more than it must, by 1/128 of all that can be removed.
   */
  latency: option(expectFractionLeft, undefined),
  /**
   * The largest fraction that is left of the memory for the maps between layers, in (0, 1): of the most that `predict`
   * needs at once besides the weights, as `modelCost` counts it.
   */
  peakMemory: option(expectFractionLeft, undefined),
};

/** The target for the whole model: one of these, or several that are all to be met. */
export type ChannelTarget = Args<typeof TARGETS>;

/** Returns how long a model takes. */
export type LatencyOf = (model: Model) => number | Promise<number>;

/** The options that say which channels may go, and which go first. */
export const CHOICE = {
  /** Which channels matter least. Defaults to `magnitude()`. */
  criterion: option(expectCriterion, magnitude),
  /**
   * The weights over which a channel's score is the mean: 'all' that make it, take it in or pass it on, or only its
   * 'producers', as in filter pruning. Defaults to 'all': a removed channel also removes its weights in the consumers,
   * and the size of a kernel before a batch normalization means nothing.
   */
  members: oneOf(SCORED_MEMBERS, 'all'),
  /**
   * Which layers may lose channels, with everything coupled to them. Defaults to all layers that can and that have
   * nothing to do with a frozen layer; a frozen layer must be named.
   */
  layers: layerSelector(),
  /** Layers that keep all channels that they make. A layer that makes none, such as a pooling, can't be named. */
  keepOutputs: layerSelector(),
  /** Layers with kernels that keep all their input channels. Layers that `keepOutputs` names too do not change. */
  keepInputs: layerSelector(),
  /** Exceptions for the groups of single layers, by name or path: a sparsity, or limits that differ. */
  perLayer: option(expectRules, () => ({})),
  /**
   * The sizes of the inputs without the batch, one list for each, if the model leaves some open: `[[224, 224, 3]]`.
   * Required for a target of latency or peak memory, and for one of multiply-adds that do not all grow in proportion to
   * the open sizes, such as those of a head after a global pooling. Defaults to the model's.
   */
  inputShapes: inputShapes(),
};

/** How a target of latency is measured. */
export const MEASURING = {
  /**
   * Returns how long a model takes, in any unit, for the target `latency`; called with a smaller model and this one in
   * turn. Defaults to the median of `measureLatency`, on the current backend.
   */
  latencyOf: option((name, latencyOf: LatencyOf) => expectFunction(name, latencyOf, 'of a model'), undefined),
};

const OPTIONS = {
  /** How the target is shared among the groups. Defaults to `globalRanking({normalize: 'mean'})`. */
  allocation: option(expectAllocation, () => globalRanking({normalize: 'mean'})),
  /** The plan from which this model was made: `maxSparsity` then counts from the sizes before the first such plan. */
  previous: option(expectPrevious, undefined),
};

const ALL = {
  ...TARGETS,
  ...LIMITS,
  ...CHOICE,
  ...OPTIONS,
  ...OBSERVED_DATA,
  ...LONG_WORK,
  latencyOf: needs('latency', 'it measures that target', MEASURING.latencyOf),
};

/** Options of {@link planChannelPruning}: a target or several, and any of the others. */
export type PlanChannelPruningArgs = Args<
  typeof TARGETS &
    typeof LIMITS &
    typeof CHOICE &
    typeof MEASURING &
    typeof OPTIONS &
    typeof OBSERVED_DATA &
    typeof LONG_WORK
>;

/** What a group keeps, with all limits known. */
export type GroupLimits = Values<typeof LIMITS>;

/** The options as read, with the target in the form of plans, and a number for a layer as its sparsity. */
export interface PlanOptions extends Omit<Values<typeof ALL>, 'perLayer' | keyof ChannelTarget> {
  readonly target: ChannelPlan['target'];
  readonly perLayer: Readonly<Record<string, LayerChannelRule>>;
}

/** The options that say what may be removed, and how it is scored. */
export type ScoringOptions = Omit<PlanOptions, 'allocation' | 'latencyOf' | keyof typeof LONG_WORK>;

/** Reads the options of a plan. */
export function readPlanOptions(owner: string, args: PlanChannelPruningArgs): PlanOptions {
  const {perLayer, sparsity, multiplyAdds, parameters, latency, peakMemory, ...options} = read(owner, args, ALL);
  const target = expectTarget(`${owner} expects`, {sparsity, multiplyAdds, parameters, latency, peakMemory});
  expectObservedData(options);
  expectDataFor(owner, options.criterion, options);
  return {...options, perLayer: rulesOf(perLayer), target};
}

/** Rules by layer, with a number as the layer's sparsity. */
export function rulesOf(perLayer: Rules): PlanOptions['perLayer'] {
  return mapValues(perLayer, ruleOf);
}

/**
 * Expects at least one target, and returns those that are given.
 *
 * @param expected begins the message.
 */
export function expectTarget(expected: string, targets: ChannelTarget): ChannelPlan['target'] {
  const given = Object.entries(targets).filter((entry): entry is [string, number] => entry[1] !== undefined);
  if (given.length > 0) return Object.fromEntries(given);
  throw new TypeError(`${expected} at least one of \`${Object.keys(targets).join('`, `')}\`, got none`);
}

function ruleOf(rule: number | LayerChannelRule): LayerChannelRule {
  return typeof rule === 'number' ? {sparsity: rule} : rule;
}

function expectFractionLeft(name: string, value: number): number {
  if (typeof value === 'number' && value > 0 && value < 1) return value;
  const Kind = typeof value === 'number' ? RangeError : TypeError;
  throw new Kind(`Expected \`${name}\` to be the fraction that is left, a number in (0, 1), got ${received(value)}`);
}

/** A sparsity or limits for each layer. */
export type Rules = Readonly<Record<string, number | LayerChannelRule>>;

/** Checks rules without filling in defaults: the limits of the plan apply where a rule has none. */
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
