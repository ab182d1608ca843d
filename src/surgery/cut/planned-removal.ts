import {shortList} from '../../display/short-list.js';
import type {Model} from '../../tfjs-internals.js';
import type {ChannelTrace} from '../../units/trace/channel-trace.js';
import {withoutLostConstants} from './removable-units.js';
import {emptyPlace, removalOf} from './removal-of-units.js';
import type {Removal} from './removal.js';
import {surveyOf, type Survey} from './survey.js';

/** What the units of a plan take with them; `starved` if the plan can't be carried out. */
export function plannedRemoval(survey: Survey, planned: ReadonlySet<number>): Removal {
  const fate = {isZero: () => false, starves: true};
  const {dead} = removalOf(survey, planned, fate);
  const removal = removalOf(survey, withoutLostConstants(survey, planned, dead), fate);
  return {...removal, starved: removal.starved ?? emptyPlace(survey, removal)?.layer};
}

/** @throws RangeError if the plan leaves a layer without any channel that it needs. */
export function expectFed(removal: Removal): Removal {
  if (!removal.starved) return removal;
  throw new RangeError(
    'Expected a plan that leaves each layer a channel, or drops whole branches of sums and concatenations, but ' +
      `"${removal.starved.name}" would have none; plan with \`minKept: 1\``,
  );
}

/** A sentence that says which units of a plan are kept; undefined if none are. */
export function keptOfPlan(
  planned: ReadonlySet<number>,
  {units: removed}: Removal,
  {groups}: Pick<ChannelTrace, 'groups'>,
): string | undefined {
  if (planned.size === 0) return 'nothing is cut out: the plan removes no channel';
  const isKept = (unit: number) => planned.has(unit) && !removed.has(unit);
  const kept = groups
    .filter(group => group.units.some(isKept))
    .map(({name, units}) => `${units.filter(isKept).length} of "${name}"`);
  if (kept.length === 0) return undefined;
  const names = shortList(kept, ', ', 60);
  return `channels of the plan are kept, since they hold a constant that can't be moved into a bias: ${names}`;
}

/**
 * Foresees what `shrink` would remove from a model by a plan: its units, and the units made only by layers that are
 * removed with them.
 */
export function foresight(model: Model): (planned: ReadonlySet<number>) => Removal {
  const survey = surveyOf(model);
  return planned => foreseen(survey, planned);
}

/** Units that are removed with others may take more with them. */
function foreseen(survey: Survey, planned: ReadonlySet<number>): Removal {
  const removal = plannedRemoval(survey, planned);
  const units = new Set([...planned, ...unitsThatDie(survey, removal)]);
  return units.size === planned.size ? {...removal, units} : foreseen(survey, units);
}

/** The units of dead layers, except those that other layers make as well. */
function unitsThatDie({sweep, trace, unitOf}: Survey, {dead, dropped}: Removal): number[] {
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
