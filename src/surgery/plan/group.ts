import {mostAt} from '../../allocations/limits.js';
import type {ChannelGroup} from '../../units/trace/channel-trace.js';
import type {GroupLimits} from './plan-options.js';

/** What keeps a whole group. The reason follows "channels". */
export interface Hold {
  /** Its place in the model or a selector, a frozen layer, a limit, or a criterion that can't score it. */
  readonly by: 'choice' | 'frozen' | 'limits' | 'criterion';
  readonly reason: string;
}

/** A group of units, and what the options say about it. */
export interface Group extends ChannelGroup, GroupLimits {
  /** How many channels it had before anything was removed. */
  readonly initial: number;
  /** What keeps all of it; undefined if some may be removed. */
  readonly held: Hold | undefined;
  /** The fraction of it that is removed, whatever the target. */
  readonly sparsity: number | undefined;
  /** What needs some of it although the limits would let all go: `"head", which needs some`. */
  readonly neededBy?: string | undefined;
}

/** The fewest channels that a group may keep, and the limit that says so. */
export function fewestKept(group: Group): {kept: number; reason: string} {
  const {units, initial, minKept, maxSparsity, roundTo, neededBy} = group;
  const limits = [
    {kept: minKept, reason: neededBy ?? `minKept ${minKept}`},
    {kept: initial - mostAt(maxSparsity, initial), reason: `maxSparsity ${maxSparsity} of ${initial} at first`},
    {kept: minKept === 0 ? 0 : roundTo, reason: `roundTo ${roundTo}`},
  ];
  const {kept, reason} = limits.reduce((tightest, limit) => (limit.kept > tightest.kept ? limit : tightest));
  const rounded = Math.ceil(kept / roundTo) * roundTo;
  const rounding = rounded > kept ? `, roundTo ${roundTo}` : '';
  return {kept: Math.min(rounded, units.length), reason: `are held by ${reason}${rounding}`};
}

/** How many channels of a group are left. */
export function leftOf({units}: Group, removed: ReadonlySet<number>): number {
  return units.filter(unit => !removed.has(unit)).length;
}

/** What keeps the others if this many are left: a layer, a choice, or a limit; undefined if none of these does. */
export function whatKeeps(group: Group, left: number): string | undefined {
  if (group.held) return group.held.reason;
  const {kept, reason} = fewestKept(group);
  return left === kept && left > 0 ? reason : undefined;
}
