import type {Layer} from '../../tfjs-internals.js';
import {CardRegistry} from './card-registry.js';
import {DEPTHWISE_LINEAR} from './depthwise.js';
import {KERNEL_LINEAR} from './kernels.js';
import type {LinearCard} from './linear-card.js';

/** All linear cards. */
const LINEAR_CARDS = new CardRegistry<LinearCard>(KERNEL_LINEAR, DEPTHWISE_LINEAR);

/** The linear card of a layer's kind; an empty one if there is none. */
export function linearCardOf(layer: Layer): LinearCard {
  return LINEAR_CARDS.of(layer);
}
