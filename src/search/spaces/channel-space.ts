import {LongWork} from '../../display/long-work.js';
import {say} from '../../display/say.js';
import {countOf} from '../../math/count-of.js';
import {fraction} from '../../options/option.js';
import {read} from '../../options/read.js';
import type {Args, Extended} from '../../options/table.js';
import {expectDataFor, expectObservedData, OBSERVED_DATA} from '../../passes/observed-data.js';
import type {ModelSizes} from '../../report/model-sizes.js';
import type {ChannelPlan} from '../../surgery/channel-plan.js';
import {shrinkQuietly} from '../../surgery/cut/shrink.js';
import {LATENCY_HALVINGS} from '../../surgery/plan/goal.js';
import {
  CHOICE,
  expectTarget,
  LIMITS,
  MEASURING,
  rulesOf,
  TARGETS,
  type ChannelTarget,
} from '../../surgery/plan/plan-options.js';
import {hasOwnSparsity, ownCount, worst} from '../../surgery/plan/choose-units.js';
import {planningOf, type Planning, type ScoredModel} from '../../surgery/plan/planning.js';
import type {RankedGroup} from '../../surgery/plan/rank-groups.js';
import {leftFrozen} from '../../surgery/plan/shortfall.js';
import {withScoredModel} from '../../surgery/plan/with-scored-model.js';
import type {Model} from '../../tfjs-internals.js';
import type {SearchedLayer} from '../policies/policy.js';
import {distinct, type Choice, type SearchSpace, type SearchTarget, type Terrain} from './space.js';
import {layerShape} from './layer-shape.js';

const BOUNDS = {
  /** The largest fraction of its channels that a group loses, in [0, 1]. Defaults to 0.9. */
  maxSparsity: fraction(0.9),
};

const OPTIONS = {...LIMITS, ...BOUNDS, ...CHOICE, ...MEASURING, ...OBSERVED_DATA};

/** Options of {@link channelSpace}, those of `planChannelPruning` without target and allocation. */
export type ChannelSpaceArgs = Args<
  Extended<typeof LIMITS, typeof BOUNDS> & typeof CHOICE & typeof MEASURING & typeof OBSERVED_DATA
>;

/** What a search over channels returns besides the rates. */
export interface SearchedPlan {
  /** The plan of the best rates, for `shrink` and `maskChannels`. */
  readonly plan: ChannelPlan;
}

/**
 * Searches how many channels each layer loses. A layer is a group of channels that go together; which of its channels
 * go is decided by a criterion, as in `planChannelPruning`, except by `agents()`. Groups with a sparsity of their own
 * in `perLayer` get it, and are not searched.
 *
 * Pruned copies are made by `shrink`: they are really smaller.
 *
 * @throws TypeError or RangeError if an option is unknown or wrong; when the search begins, what `planChannelPruning`
 *     throws.
 *
 * @example
 * searchRates(model, {target: {multiplyAdds: 0.5}, score, policy: greedy(), space: channelSpace({roundTo: 4})});
 */
export function channelSpace(args: ChannelSpaceArgs = {}): SearchSpace<ChannelTarget, SearchedPlan> {
  const options = read('channelSpace', args, OPTIONS);
  expectObservedData(options);
  expectDataFor('channelSpace', options.criterion, options);
  return {
    name: 'channels',
    expectTarget: target => expectTarget('Expected `target` to hold', read('target', target, TARGETS, 'target.')),
    open: (model, target, work, action) => {
      const {perLayer, latencyOf, ...others} = options;
      const scoring = {...others, perLayer: rulesOf(perLayer), previous: undefined, target};
      const quiet = new LongWork({signal: work.signal});
      return withScoredModel('searchRates', model, scoring, quiet, scored => {
        const frozen = leftFrozen(scored.groups);
        if (frozen !== undefined) say('searchRates', frozen);
        const asked = {target, latencyOf, inputShapes: options.inputShapes};
        return action(
          terrainOf(
            model,
            scored,
            planningOf(scored, asked, () => work.pause()),
            target,
          ),
        );
      });
    },
  };
}

function terrainOf(model: Model, scored: ScoredModel, planning: Planning, target: SearchTarget): Terrain<SearchedPlan> {
  const searched = planning.ranked.filter(ranked => !hasOwnSparsity(ranked));
  const settled = planning.ranked.filter(hasOwnSparsity).flatMap(ranked => worst(ranked, ownCount(ranked)));
  const unitsOf = (choice: Choice) => [...settled, ...choice.flatMap((gone, i) => unitsGone(searched[i]!, gone))];
  const removalOf = (choice: Choice) => planning.removalOf(unitsOf(choice));
  const planOf = (choice: Choice, achieved: readonly number[]) =>
    planning.finish({removal: removalOf(choice), achieved, isEnough: planning.goal.isEnough(achieved)});
  const isMeasured = target['latency'] !== undefined;
  return {
    layers: layersOf(searched, scored),
    takesGroups: true,
    isMeasured,
    halvings: isMeasured ? LATENCY_HALVINGS : Infinity,
    achieved: async choice => (await planning.tryOut(unitsOf(choice))).achieved,
    load: achieved => planning.goal.load(achieved),
    missed: (choice, achieved) => (planning.goal.isEnough(achieved) ? undefined : planOf(choice, achieved).shortfall),
    cost: choice => costOf(planning.sizesAfter(removalOf(choice))),
    copy: async choice => (await shrinkQuietly(model, planning.planAfter(removalOf(choice)))).small,
    result: (choice, achieved) => ({plan: planOf(choice, achieved)}),
  };
}

/** The parameters stand for multiply-adds that are not known. */
function costOf({multiplyAdds, parameters}: ModelSizes): number {
  return multiplyAdds ?? parameters;
}

function layersOf(searched: readonly RankedGroup[], {weightOf, weights}: ScoredModel): SearchedLayer[] {
  const names = distinct(searched.map(({name}) => name));
  return searched.map(({blocks, scores, most, group, layout}, i) => {
    const {id} = weightOf.get(group.units[0]!)!.kernel;
    return {
      name: names[i]!,
      size: blocks.length,
      least: countOf(scores, -Infinity) / blocks.length,
      most: most / blocks.length,
      scores: scores.slice().reverse(),
      shape: layerShape(layout, weights.find(weight => weight.id === id)?.positions),
    };
  });
}

/** The units of a layer that go: blocks are numbered from the worst. */
function unitsGone(ranked: RankedGroup, gone: Choice[number]): readonly number[] {
  if (typeof gone === 'number') return worst(ranked, gone);
  const {blocks} = ranked;
  return gone.flatMap(place => blocks.at(-1 - place)!);
}
