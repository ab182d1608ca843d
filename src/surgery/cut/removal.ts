import type {Model} from '../../tfjs-internals.js';
import type {ChannelPlan} from '../channel-plan.js';
import {plannedUnits} from '../units-of-plan.js';
import {shortList} from '../../display/short-list.js';
import type {ChannelTrace} from '../../units/trace/channel-trace.js';
import type {ChannelSweep} from '../../units/trace/channel-sweep.js';
import type {TracedTensor} from '../../layers/cards/layer-use.js';
import {foldedBiases, type FoldedBias} from './folded-biases.js';
import {removedByPlan, type RemovedUnits} from './planned-removal.js';
import {removableUnits} from './removable-units.js';
import {branchesOf, emptied, isGoneIn, surveyOf, type Survey} from './survey.js';
import type {VanishedBranches} from './vanished-branches.js';

/** All that goes from a model. */
export interface Removal {
  readonly sweep: ChannelSweep;
  readonly isGone: (channel: number) => boolean;
  readonly branches: VanishedBranches;
  readonly folded: readonly FoldedBias[];
  /** What does not go though it was to, in a sentence; undefined where all does. */
  readonly shortfall: string | undefined;
}

/** What goes by a plan, or without one: what can go without a change of outputs. */
export function removalFrom(model: Model, plan: Pick<ChannelPlan, 'remove'> | undefined): Removal {
  const survey = surveyOf(model);
  const {sweep, trace, constants} = survey;
  const planned = plan === undefined ? undefined : plannedUnits('shrink', trace, plan);
  const {units, branches} = planned ? expectFed(removedByPlan(survey, planned)) : byConstants(survey);
  const folded = foldedBiases(trace, constants.intakes, units).filter(({intake}) => !branches.dead.has(intake.layer));
  const isNothing = units.size === 0 && branches.dropped.size === 0;
  const shortfall = planned ? keptOf(planned, units, trace) : isNothing ? NOTHING_DEAD : undefined;
  return {sweep, isGone: isGoneIn(survey, units), branches, folded, shortfall};
}

const NOTHING_DEAD = 'nothing is cut out: no channel is without work; hand over a plan, or prune whole channels first';

/** Of a plan what stays. */
function keptOf(planned: ReadonlySet<number>, units: ReadonlySet<number>, {groups}: ChannelTrace): string | undefined {
  if (planned.size === 0) return 'nothing is cut out: the plan removes no channel';
  const isKept = (unit: number) => planned.has(unit) && !units.has(unit);
  const kept = groups
    .filter(group => group.units.some(isKept))
    .map(({name, units}) => `${units.filter(isKept).length} of "${name}"`);
  if (kept.length === 0) return undefined;
  return `channels of the plan stay, since they hold a constant that no bias can take over: ${shortList(kept, ', ', 60)}`;
}

/** @throws RangeError where the plan leaves a layer nothing that it needs. */
export function expectFed(removed: RemovedUnits): RemovedUnits {
  const {starved} = removed.branches;
  if (!starved) return removed;
  throw new RangeError(
    `Expected a plan that leaves each layer a channel, or drops whole branches of sums and concatenations, but "${starved.name}" ` +
      'would have none; plan with `minKept: 1`',
  );
}

/**
 * A layer that would be left without channels keeps its first, and then others may need theirs: until nothing changes
 * any more.
 */
function byConstants(survey: Survey): RemovedUnits {
  const {constants} = survey;
  const isZero = (tensor: TracedTensor) => constants.valuesOf(tensor).every(value => value === 0);
  const units = removableUnits(survey);
  for (;;) {
    const branches = branchesOf(survey, units, {isZero, starves: false});
    const place = emptied(survey, units, branches);
    if (!place) return {units, branches};
    units.delete(place.units[0]!);
  }
}
