import groupBy from 'lodash/groupBy.js';
import partition from 'lodash/partition.js';
import sum from 'lodash/sum.js';
import sumBy from 'lodash/sumBy.js';
import {roundHalfEven} from '../../math/round-half-even.js';
import {shortList} from '../../display/short-list.js';
import {count} from '../../display/table.js';
import type {ChannelPlan} from '../channel-plan.js';
import type {RuledGroup} from './plan-groups.js';
import {holderOf, leftOf} from './plan-of-units.js';
import type {Candidate} from './ranked-groups.js';

/** What was asked for, and what came of it. */
export interface Outcome {
  readonly target: ChannelPlan['target'];
  /** By how much the target is missed; undefined where it is met. */
  readonly missed: string | undefined;
  /** Whether all went that was to go of what can be ranked. */
  readonly isEnough: boolean;
  readonly gone: ReadonlySet<number>;
  readonly groups: readonly RuledGroup[];
  readonly candidates: readonly Candidate[];
}

/**
 * How many channels a target of channels is a fraction of: those that may go, with those that only limits hold, whose
 * part falls to the others; and those that the criterion can't score, whose part is missed. What is frozen, or was left
 * out, is not asked for.
 */
export function channelsAsked(groups: readonly RuledGroup[]): [ranked: number, unscored: number] {
  const [unscored, ranked] = partition(groups.filter(isAsked), ({heldBy}) => heldBy === 'criterion');
  return [sumBy(ranked, 'group.units.length'), sumBy(unscored, 'group.units.length')];
}

/** What a plan does not give of all that was asked for, and why; undefined where it gives all. */
export function shortfallOf(outcome: Outcome): string | undefined {
  const {missed, candidates} = outcome;
  const what = candidates.length === 0 ? 'no channels can go' : missed;
  const target =
    missed === undefined ? roundedToNone(outcome) : [[what, whyMissed(outcome)].filter(Boolean).join(': ')];
  const all = [...target, ...ownSparsitiesMissed(outcome)];
  return all.length === 0 ? undefined : all.join('; ');
}

/**
 * Names the groups that frozen layers hold, and says what becomes of their channels; undefined where there are none.
 */
export function leftFrozen(groups: readonly RuledGroup[]): string | undefined {
  const frozen = groups.filter(({heldBy}) => heldBy === 'frozen');
  return frozen.length === 0 ? undefined : `${namesOf(frozen)} ${FROZEN}`;
}

const FROZEN = 'stay, since frozen layers hold them; to cut them all the same, name their layers in `layers`';

function isAsked({stays, heldBy}: RuledGroup): boolean {
  return stays === undefined || heldBy === 'limits' || heldBy === 'criterion';
}

function whyMissed({isEnough, groups, candidates, gone}: Outcome): string {
  const byReason = groupBy(
    groups.filter(group => group.stays !== undefined && isAsked(group)),
    'stays',
  );
  const held = Object.entries(byReason).map(([reason, alike]) => `${namesOf(alike)} ${reason}`);
  const isFull = ({blocks, most, sparsity}: Candidate) =>
    sparsity !== undefined || blocks.slice(blocks.length - most).every(([unit]) => gone.has(unit!));
  const more = candidates.every(isFull) ? 'no group can lose more' : 'the allocation lets no more go';
  return [isEnough || candidates.length === 0 ? undefined : more, ...held, leftFrozen(groups)]
    .filter(why => why !== undefined)
    .join(', and ');
}

function namesOf(groups: readonly RuledGroup[]): string {
  const names = groups.map(({group}) => `"${group.name}"`);
  return `channels of ${shortList(names, ', ', 60)}`;
}

/** A fraction of few channels may be none. */
function roundedToNone({target: {sparsity = 0}, gone, groups}: Outcome): string[] {
  const isAskedFor = sparsity > 0 || groups.some(group => group.sparsity !== undefined && group.sparsity > 0);
  if (gone.size > 0 || !isAskedFor) return [];
  const what =
    sparsity > 0 ? `${sparsity} of ${count(sum(channelsAsked(groups)))} channels` : 'each sparsity of `perLayer`';
  return [`no channel goes: ${what} rounds to none`];
}

function ownSparsitiesMissed({groups, candidates, gone}: Outcome): string[] {
  return groups.filter(isAsked).flatMap(rule => {
    const {sparsity, group} = rule;
    if (sparsity === undefined) return [];
    const wanted = roundHalfEven(group.units.length * sparsity);
    const left = leftOf(rule, gone);
    const went = group.units.length - left;
    if (went >= wanted) return [];
    const isInfinite = candidates.some(candidate => candidate.rule === rule && candidate.scores.includes(Infinity));
    const why = holderOf(rule, left) ?? (isInfinite ? 'are of infinite score' : 'are needed');
    return [`"${group.name}" loses ${went} of the ${wanted} channels that its own sparsity asks for: others ${why}`];
  });
}
