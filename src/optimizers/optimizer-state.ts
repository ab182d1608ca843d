import * as tf from '@tensorflow/tfjs-core';
import omit from 'lodash/omit.js';
import pickBy from 'lodash/pickBy.js';
import {expectCompiled} from '../layers/model-layers.js';
import {fieldsOf, steppedWeights, type Model} from '../tfjs-internals.js';
import {setLearningRate} from './learning-rate.js';
import {plantSlotLists, slotListsOf} from './slots.js';

/** All that an optimizer knows: what it was made with, what it has counted, and what it remembers of each weight. */
export interface OptimizerState {
  readonly className: string;
  /** Its hyper-parameters but the learning rate, which may change while training goes on. */
  readonly settings: Record<string, unknown>;
  /** Its fields that are numbers, the learning rate and the count of steps among them. */
  readonly numbers: Record<string, number>;
  /** By the field that holds the list: for each weight in turn the slot's name, or null where there is none yet. */
  readonly slots: Record<string, readonly (string | null)[]>;
  /**
   * Live: `slot/field/index`, and `variable/field` for what it counts in variables, as Adam the powers of its betas.
   */
  readonly tensors: Record<string, tf.Tensor>;
}

/**
 * The state of the optimizer of a compiled model, out of its fields: `getWeights` of tf.js knows neither the powers of
 * Adam's betas, which it makes anew with other bits, nor anything of Adamax.
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

/**
 * The fields in which an optimizer holds tensors in lists, objects or maps that {@link optimizerState} does not know.
 */
export function unsavedFields(optimizer: tf.Optimizer): string[] {
  const known = slotListsOf(optimizer);
  return Object.entries(fieldsOf(optimizer)).flatMap(([name, field]) => {
    if (typeof field !== 'object' || !field || name in known || field instanceof tf.Tensor) return [];
    const held: unknown[] = field instanceof Map ? [...field.values()] : Object.values(field);
    return held.flat().some(each => each instanceof tf.Tensor) ? [name] : [];
  });
}

/** What must be the same for a state to be taken over. */
export function optimizerIdentity(optimizer: tf.Optimizer): Pick<OptimizerState, 'className' | 'settings'> {
  return {className: optimizer.getClassName(), settings: omit(optimizer.getConfig(), 'learningRate')};
}

/**
 * Lets the optimizer of a compiled model go on from a state, bit by bit. The tensors stay the caller's.
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
    originalName: weights[i] ? `${weights[i].name}/${name}` : name, // what else a loop of one's own has stepped
    variable: tf.variable(state.tensors[`slot/${field}/${i}`]!, false),
  }));
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}
