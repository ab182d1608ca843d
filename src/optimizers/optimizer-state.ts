import * as tf from '@tensorflow/tfjs-core';
import omit from 'lodash/omit.js';
import pickBy from 'lodash/pickBy.js';
import {expectCompiled} from '../layers/model-layers.js';
import {fieldsOf, steppedWeights, type Model} from '../tfjs-internals.js';
import {setLearningRate} from './learning-rate.js';
import {plantSlotLists, slotListsOf} from './slots.js';

/** The state of an optimizer: its settings, its counts, and its slots for each weight. */
export interface OptimizerState {
  readonly className: string;
  /** Its hyper-parameters without the learning rate, which may change during training. */
  readonly settings: Record<string, unknown>;
  /** Its numeric fields, including the learning rate and the step count. */
  readonly numbers: Record<string, number>;
  /** For each list of slots, by field: the slot's name for each weight, or null if there is none yet. */
  readonly slots: Record<string, readonly (string | null)[]>;
  /** Live tensors: `slot/field/index`, and `variable/field` for counts in variables, such as Adam's powers of betas. */
  readonly tensors: Record<string, tf.Tensor>;
}

/**
 * Reads the state of a compiled model's optimizer from its fields: `getWeights` of tf.js omits the powers of Adam's
 * betas, which would be recomputed with other bits, and all of Adamax.
 */
export function optimizerState(model: Model): OptimizerState {
  const {optimizer} = expectCompiled('optimizerState', model);
  const fields = fieldsOf(optimizer);
  const lists = slotListsOf(optimizer);
  const slots = Object.entries(lists).flatMap(([field, list]) =>
    list.flatMap((slot, i) => (slot ? [[`slot/${field}/${i}`, slot.variable] as const] : [])),
  );
  const variables = Object.entries(fields).filter(([, value]) => value instanceof tf.Variable);
  return {
    ...optimizerIdentity(optimizer),
    numbers: {...pickBy(fields, isNumber), iterations_: optimizer.iterations},
    slots: Object.fromEntries(
      Object.entries(lists).map(([field, list]) => [field, Array.from(list, slot => slot?.originalName ?? null)]),
    ),
    tensors: Object.fromEntries([
      ...slots,
      ...variables.map(([field, value]) => [`variable/${field}`, value as tf.Variable] as const),
    ]),
  };
}

/** The fields in which an optimizer holds tensors that {@link optimizerState} does not read: lists, objects or maps. */
export function unsavedFields(optimizer: tf.Optimizer): string[] {
  const known = slotListsOf(optimizer);
  return Object.entries(fieldsOf(optimizer)).flatMap(([name, field]) => {
    if (typeof field !== 'object' || !field || name in known || field instanceof tf.Tensor) return [];
    const held: unknown[] = field instanceof Map ? [...field.values()] : Object.values(field);
    return held.flat().some(each => each instanceof tf.Tensor) ? [name] : [];
  });
}

/** What must be equal for a state to be restored. */
export function optimizerIdentity(optimizer: tf.Optimizer): Pick<OptimizerState, 'className' | 'settings'> {
  return {className: optimizer.getClassName(), settings: omit(optimizer.getConfig(), 'learningRate')};
}

/**
 * Restores the state of a compiled model's optimizer, bit by bit. The tensors stay the caller's.
 *
 * @param state of an optimizer of the same class and settings that stepped the same weights.
 */
export function putOptimizerState(model: Model, state: Omit<OptimizerState, 'className' | 'settings'>): void {
  const {optimizer} = expectCompiled('putOptimizerState', model);
  const fields = fieldsOf(optimizer);
  const {learningRate, ...numbers} = state.numbers;
  if (learningRate !== undefined) setLearningRate(optimizer, learningRate);
  Object.assign(fields, numbers);
  for (const [name, value] of Object.entries(state.tensors)) {
    const [kind, field] = name.split('/') as [string, string];
    if (kind === 'variable') (fields[field] as tf.Variable).assign(value);
  }
  const weights = steppedWeights(model);
  plantSlotLists(optimizer, state.slots, (field, i, name) => ({
    originalName: weights[i] ? `${weights[i].name}/${name}` : name, // stepped by a training loop besides the weights
    variable: tf.variable(state.tensors[`slot/${field}/${i}`]!, false),
  }));
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}
