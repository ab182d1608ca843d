import type {Weight} from '../lower/layer-to-lower.js';

/** A layer or a model in a configuration. Names are in camelCase. */
export interface SerializedLayer {
  readonly className: string;
  /** The name by which other layers of a graph refer to it. */
  readonly name?: string;
  readonly config: Readonly<Record<string, unknown>> | readonly SerializedLayer[];
  readonly inboundNodes?: unknown;
}

/** A `tf.LayersModel`, of any copy of tf.js. */
export interface LayersModelLike {
  /** Its layers, whose weights are read. */
  readonly layers: readonly object[];
  /** Its inputs, which have shapes. */
  readonly inputs: readonly object[];
  /**
   * Gives its topology.
   *
   * @param unused nothing.
   * @param returnString whether as text.
   */
  toJSON(unused?: unknown, returnString?: boolean): unknown;
}

/** A model as a file holds it. */
export interface StoredModel {
  readonly modelTopology: unknown;
  readonly weights: ReadonlyMap<string, Weight>;
}

/** A model to compile: what it is made of, and its weights. */
export interface ModelSource {
  readonly topology: SerializedLayer;
  /** What tf.js can run layers of. */
  readonly original: LayersModelLike | StoredModel;
  /** The shapes of its inputs, without the batch, where they are known beside the topology. */
  readonly inputShapes?: readonly (readonly (number | null)[])[];
  /** The weights of a layer, by the names of the models around it and its own. */
  weightsOf(path: readonly string[]): ReadonlyMap<string, Weight>;
  /** Waits for some of the weights that are still to come; false if all are there, and the file is found right. */
  readonly more?: () => Promise<boolean>;
}

/** Waits for all weights. @throws CompressedFileError if a file is damaged. */
export async function complete({more}: Pick<ModelSource, 'more'>): Promise<void> {
  while (await more?.());
}

/** The layers of a model; undefined if it is none. */
export function layersOf({config}: SerializedLayer): readonly SerializedLayer[] | undefined {
  const layers = Array.isArray(config) ? config : (config as Record<string, unknown>)['layers'];
  return Array.isArray(layers) ? (layers as SerializedLayer[]) : undefined;
}

/** The name of a layer. */
export function nameOf({name, config}: SerializedLayer): string {
  return name ?? String((config as Record<string, unknown>)['name']);
}

/** An output of a use of a layer. */
export type Reference = readonly [layer: string, use: number, output: number, options?: Record<string, unknown>];

/** What a graph of layers begins or ends with; undefined for a stack. */
export function endsOf(
  {config}: SerializedLayer,
  which: 'inputLayers' | 'outputLayers',
): readonly Reference[] | undefined {
  const ends = (config as Record<string, unknown>)[which];
  return Array.isArray(ends) ? (ends as Reference[]) : undefined;
}
