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
  const {sweep, trace, constants} = survey;
  const {units, branches} = plan ? expectFed(byPlan(survey, plannedUnits(trace, plan))) : byConstants(survey);
  const folded = foldedBiases(trace, constants.intakes, units).filter(({intake}) => !branches.dead.has(intake.layer));
  return {sweep, isGone: isGoneIn(survey, units), branches, folded};
}

/** What becomes of a model by a plan. */
export interface PlannedRemoval {
  /** The units that are planned, and those that only layers make that go with them. */
  readonly units: ReadonlySet<number>;
  /** The layers that go as a whole. */
  readonly dead: ReadonlySet<Layer>;
  /** A layer that can't do without what is gone; undefined where the plan can be carried out. */
  readonly starved: Layer | undefined;
}

/** Foresees what `shrink` would make of a model, whose weights stay as they are, by the units that plans remove. */
export function removalsByPlan(model: Model): (planned: ReadonlySet<number>) => PlannedRemoval {
  const survey = surveyOf(model);
  return planned => foreseen(survey, planned);
}

/** Units that go with others may take more along. */
function foreseen(survey: Survey, planned: ReadonlySet<number>): PlannedRemoval {
  const {branches} = byPlan(survey, planned);
  const units = new Set([...planned, ...unitsThatDie(survey, branches)]);
  return units.size === planned.size ? {...branches, units} : foreseen(survey, units);
}

/** The units of layers that are dead, but for those that others make as well. */
function unitsThatDie({sweep, trace, unitOf}: Survey, {dead, dropped}: VanishedBranches): number[] {
  if (dead.size === 0) return [];
  const live = new Set<number>();
  for (const {layer, inputs, outputs} of sweep.calls) {
    if (dead.has(layer)) continue;
    const taken = inputs.filter((_, i) => !dropped.get(layer)?.has(i));
    for (const {channels} of [...taken, ...outputs]) for (const channel of channels) live.add(unitOf[channel]!);
  }
  const made = trace.sources.filter(({layer}) => dead.has(layer)).flatMap(({units}) => [...units]);
  return made.filter(unit => !live.has(unit));
}

/** Units that go, and the branches that vanish with them. */
interface RemovedUnits {
  readonly units: ReadonlySet<number>;
  readonly branches: VanishedBranches;
}

/** What is known of a model, whatever goes. */
interface Survey {
  readonly model: Model;
  readonly sweep: ChannelSweep;
  readonly trace: ChannelTrace;
  readonly constants: ConstantChannels;
  readonly unitOf: Int32Array;
}

function surveyOf(model: Model): Survey {
  const sweep = sweepChannels(model);
  const {unitOf} = unitsOfChannels(sweep);
  return {model, sweep, trace: traceOf(sweep), constants: constantChannels(sweep), unitOf};
}

function isGoneIn({unitOf}: Pick<Survey, 'unitOf'>, units: ReadonlySet<number>): (channel: number) => boolean {
  return channel => units.has(unitOf[channel]!);
}

function branchesOf(
  {model, sweep, unitOf}: Survey,
  units: ReadonlySet<number>,
  fate: Omit<TensorFate, 'isEmpty'>,
): VanishedBranches {
  const isGone = isGoneIn({unitOf}, units);
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
