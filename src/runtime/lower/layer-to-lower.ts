import {sizeOf} from '../../math/size-of.js';
import type {GraphBuilder} from '../graph/graph-builder.js';
import type {Value} from '../graph/value.js';
import {Weights, type StoredWeights} from '../graph/weights.js';

/** A weight of a layer. */
export interface Weight extends StoredWeights {
  readonly shape: readonly number[];
}

/** A layer with what its file says of it. Names in the configuration are in camelCase. */
export interface LayerToLower {
  readonly name: string;
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** By the last part of their names: "kernel". */
  readonly weights: ReadonlyMap<string, Weight>;
  /** The weights of a layer inside of it. */
  readonly weightsIn: (name: string) => ReadonlyMap<string, Weight>;
}

/** Adds the nodes of a layer to a graph, and returns its outputs. @throws TypeError if it has an unknown option. */
export type Lowering = (layer: LayerToLower, inputs: readonly Value[], graph: GraphBuilder) => Value | readonly Value[];

/** How layers become nodes, by their classes. */
export type Lowerings = Readonly<Record<string, Lowering>>;

/** What the runtime can't compute by itself, but tf.js can. */
export class UnsupportedError extends TypeError {
  readonly what: string;

  constructor(what: string) {
    super(`compile can't run ${what}; give it tf.js, which runs what is unknown: \`compile(model, {tf})\``);
    this.what = what;
  }
}

/** The error for a layer that the runtime can't compute. */
export function unsupported(
  {name, className}: Pick<LayerToLower, 'name' | 'className'>,
  why: string,
): UnsupportedError {
  return new UnsupportedError(`layer "${name}" (${className}): ${why}`);
}

/** @throws TypeError if there is no such weight. */
export function weightOf(layer: LayerToLower, name: string): Weight {
  const weight = layer.weights.get(name);
  if (weight) return weight;
  const {className} = layer;
  throw new TypeError(`Expected layer "${layer.name}" (${className}) to have a weight "${name}", and there is none`);
}

/** The weights of a kernel, which may still be to come. */
export function weightsOf(weight: Weight): Weights {
  return new Weights(weight, sizeOf(weight.shape));
}

/** The bias of a layer; zeros if it has none. */
export function biasOf(layer: LayerToLower, outputs: number): Float32Array {
  return layer.config['useBias'] === false ? new Float32Array(outputs) : weightOf(layer, 'bias').values;
}

/** An option of one number or of two, for height and width. */
export function pairOf(value: unknown, fallback: number | readonly [number, number]): readonly [number, number] {
  const [first, second] = [value ?? fallback].flat() as [number, number?];
  return [first, second ?? first];
}

/** An option of one number, which may stand in a list. */
export function numberOf(value: unknown, fallback: number): number {
  return pairOf(value, fallback)[0];
}

/** A word of a configuration, in whichever case it is written: "channelsFirst", "channels_first". */
export function wordOf(value: unknown, fallback: string): string {
  return typeof value === 'string' ? value.replaceAll('_', '').toLowerCase() : fallback;
}

/** An axis, of a value without the batch: 0 is the first one behind it. */
export function axisOf(layer: LayerToLower, rank: number, fallback = -1): number {
  const axis = layer.config['axis'] ?? fallback;
  const index = typeof axis !== 'number' ? NaN : axis < 0 ? rank + axis : axis - 1;
  if (Number.isInteger(index) && index >= 0 && index < rank) return index;
  throw unsupported(layer, `its axis is ${JSON.stringify(axis)}`);
}
