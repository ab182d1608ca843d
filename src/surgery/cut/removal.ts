import type {Model} from '../../tfjs-internals.js';
import type {ChannelPlan} from '../plan/channel-plan.js';
import {plannedUnits} from '../plan/planned-units.js';
import type {ChannelSweep} from '../trace/channel-sweep.js';
import type {TracedTensor} from '../trace/layer-use.js';
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
}

/** What goes by a plan, or without one: what can go without a change of outputs. */
export function removalFrom(model: Model, plan: Pick<ChannelPlan, 'remove'> | undefined): Removal {
  const survey = surveyOf(model);
  const {sweep, trace, constants} = survey;
  const {units, branches} =
    plan === undefined ? byConstants(survey) : expectFed(removedByPlan(survey, plannedUnits('shrink', trace, plan)));
  const folded = foldedBiases(trace, constants.intakes, units).filter(({intake}) => !branches.dead.has(intake.layer));
  return {sweep, isGone: isGoneIn(survey, units), branches, folded};
}

/** @throws RangeError where the plan leaves a layer nothing that it needs. */
function expectFed(removed: RemovedUnits): RemovedUnits {
  const {starved} = removed.branches;
  if (!starved) return removed;
  throw new RangeError(
    `Expected a plan that leaves each layer a channel, or drops whole branches of sums and concatenations, but "${starved.name}" ` +
      'would have none; plan with `minChannels: 1`',
  );
}

/** A layer that would be left without channels keeps its first, and then others may need theirs: until nothing changes any more. */
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
