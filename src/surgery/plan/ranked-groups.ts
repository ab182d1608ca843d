import type {RankedGroup} from './choose-units.js';
import {fewestKept, type RuledGroup} from './plan-groups.js';
import {blocksOf} from './unit-blocks.js';
import type {ScoredUnits} from '../../units/score-model.js';

/** A group that takes part, and what the options say of it. */
export interface Candidate extends RankedGroup {
  readonly rule: RuledGroup;
}

/**
 * The groups of which some can go, cut into blocks.
 */
export function rankGroups(groups: readonly RuledGroup[], {scores, weightOf}: ScoredUnits): Candidate[] {
  return groups
    .filter(({stays}) => stays === undefined)
    .map(rule => {
      const ranked = blocksOf(rule.group.units, scores, rule.roundTo);
      const {kept} = fewestKept(rule);
      const spare = ranked.blocks.length - Math.ceil(kept / rule.roundTo);
      const free = ranked.scores.filter(score => score < Infinity).length;
      const {layout} = weightOf.get(rule.group.units[0]!)!;
      const most = Math.min(spare, free);
      return {...ranked, name: layout.name, layout, most, minKept: Math.min(kept, 1), sparsity: rule.sparsity, rule};
    });
}
