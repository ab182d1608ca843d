import * as tf from '@tensorflow/tfjs-core';
import {allWeights, type NamedWeight} from './all-weights.js';
import {renumbering} from './made-up-names.js';
import {prunableLayers} from './model-layers.js';
import {received} from '../options/expect.js';
import {assign, type Model} from '../tfjs-internals.js';

/** The values of all weights of a model except its masks, downloaded. */
export type WeightSnapshot = readonly StoredWeight[];

interface StoredWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: tf.TypedArray;
}

/**
 * Where a snapshot is kept: a URL as for `model.save`, such as `file://./run/start`, or a handler that saves and
 * loads.
 */
export type SnapshotPlace = string | Required<Pick<tf.io.IOHandler, 'save' | 'load'>>;

/** Downloads the values of all weights, biases and batch-norm statistics included. */
export async function takeSnapshot(model: Model): Promise<WeightSnapshot> {
  return Promise.all(
    snapshotWeights(model).map(async ({name, weight}) => {
      return {name, shape: weight.shape as number[], values: (await weight.read().data()).slice()};
    }),
  );
}

/**
 * Expects a snapshot of this model.
 *
 * @throws RangeError that names the first weight that differs.
 */
export function expectFitting(snapshot: WeightSnapshot, model: Model): void {
  const [renamed, renamedToo] = [renumbering(), renumbering()];
  const weights = snapshotWeights(model).map(({name, weight}) => `"${renamed(name)}" [${weight.shape.join()}]`);
  const stored = snapshot.map(({name, shape}) => `"${renamedToo(name)}" [${shape.join()}]`);
  for (let i = 0; i < Math.max(weights.length, stored.length); i++) {
    if (weights[i] === stored[i]) continue;
    throw new RangeError(
      `Expected a snapshot of model "${model.name}", but where the model has ${weights[i] ?? 'no weight'} the ` +
        `snapshot has ${stored[i] ?? 'none'}; pass the snapshot of the same model`,
    );
  }
}

/**
 * Restores the values of all weights, and zeroes those that are masked now.
 *
 * @throws what {@link expectFitting} throws; nothing is changed then.
 */
export function putBack(snapshot: WeightSnapshot, model: Model): void {
  expectFitting(snapshot, model);
  tf.tidy(() => {
    const values = snapshot.map(({values, shape}) => tf.tensor(values, [...shape]));
    snapshotWeights(model).forEach(({weight}, i) => assign(weight, values[i]!));
  });
  for (const {layer} of prunableLayers(model)) for (const weight of layer.maskedWeights) weight.project();
}

/** Saves a snapshot in the format of tf.js, as the weights of a model without layers. */
export async function saveSnapshot(snapshot: WeightSnapshot, place: SnapshotPlace): Promise<void> {
  const named = snapshot.map(({name, values, shape}) => ({name, tensor: tf.tensor(values, [...shape])}));
  try {
    const {data, specs} = await tf.io.encodeWeights(named);
    await saverFor(place).save({modelTopology: {}, weightSpecs: specs, weightData: data});
  } finally {
    tf.dispose(named.map(({tensor}) => tensor));
  }
}

/**
 * Loads a snapshot that {@link saveSnapshot} saved.
 *
 * @throws TypeError if there is no snapshot.
 */
export async function loadSnapshot(place: SnapshotPlace): Promise<WeightSnapshot> {
  const {weightData, weightSpecs} = await loaderFor(place).load();
  if (!weightData || !weightSpecs) throw new TypeError(`Expected a snapshot of weights in ${shown(place)}, got none`);
  const tensors = tf.io.decodeWeights(tf.io.CompositeArrayBuffer.join(weightData), weightSpecs);
  try {
    // In the order of the specs: an object lists names that are numbers first.
    return await Promise.all(
      weightSpecs.map(async ({name, shape}) => ({name, shape, values: (await tensors[name]!.data()).slice()})),
    );
  } finally {
    tf.dispose(tensors);
  }
}

/** Expects a place for a snapshot. */
export function expectPlace(name: string, place: SnapshotPlace): SnapshotPlace {
  if (typeof place === 'string' && place !== '') return place;
  const {save, load} = Object(place) as Partial<tf.io.IOHandler>;
  if (typeof save === 'function' && typeof load === 'function') return place;
  throw new TypeError(
    `Expected \`${name}\` to be a URL such as "file://./run/start", or a handler with save() and load(), ` +
      `got ${received(place)}`,
  );
}

function snapshotWeights(model: Model): NamedWeight[] {
  const masks = new Set(prunableLayers(model).flatMap(({layer}) => layer.maskedWeights.map(({mask}) => mask)));
  return allWeights(model).filter(({weight}) => !masks.has(weight));
}

function saverFor(place: SnapshotPlace): Required<Pick<tf.io.IOHandler, 'save'>> {
  if (typeof place !== 'string') return place;
  return expectOne(place, tf.io.getSaveHandlers(place)) as Required<Pick<tf.io.IOHandler, 'save'>>;
}

function loaderFor(place: SnapshotPlace): Required<Pick<tf.io.IOHandler, 'load'>> {
  if (typeof place !== 'string') return place;
  const url = place.startsWith('file://') ? `${place}/model.json` : place;
  return expectOne(place, tf.io.getLoadHandlers(url)) as Required<Pick<tf.io.IOHandler, 'load'>>;
}

function expectOne(place: string, handlers: readonly tf.io.IOHandler[]): tf.io.IOHandler {
  if (handlers.length === 1) return handlers[0]!;
  throw new TypeError(
    `Expected one handler of tf.js for ${shown(place)}, got ${handlers.length}; in Node without tfjs-node call ` +
      'useFastestBackend() or registerFileUrls() for file:// URLs',
  );
}

function shown(place: SnapshotPlace): string {
  return typeof place === 'string' ? `"${place}"` : 'the handler';
}
