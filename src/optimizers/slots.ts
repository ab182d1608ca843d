import * as tf from '@tensorflow/tfjs-core';
import pickBy from 'lodash/pickBy.js';
import {expectCompiled} from '../layers/model-layers.js';
import {fieldsOf, steppedWeights, type LayerVariable, type Model} from '../tfjs-internals.js';

/** What an optimizer stores for one weight, such as its momentum: a tensor of the weight's shape. */
export interface Slot {
  /** The last part of its name in a saved file: `momentum`, `m`, `v`, `accumulator`, `rms`, ... */
  readonly name: string;
  readonly variable: tf.Variable;
  /** Its value before the first step: 0, or the initial accumulator value of Adagrad. */
  readonly initial: number;
}

/** A slot as tf.js stores it: in one list for each kind, by the position of the weight. */
export interface OptimizerVariable {
  readonly originalName: string;
  readonly variable: tf.Variable;
}
type SlotList = (OptimizerVariable | undefined)[];

/** The variables that a custom training loop steps, in the order of the slots. */
const steppedNames = new WeakMap<tf.Optimizer, readonly string[]>();

/**
 * Notes the names of the variables that an optimizer has stepped: a custom training loop chooses them, and so the order
 * of the slots. Undefined stands for the variables that the model was compiled with.
 */
export function noteStepped(optimizer: tf.Optimizer, names: readonly string[] | undefined): void {
  if (names) steppedNames.set(optimizer, names);
  else steppedNames.delete(optimizer);
}

/**
 * The slots of each weight that the optimizer of a model steps; none for weights that it has not stepped yet, and none
 * for plain SGD. They are live: the next step uses what is assigned to them.
 *
 * @throws Error if the model is not compiled; RangeError if the optimizer has slots of other shapes, because it has
 *     trained another model.
 */
export function slotsOf(model: Model): Map<LayerVariable, Slot[]> {
  const {optimizer} = expectCompiled('slotsOf', model);
  const lists = Object.values(slotListsOf(optimizer));
  const initial = initialOf(optimizer);
  return new Map(
    placesOf(model).map(([weight, place]) => {
      const slots = lists.map(list => list[place]).filter(slot => slot !== undefined);
      return [
        weight,
        slots.map(slot => ({name: lastPart(slot.originalName), variable: fitting(slot.variable, weight), initial})),
      ];
    }),
  );
}

/**
 * Resets an optimizer to its initial state, except for its learning rate. Its slots are disposed, and created again at
 * the next step.
 */
export function resetOptimizer(optimizer: tf.Optimizer): void {
  const fields = fieldsOf(optimizer);
  disposeSlots(optimizer);
  // the variables of Adam and Adamax: the powers of their betas, and a second count of iterations
  const counters: [string, unknown][] = [
    ['accBeta1', fields['beta1']],
    ['accBeta2', fields['beta2']],
    ['iteration', 0],
  ];
  for (const [field, first] of counters) {
    const counter = fields[field];
    if (counter instanceof tf.Variable) tf.tidy(() => counter.assign(tf.scalar(first as number)));
  }
  fields['iterations_'] = 0;
}

/**
 * Creates slots in a new optimizer, of the same kinds as in another one, before its first step.
 *
 * @param weights the weights it will step, in order.
 * @param valueOf the initial value of a slot, of the weight's shape; undefined for the value in a new optimizer.
 * @throws RangeError if a value differs from its weight in shape; the optimizer has no slots then.
 */
export function plantSlots(
  optimizer: tf.Optimizer,
  like: tf.Optimizer,
  weights: readonly LayerVariable[],
  valueOf: (weight: LayerVariable, slot: string) => tf.Tensor | undefined,
): void {
  const kinds = Object.entries(slotListsOf(like)).map(([field, list]) => ({field, name: kindOf(list)}));
  const values = kinds.map(({name}) =>
    weights.map(weight => {
      const value = valueOf(weight, name) ?? tf.fill(weight.shape as number[], initialOf(like));
      return fitting(value, weight);
    }),
  );
  kinds.forEach(({field, name}, kind) => {
    fieldsOf(optimizer)[field] = weights.map((weight, i): OptimizerVariable => ({
      originalName: `${weight.name}/${name}`,
      variable: tf.variable(values[kind]![i]!, false),
    }));
  });
}

/**
 * Replaces the lists of slots of an optimizer, and disposes the old ones.
 *
 * @param names the names of the slots in each list, by field; null if a weight has none.
 * @param make makes a slot for a field's list and the index of a weight, given the last part of its name.
 */
export function plantSlotLists(
  optimizer: tf.Optimizer,
  names: Record<string, readonly (string | null)[]>,
  make: (field: string, index: number, name: string) => OptimizerVariable,
): void {
  disposeSlots(optimizer);
  for (const [field, list] of Object.entries(names)) {
    fieldsOf(optimizer)[field] = list.map((name, i) => (name === null ? undefined : make(field, i, lastPart(name))));
  }
}

function disposeSlots(optimizer: tf.Optimizer): void {
  for (const list of Object.values(slotListsOf(optimizer))) {
    tf.dispose(list.map(slot => slot?.variable).filter(variable => variable !== undefined));
    list.length = 0;
  }
}

/** The position of each weight's slots in their lists. */
function placesOf(model: Model): [LayerVariable, number][] {
  const names = steppedNames.get(model.optimizer);
  if (!names) return steppedWeights(model).map((weight, i) => [weight, i]);
  const weights = new Map(model.weights.map(weight => [weight.name, weight]));
  return names.flatMap((name, i): [LayerVariable, number][] => (weights.has(name) ? [[weights.get(name)!, i]] : []));
}

/** Finds lists of slots by their structure, since each optimizer names them differently; also in users' optimizers. */
export function slotListsOf(optimizer: tf.Optimizer): Record<string, SlotList> {
  return pickBy(fieldsOf(optimizer), field => Array.isArray(field) && field.some(isSlot)) as Record<string, SlotList>;
}

function kindOf(list: SlotList): string {
  return lastPart(list.find(slot => slot !== undefined)!.originalName);
}

function initialOf(optimizer: tf.Optimizer): number {
  return (fieldsOf(optimizer) as {initialAccumulatorValue?: number}).initialAccumulatorValue ?? 0;
}

function isSlot(value: unknown): boolean {
  return (value as Partial<OptimizerVariable> | undefined)?.variable instanceof tf.Variable;
}

function fitting<T extends tf.Tensor>(slot: T, {shape, originalName}: LayerVariable): T {
  if (tf.util.arraysEqual(slot.shape, shape as number[])) return slot;
  throw new RangeError(
    `Expected the optimizer to have slots of shape [${shape.join()}] for "${originalName}", got ` +
      `[${slot.shape.join()}]; it has trained other weights: compile the model with a new optimizer`,
  );
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}
