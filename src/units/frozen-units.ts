import {weightOwners} from '../layers/prunable-weights.js';
import type {Model} from '../tfjs-internals.js';
import type {ChannelAxis, ChannelTrace} from './trace/channel-trace.js';

const SAID: Record<ChannelAxis['role'], string> = {
  makes: 'are made by',
  takes: 'are taken in by',
  passes: 'pass through',
};

/**
 * Why a frozen layer keeps a unit, if one has a kernel with slices of it (`trainable: false` of the layer or of a model
 * around it). A frozen batch normalization that the unit passes through, which many freeze to fine-tune, does not
 * count.
 *
 * @param model the traced model.
 */
export function frozenUnits(model: Model, {axes}: Pick<ChannelTrace, 'axes'>): (unit: number) => string | undefined {
  const trained = new Set(model.trainableWeights);
  const reasons = new Map<number, string>();
  for (const {layer, path, role, units} of axes) {
    if (layer.weights.some(weight => trained.has(weight))) continue;
    if (role === 'passes' && weightOwners(layer).length === 0) continue;
    for (const unit of units) if (!reasons.has(unit)) reasons.set(unit, `${SAID[role]} frozen "${path}"`);
  }
  return unit => reasons.get(unit);
}
