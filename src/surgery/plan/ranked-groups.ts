import type {RankedGroup} from './choose-units.js';
import {fewestKept, type RuledGroup} from './plan-groups.js';
import {blocksOf} from './unit-blocks.js';
import type {UnitKernel} from './unit-kernels.js';

/** A group that takes part, and what the options say of it. */
export interface Candidate extends RankedGroup {
  readonly rule: RuledGroup;
}

/**
 * The groups of which some can go, cut into blocks.
 *
 * @param scores one for each unit of the model.
 */
export function rankGroups(
  groups: readonly RuledGroup[],
  scores: Float64Array,
  kernels: readonly UnitKernel[],
): Candidate[] {
  const kernelOf = kernelsByUnit(kernels);
  return groups
    .filter(({stays}) => stays === undefined)
    .map(rule => {
      const ranked = blocksOf(rule.group.units, scores, rule.roundTo);
      const {kept} = fewestKept(rule);
      const spare = ranked.blocks.length - Math.ceil(kept / rule.roundTo);
      const free = ranked.scores.filter(score => score < Infinity).length;
      const {name, layout} = kernelOf.get(rule.group.units[0]!)!;
      const most = Math.min(spare, free);
      return {...ranked, name, layout, most, minKept: Math.min(kept, 1), sparsity: rule.sparsity, rule};
    });
}

/** The first kernel that makes each unit; of one that no kernel makes, another along which it lies. */
function kernelsByUnit(kernels: readonly UnitKernel[]): Map<number, UnitKernel> {
  const found = new Map<number, UnitKernel>();
  const ends = kernels.flatMap(kernel => kernel.axes.map(axis => ({...axis, kernel})));
  for (const {units, kernel} of [...ends.filter(({role}) => role === 'makes'), ...ends]) {
    for (const unit of units) if (!found.has(unit)) found.set(unit, kernel);
  }
  return found;
}
