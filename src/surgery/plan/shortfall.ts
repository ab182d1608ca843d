import groupBy from 'lodash/groupBy.js';
import partition from 'lodash/partition.js';
import sum from 'lodash/sum.js';
import sumBy from 'lodash/sumBy.js';
import {shortList} from '../../display/short-list.js';
import {count} from '../../display/table.js';
import {roundHalfEven} from '../../math/round-half-even.js';
import type {ChannelPlan} from '../channel-plan.js';
import {leftOf, whatKeeps, type Group} from './group.js';
import type {RankedGroup} from './rank-groups.js';

/** What was asked for, and the result. */
export interface Outcome {
  readonly target: ChannelPlan['target'];
  /** By how much the target is missed; undefined if it is met. */
  readonly missed: string | undefined;
  /** Whether everything asked for was removed, among what can be ranked. */
  readonly isEnough: boolean;
  /** The units that are removed. */
  readonly removed: ReadonlySet<number>;
  readonly groups: readonly Group[];
  readonly ranked: readonly RankedGroup[];
}

/**
 * How many channels a target of channels is a fraction of: those that may be removed, including those that only limits
 * hold, whose share falls to the others; and those that the criterion can't score, whose share is missed. Frozen or
 * excluded channels do not count.
 */
export function channelsAsked(groups: readonly Group[]): [ranked: number, unscored: number] {
  const [unscored, ranked] = partition(groups.filter(isAsked), ({held}) => held?.by === 'criterion');
  return [sumBy(ranked, 'units.length'), sumBy(unscored, 'units.length')];
}

/** What a plan could not deliver, and why; undefined if it delivers everything. */
export function shortfallOf(outcome: Outcome): string | undefined {
  const {missed, ranked} = outcome;
  const what = ranked.length === 0 ? 'no channel can be removed' : missed;
  const target =
    missed === undefined ? roundedToNone(outcome) : [[what, whyMissed(outcome)].filter(Boolean).join(': ')];
  const all = [...target, ...ownSparsitiesMissed(outcome)];
  return all.length === 0 ? undefined : all.join('; ');
}

/** Says which groups are kept because frozen layers hold them; undefined if there are none. */
export function leftFrozen(groups: readonly Group[]): string | undefined {
  const frozen = groups.filter(({held}) => held?.by === 'frozen');
  return frozen.length === 0 ? undefined : `${namesOf(frozen)} ${FROZEN}`;
}

const FROZEN = 'are kept, since frozen layers hold them; to cut them, name their layers in `layers`';

function isAsked({held}: Group): boolean {
  return !held || held.by === 'limits' || held.by === 'criterion';
}

function whyMissed({isEnough, groups, ranked, removed}: Outcome): string {
  const held = groups.filter(group => group.held && isAsked(group));
  const byReason = Object.entries(groupBy(held, 'held.reason'));
  const isFull = ({group, blocks, most}: RankedGroup) =>
    group.sparsity !== undefined || blocks.slice(blocks.length - most).every(([unit]) => removed.has(unit!));
  const more = ranked.every(isFull) ? 'no group can lose more' : 'the allocation allows no more';
  return [
    isEnough || ranked.length === 0 ? undefined : more,
    ...byReason.map(([reason, alike]) => `${namesOf(alike)} ${reason}`),
    leftFrozen(groups),
  ]
    .filter(why => why !== undefined)
    .join(', and ');
}

function namesOf(groups: readonly Group[]): string {
  const names = groups.map(({name}) => `"${name}"`);
  return `channels of ${shortList(names, ', ', 60)}`;
}

/** A fraction of few channels may round to none. */
function roundedToNone({target: {sparsity = 0}, removed, groups}: Outcome): string[] {
  const isAskedFor = sparsity > 0 || groups.some(group => group.sparsity !== undefined && group.sparsity > 0);
  if (removed.size > 0 || !isAskedFor) return [];
  const what =
    sparsity > 0 ? `${sparsity} of ${count(sum(channelsAsked(groups)))} channels` : 'each sparsity of `perLayer`';
  return [`no channel is removed: ${what} rounds to none`];
}

function ownSparsitiesMissed({groups, ranked, removed}: Outcome): string[] {
  return groups.filter(isAsked).flatMap(group => {
    const {name, units, sparsity} = group;
    if (sparsity === undefined) return [];
    const wanted = roundHalfEven(units.length * sparsity);
    const left = leftOf(group, removed);
    const went = units.length - left;
    if (went >= wanted) return [];
    const isInfinite = ranked.some(each => each.group === group && each.scores.includes(Infinity));
    const why = whatKeeps(group, left) ?? (isInfinite ? 'are of infinite score' : 'are needed');
    return [`"${name}" loses ${went} of the ${wanted} channels of its own sparsity: the others ${why}`];
  });
}
