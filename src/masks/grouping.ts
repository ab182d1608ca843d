import {withoutGoneUnits} from '../layers/whole-units.js';
import type {Grouping, ScoringCriterion, Structure, WeightLayout} from '../structures/structure.js';
import {groupedWeights, type PrunedWeight} from './pruned-weight.js';

/**
 * The groups of the weights that are pruned together: those that a structure makes over all of them, or else of each by
 * itself.
 *
 * @throws what the structure throws where it finds no groups.
 */
export function groupingOf(
  structure: Structure,
  pruned: readonly PrunedWeight[],
  criterion?: ScoringCriterion,
): Grouping {
  const weights = groupedWeights(pruned);
  const [first] = pruned;
  if (structure.over && first) return structure.over(first.model, weights, criterion);
  const grouping = groupEach(
    structure,
    weights.map(({layout}) => layout),
  );
  if (!structure.wholeUnits) return grouping;
  return {
    ...grouping,
    withoutGone: masks =>
      pruned.flatMap(({weight, unit}, i) => (unit ? withoutGoneUnits(weight, masks[i]!, unit) : [])),
  };
}

/** The groups of each weight by itself. */
export function groupEach(structure: Structure, layouts: readonly WeightLayout[]): Grouping {
  return {
    pool: (scores, reduction) =>
      layouts.map((layout, i) => {
        return {name: layout.name, layout, scores: structure.pool(scores[i]!, layout, reduction)};
      }),
    spread: kept => layouts.map((layout, i) => structure.spread(kept[i]!, layout)),
  };
}
