import type {TracedTensor} from '../../layers/cards/layer-use.js';
import {removableUnits} from './removable-units.js';
import {emptyPlace, removalOf} from './removal-of-units.js';
import type {Removal} from './removal.js';
import type {Survey} from './survey.js';

/**
 * Everything that can be removed without changing any output. A layer that would be left without channels keeps its
 * first, and then others may need theirs; this repeats until nothing changes.
 */
export function exactRemoval(survey: Survey): Removal {
  const isZero = (tensor: TracedTensor) => survey.constants.valuesOf(tensor).every(value => value === 0);
  const units = removableUnits(survey);
  for (;;) {
    const removal = removalOf(survey, units, {isZero, starves: false});
    const place = emptyPlace(survey, removal);
    if (!place) return removal;
    units.delete(place.units[0]!);
  }
}
