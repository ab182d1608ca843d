import type {Layer} from '../../tfjs-internals.js';
import {CardRegistry} from './card-registry.js';
import {DEPTHWISE} from './depthwise.js';
import {INPUTS} from './inputs.js';
import {KERNELS} from './kernels.js';
import type {LayerCard} from './layer-card.js';
import {NOISE} from './noise.js';
import {NORMALIZATIONS} from './normalizations.js';
import {RECURRENT} from './recurrent.js';
import {SEQUENCES} from './sequences.js';

/** All cards. */
export const CARDS = new CardRegistry<LayerCard>(
  INPUTS,
  KERNELS,
  DEPTHWISE,
  RECURRENT,
  SEQUENCES,
  NORMALIZATIONS,
  NOISE,
);

/** The card of a layer's kind; an empty one if there is none. */
export function cardOf(layer: Layer): LayerCard {
  return CARDS.of(layer);
}

/** Whether a layer carries a state from step to step, and so accepts initial states as extra inputs. */
export function isRecurrent(layer: Layer): boolean {
  return cardOf(layer).isRecurrent === true;
}
