import type {Layer, Model} from '../../tfjs-internals.js';
import type {ChannelPlan} from '../plan/channel-plan.js';
import {sweepChannels, type ChannelSweep} from '../trace/channel-sweep.js';
import type {ChannelAxis, ChannelTrace} from '../trace/channel-trace.js';
import type {TracedTensor} from '../trace/layer-use.js';
import {traceOf, unitsOfChannels} from '../trace/trace-channels.js';
import {constantChannels, type ConstantChannels} from './constant-channels.js';
import {foldedBiases, type FoldedBias} from './folded-biases.js';
import {plannedUnits} from './planned-units.js';
import {removableUnits, withoutLostConstants} from './removable-units.js';
import {vanishedBranches, type TensorFate, type VanishedBranches} from './vanished-branches.js';

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
  const {sweep, trace, constants, isGoneIn} = survey;
  const {units, branches} = plan ? expectFed(byPlan(survey, plannedUnits(trace, plan))) : byConstants(survey);
  const folded = foldedBiases(trace, constants.intakes, units).filter(({intake}) => !branches.dead.has(intake.layer));
  return {sweep, isGone: isGoneIn(units), branches, folded};
}

/**
 * Foresees what `shrink` would make of plans for a model, whose weights stay as they are.
 *
 * @returns for the units that a plan removes, those that go and the branches that vanish with them; `branches.starved` where it
 *     can't be done.
 */
export function removalsByPlan(model: Model): (planned: ReadonlySet<number>) => RemovedUnits {
  const survey = surveyOf(model);
  return planned => byPlan(survey, planned);
}

/** Units that go, and the branches that vanish with them. */
export interface RemovedUnits {
  readonly units: ReadonlySet<number>;
  readonly branches: VanishedBranches;
}

/** What is known of a model, whatever goes. */
interface Survey {
  readonly model: Model;
  readonly sweep: ChannelSweep;
  readonly trace: ChannelTrace;
  readonly constants: ConstantChannels;
  readonly isGoneIn: (units: ReadonlySet<number>) => (channel: number) => boolean;
}

function surveyOf(model: Model): Survey {
  const sweep = sweepChannels(model);
  const {unitOf} = unitsOfChannels(sweep);
  const isGoneIn = (units: ReadonlySet<number>) => (channel: number) => units.has(unitOf[channel]!);
  return {model, sweep, trace: traceOf(sweep), constants: constantChannels(sweep), isGoneIn};
}

function branchesOf(
  {model, sweep, isGoneIn}: Survey,
  units: ReadonlySet<number>,
  fate: Omit<TensorFate, 'isEmpty'>,
): VanishedBranches {
  const isGone = isGoneIn(units);
  const isEmpty = ({channels}: TracedTensor) => channels.length > 0 && channels.every(isGone);
  return vanishedBranches(model, sweep, {...fate, isEmpty});
}

function byPlan(survey: Survey, planned: ReadonlySet<number>): RemovedUnits {
  const {trace, constants} = survey;
  const fate = {isZero: () => false, starves: true};
  const {dead} = branchesOf(survey, planned, fate);
  const units = withoutLostConstants(trace, constants.intakes, planned, dead);
  const branches = branchesOf(survey, units, fate);
  return {units, branches: {...branches, starved: branches.starved ?? emptied(trace, units, branches)?.layer}};
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
  const {trace, constants} = survey;
  const isZero = (tensor: TracedTensor) => constants.valuesOf(tensor).every(value => value === 0);
  const units = removableUnits(trace, constants.intakes);
  for (;;) {
    const branches = branchesOf(survey, units, {isZero, starves: false});
    const axis = emptied(trace, units, branches);
    if (!axis) return {units, branches};
    units.delete(axis.units[0]!);
  }
}

/** A weight of a layer that stays, of which nothing would be left along an axis. */
function emptied(
  {axes}: ChannelTrace,
  removed: ReadonlySet<number>,
  {dead}: VanishedBranches,
): ChannelAxis | undefined {
  return axes.find(({layer, units}) => units.every(unit => removed.has(unit)) && !dead.has(layer));
}
