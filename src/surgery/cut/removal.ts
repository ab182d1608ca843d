import {layersWithin} from '../../layers/prunable-weights.js';
import type {Layer, Model} from '../../tfjs-internals.js';
import type {ChannelPlan} from '../plan/channel-plan.js';
import {sweepChannels, type ChannelSweep} from '../trace/channel-sweep.js';
import type {ChannelAxis, ChannelTrace} from '../trace/channel-trace.js';
import {constantChannels, type ConstantChannels} from './constant-channels.js';
import {foldedBiases, type FoldedBias} from './folded-biases.js';
import type {TracedTensor} from '../trace/layer-use.js';
import {plannedUnits} from './planned-units.js';
import {removableUnits, withoutLostConstants} from './removable-units.js';
import {traceOf, unitsOfChannels} from '../trace/trace-channels.js';
import {vanishedBranches, type VanishedBranches} from './vanished-branches.js';

/** All that goes from a model. */
export interface Removal {
  readonly sweep: ChannelSweep;
  readonly isGone: (channel: number) => boolean;
  readonly branches: VanishedBranches;
  readonly folded: readonly FoldedBias[];
}

/** What goes by a plan, or without one: what can go without a change of outputs. */
export function removalFrom(model: Model, plan: Pick<ChannelPlan, 'remove'> | undefined): Removal {
  const sweep = sweepChannels(model);
  const trace = traceOf(sweep);
  const constants = constantChannels(sweep);
  const {unitOf} = unitsOfChannels(sweep);
  const isGoneIn = (units: ReadonlySet<number>) => (channel: number) => units.has(unitOf[channel]!);
  const branchesOf = (units: ReadonlySet<number>) => {
    const isEmpty = ({channels}: TracedTensor) => channels.length > 0 && channels.every(isGoneIn(units));
    const isZero = (tensor: TracedTensor) => !plan && constants.valuesOf(tensor).every(value => value === 0);
    return vanishedBranches(model, sweep, {isEmpty, isZero, starves: plan !== undefined});
  };
  const {units, branches} = plan
    ? byPlan(trace, constants, plan, branchesOf)
    : byConstants(trace, constants, branchesOf);
  const folded = foldedBiases(trace, constants.intakes, units).filter(({intake}) => !isDead(branches, intake.layer));
  return {sweep, isGone: isGoneIn(units), branches, folded};
}

interface Chosen {
  readonly units: ReadonlySet<number>;
  readonly branches: VanishedBranches;
}

type BranchesOf = (units: ReadonlySet<number>) => VanishedBranches;

/** @throws RangeError where the plan leaves a layer nothing that it needs. */
function byPlan(
  trace: ChannelTrace,
  {intakes}: ConstantChannels,
  plan: Pick<ChannelPlan, 'remove'>,
  branchesOf: BranchesOf,
): Chosen {
  const units = withoutLostConstants(trace, intakes, plannedUnits('shrink', trace, plan));
  const branches = branchesOf(units);
  const starved = branches.starved ?? emptied(trace, units, branches)?.layer;
  if (!starved) return {units, branches};
  throw new RangeError(
    `Expected a plan that leaves each layer a channel, or drops whole branches of sums and concatenations, but "${starved.name}" ` +
      'would have none; plan with `minChannels: 1`',
  );
}

/** A layer that would be left without channels keeps its first, and then others may need theirs: until nothing changes any more. */
function byConstants(trace: ChannelTrace, {intakes}: ConstantChannels, branchesOf: BranchesOf): Chosen {
  const units = removableUnits(trace, intakes);
  for (;;) {
    const branches = branchesOf(units);
    const axis = emptied(trace, units, branches);
    if (!axis) return {units, branches};
    units.delete(axis.units[0]!);
  }
}

/** A weight of a layer that stays, of which nothing would be left along an axis. */
function emptied(
  {axes}: ChannelTrace,
  removed: ReadonlySet<number>,
  branches: VanishedBranches,
): ChannelAxis | undefined {
  return axes.find(({layer, units}) => units.every(unit => removed.has(unit)) && !isDead(branches, layer));
}

/** Whether a layer, or what it is inside of, is gone. */
export function isDead({dead}: VanishedBranches, layer: Layer): boolean {
  return [...dead].some(outer => outer === layer || layersWithin(outer).includes(layer));
}
