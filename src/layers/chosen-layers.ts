import type {Model} from '../tfjs-internals.js';
import {frozenIn, sayFrozen} from './frozen-layers.js';
import {selectLayers, type LayerSelector} from './layer-selector.js';
import {expectMasks, prunableLayers, type PlacedPrunableLayer} from './model-layers.js';

/**
 * The wrapped layers that a selector chooses, with masks checked to hold only 0 and 1. Without a selector: all
 * trainable ones, since a frozen layer must be named. Skipped layers are reported once per subject.
 *
 * @param owner the function or callback that asks, for messages.
 * @param subject the callback that reports skipped layers, or else the model.
 * @throws TypeError if the model has no wrapped layers; RangeError if the selector matches none, all are frozen, or a
 *     mask holds anything but 0 and 1.
 */
export function chosenLayers(
  owner: string,
  model: Model,
  selector: LayerSelector | undefined,
  subject: object = model,
): PlacedPrunableLayer[] {
  return expectMasks(selectedLayers(owner, model, selector, subject));
}

function selectedLayers(
  owner: string,
  model: Model,
  selector: LayerSelector | undefined,
  subject: object,
): PlacedPrunableLayer[] {
  const wrapped = wrappedLayers(owner, model);
  if (selector !== undefined) return selectLayers(wrapped, selector, 'wrapped layers');
  const isFrozen = frozenIn(model);
  const masked = wrapped.filter(({layer}) => layer.maskedWeights.length > 0); // some are wrapped for gates alone
  const frozen = masked.filter(({layer}) => isFrozen(layer));
  const trainable = masked.filter(({layer}) => !isFrozen(layer));
  if (trainable.length > 0) {
    sayFrozen(
      owner,
      subject,
      frozen.map(({path}) => path),
    );
    return trainable;
  }
  throw new RangeError(
    `${owner} expects a trainable layer, but all wrapped ones are frozen; name them in \`layers\` to prune them`,
  );
}

/** All wrapped layers, trainable or not. Their masks are not checked. */
export function wrappedLayers(owner: string, model: Model): PlacedPrunableLayer[] {
  const wrapped = prunableLayers(model);
  if (wrapped.length > 0) return wrapped;
  throw new TypeError(
    `${owner} expects a model with wrapped layers, but "${model.name}" has none; use prunable(model) instead`,
  );
}
