import type {Layer, Model} from '../../tfjs-internals.js';
import {withoutLostConstants} from './removable-units.js';
import {branchesOf, emptied, surveyOf, type Survey} from './survey.js';
import type {VanishedBranches} from './vanished-branches.js';

/** Units that go, and the branches that vanish with them. */
export interface RemovedUnits {
  readonly units: ReadonlySet<number>;
  readonly branches: VanishedBranches;
}

/** What goes of the units that a plan removes: `branches.starved` where it can't be carried out. */
export function removedByPlan(survey: Survey, planned: ReadonlySet<number>): RemovedUnits {
  const fate = {isZero: () => false, starves: true};
  const {dead} = branchesOf(survey, planned, fate);
  const units = withoutLostConstants(survey, planned, dead);
  const branches = branchesOf(survey, units, fate);
  return {units, branches: {...branches, starved: branches.starved ?? emptied(survey, units, branches)?.layer}};
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
  const {branches} = removedByPlan(survey, planned);
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
