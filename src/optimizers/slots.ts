import * as tf from '@tensorflow/tfjs-core';
import pickBy from 'lodash/pickBy.js';
import {expectCompiled} from '../layers/model-layers.js';
import {fieldsOf, steppedWeights, type LayerVariable, type Model} from '../tfjs-internals.js';

/** What an optimizer remembers of one weight, such as its momentum: a tensor of the weight's shape. */
export interface Slot {
  /** The last part of the name under which it is saved: `momentum`, `m`, `v`, `accumulator`, `rms`, ... */
  readonly name: string;
  readonly variable: tf.Variable;
  /**
   * What it holds of a weight that the optimizer has not stepped: 0, but in Adagrad the value that it accumulates upon.
   */
  readonly initial: number;
}

/** How tf.js keeps slots: in lists, one for each kind, by the position of the weight. */
export interface OptimizerVariable {
  readonly originalName: string;
  readonly variable: tf.Variable;
}
type SlotList = (OptimizerVariable | undefined)[];

/** What a training loop of one's own has its optimizer step, in the order of the slots. */
const steppedNames = new WeakMap<tf.Optimizer, readonly string[]>();

/**
 * Notes which variables an optimizer has stepped, by their names: in a training loop of one's own that is up to the
 * loop, and so is the order of the slots. Undefined for what the model was compiled for.
 */
export function noteStepped(optimizer: tf.Optimizer, names: readonly string[] | undefined): void {
  if (names) steppedNames.set(optimizer, names);
  else steppedNames.delete(optimizer);
}

/**
 * The slots of each weight that the optimizer of a model steps; of a weight that it has not stepped yet, and of plain
 * SGD, none. They are live: what is assigned to them is what the next step goes by.
 *
 * @throws Error where the model is not compiled; RangeError where the optimizer remembers weights of other shapes, as
 *     one does that has trained another model.
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
 * Lets an optimizer forget all that it has seen: as if it were new, with the learning rate that it has. Its slots are
 * disposed, and made anew at the next step.
 */
export function resetOptimizer(optimizer: tf.Optimizer): void {
  const fields = fieldsOf(optimizer);
  disposeSlots(optimizer);
  // What Adam and Adamax count in variables: the powers of their betas, and the iterations once more.
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
 * Gives an optimizer that is new the kinds of slots that another one has, before its first step.
 *
 * @param weights what it is to step, in that order.
 * @param valueOf what a slot starts from: of the weight's shape, or undefined for what it is in a new optimizer.
 * @throws RangeError where a value has another shape than its weight; the optimizer has no slots then.
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
 * Gives an optimizer other lists of slots than it has, which are disposed.
 *
 * @param names of the slots of each list, by its field; null where a weight has none.
 * @param make makes a slot of the field's list, for the weight at an index, with the last part of its name.
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

/** Where the slots of each weight are in their lists. */
function placesOf(model: Model): [LayerVariable, number][] {
  const names = steppedNames.get(model.optimizer);
  if (!names) return steppedWeights(model).map((weight, i) => [weight, i]);
  const weights = new Map(model.weights.map(weight => [weight.name, weight]));
  return names.flatMap((name, i): [LayerVariable, number][] => (weights.has(name) ? [[weights.get(name)!, i]] : []));
}

/** By their shape, since each kind of optimizer has other names for them; also those of an optimizer of one's own. */
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
    `Expected the optimizer to remember "${originalName}" in its shape [${shape.join()}], got [${slot.shape.join()}]; it has ` +
      'trained other weights: compile the model with a new optimizer',
  );
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}
