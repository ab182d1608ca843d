import {weightOwners} from '../layers/prunable-weights.js';
import type {Model} from '../tfjs-internals.js';
import type {ChannelAxis, ChannelTrace} from './trace/channel-trace.js';

const SAID: Record<ChannelAxis['role'], string> = {
  makes: 'are made by',
  takes: 'are taken in by',
  passes: 'pass through',
};

/**
 * Says of units why a frozen layer (`trainable: false`, its own or that of a model around it) would have them stay: one
 * with a kernel along which they lie. A frozen batch normalization on their way, which many freeze to fine-tune, has no
 * say.
 *
 * @param model which the trace is of.
 */
export function frozenMembers(model: Model, {axes}: Pick<ChannelTrace, 'axes'>): (unit: number) => string | undefined {
  const trained = new Set(model.trainableWeights);
  const reasons = new Map<number, string>();
  for (const {layer, path, role, units} of axes) {
    if (layer.weights.some(weight => trained.has(weight))) continue;
    if (role === 'passes' && weightOwners(layer).length === 0) continue;
    for (const unit of units) if (!reasons.has(unit)) reasons.set(unit, `${SAID[role]} frozen "${path}"`);
  }
  return unit => reasons.get(unit);
}
