import {fieldsOf, type Layer} from '../../tfjs-internals.js';
import {ACTIVATION_PASSES} from './activations.js';
import {CardRegistry} from './card-registry.js';
import {DEPTHWISE_PASSES} from './depthwise.js';
import {INPUT_PASSES} from './inputs.js';
import {KERNEL_PASSES} from './kernels.js';
import {NOISE_PASSES} from './noise.js';
import type {PassCard} from './pass-card.js';
import {RECURRENT_PASSES} from './recurrent.js';
import {SEQUENCE_PASSES} from './sequences.js';
import {SHAPE_PASSES} from './shapes.js';

/** All pass cards. */
export const PASS_CARDS = new CardRegistry<PassCard>(
  INPUT_PASSES,
  KERNEL_PASSES,
  DEPTHWISE_PASSES,
  RECURRENT_PASSES,
  SEQUENCE_PASSES,
  ACTIVATION_PASSES,
  NOISE_PASSES,
  SHAPE_PASSES,
);

/** The pass card of a layer's kind; an empty one if there is none. */
export function passCardOf(layer: Layer): PassCard {
  return PASS_CARDS.of(layer);
}

/** Whether a layer of tf.js is random in training, such as dropout. */
export function isNoisy(layer: Layer): boolean {
  return (passCardOf(layer).noise ?? []).some(field => (fieldsOf(layer)[field] as number) > 0);
}
