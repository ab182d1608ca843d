import * as tf from '@tensorflow/tfjs-core';
import {
  constraintOf,
  editConfig,
  fieldsOf,
  isLayer,
  isVariable,
  valuesNow,
  type Constraint,
  type Layer,
  type Model,
} from '../tfjs-internals.js';
import {childLayers, layersWithin} from './inner-layers.js';

/** How far rounding in a constraint may move a weight that meets it, as a fraction of the largest weight. */
const ROUNDING = 1e-6;

/**
 * Makes a model save only the constraints that its weights meet. tf.js never applies a constraint in training, but does
 * to weights that it loads: the loaded model would compute something else.
 */
export function leaveOutUnmetConstraints(model: Model): void {
  for (const layer of layersWithin(model)) {
    leaveOut(layer, [layer]);
    for (const [inner, made] of templates(layer)) leaveOut(inner, made);
  }
}

/** Leaves out of a layer's configuration the constraints that the layers made from it do not meet. */
function leaveOut(layer: Layer, made: readonly Layer[]): void {
  if (!Object.entries(fieldsOf(layer)).some(isConstraintOption)) return;
  editConfig(layer, config => {
    for (const option of made.flatMap(unmetOptions)) config[option] = null;
  });
}

function unmetOptions(layer: Layer): string[] {
  const fields = fieldsOf(layer);
  const unmet = Object.values(fields)
    .filter(isVariable)
    .filter(variable => !isMet(constraintOf(variable), variable.read()))
    .map(constraintOf);
  const isUnmet = (option: [string, unknown]) => isConstraintOption(option) && unmet.includes(option[1] as Constraint);
  return Object.entries(fields)
    .filter(isUnmet)
    .map(([name]) => name);
}

function isConstraintOption([name, value]: [string, unknown]): boolean {
  return name.endsWith('Constraint') && value != null;
}

function isMet(constraint: Constraint | null, weight: tf.Tensor): boolean {
  if (!constraint) return true;
  const [largest, moved] = valuesNow(() => {
    const sizeOf = (tensor: tf.Tensor) => tf.max(tf.abs(tensor));
    return tf.stack([sizeOf(weight), sizeOf(tf.sub(constraint.apply(weight), weight))]);
  });
  return moved! <= largest! * ROUNDING;
}

/**
 * A bidirectional layer saves the template of its two layers. Returns pairs of the template, and of each layer inside
 * it, with the layers made from it.
 */
function templates(layer: Layer): [Layer, Layer[]][] {
  const template = fieldsOf(layer)['layer'];
  const children = childLayers(layer);
  if (!isLayer(template) || children.includes(template)) return [];
  const made = children.map(withInner);
  return withInner(template).map((inner, i) => [inner, made.map(each => each[i]!)]);
}

function withInner(layer: Layer): Layer[] {
  return [layer, ...layersWithin(layer)];
}
