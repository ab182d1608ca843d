import {sizeOf} from '../../math/size-of.js';
import {expectMethods} from '../../options/expect.js';
import type {GraphBuilder} from '../graph/graph-builder.js';
import type {ForeignLayer} from '../graph/nodes.js';
import type {Value} from '../graph/value.js';
import {lostMask} from '../lower/masks.js';
import {takenOut} from '../lower/moves.js';
import type {LayersModelLike, ModelSource, StoredModel} from '../source/model-source.js';

/** A tensor of tf.js. */
export interface Tensor {
  data(): Promise<ArrayLike<number>>;
  dataSync(): ArrayLike<number>;
  clone(): Tensor;
  dispose(): void;
}

/** What is needed of tf.js to run layers. */
export interface TensorRunner {
  tensor(values: Float32Array, shape: readonly number[], dtype: string): Tensor;
  tidy<R>(run: () => R): R;
}

/** What is needed of tf.js to load layers. */
interface LayersLoader {
  loadLayersModel(handler: {load: () => Promise<object>}): Promise<OwnModel>;
}

interface OwnModel extends LayersModelLike {
  dispose(): unknown;
}

type Shape = readonly (number | null)[];

/** A layer of tf.js. */
interface LayerOfTf {
  readonly name: string;
  readonly layers?: readonly LayerOfTf[];
  readonly supportsMasking?: boolean;
  readonly returnSequences?: boolean;
  readonly stateful?: boolean;
  resetStates?(): void;
  readonly inboundNodes?: readonly {readonly inputTensors: readonly {readonly dtype: string}[]}[];
  computeOutputShape(inputShape: Shape | readonly Shape[]): Shape | readonly Shape[];
  apply(inputs: readonly unknown[], options: object): unknown;
}

/**
 * Layers that tf.js runs: those of the model that is in memory, or of one that is loaded beside what was compiled from
 * a file.
 */
export class ForeignLayers {
  readonly #layers: readonly LayerOfTf[];
  readonly #loaded: OwnModel | undefined;
  readonly #batch: number;
  readonly #used = new Set<LayerOfTf>();

  private constructor(layers: readonly object[], loaded: OwnModel | undefined, batch: number) {
    [this.#layers, this.#loaded, this.#batch] = [layers as readonly LayerOfTf[], loaded, batch];
  }

  static async of({original}: ModelSource, tf: object, batch: number): Promise<ForeignLayers> {
    expectMethods('tf', tf as TensorRunner, ['tensor', 'tidy']);
    if ('layers' in original) return new ForeignLayers(original.layers, undefined, batch);
    const loader = expectMethods('tf', tf as LayersLoader, ['loadLayersModel']);
    const loaded = await loader.loadLayersModel({load: () => Promise.resolve(artifactsOf(original))});
    return new ForeignLayers(loaded.layers, loaded, batch);
  }

  /** Adds a layer to a graph. Its outputs are one value, of which each is a part. */
  lower(graph: GraphBuilder, path: readonly string[], inputs: readonly Value[]): readonly Value[] {
    const layer = found(this.#layers, path);
    const known = inputs.map(input => graph.masks.get(input)).find(mask => mask !== undefined);
    if (known === 'lost' && layer.returnSequences !== undefined) throw lostMask(layer);
    const mask = known === 'lost' ? undefined : known;
    const by = this.#callOf(layer, path, inputs, mask);
    const shapes = by.outputShapes.map(shape => shape.slice(1));
    const copies = [...inputs, ...(mask ? [mask] : [])].map(value => graph.copyOf(value));
    const all = shapes.reduce((sum, shape) => sum + sizeOf(shape), 0);
    const output = graph.add([all], {kind: 'foreign', inputs: copies, by});
    let at = 0;
    const outputs = shapes.map(shape => {
      at += sizeOf(shape);
      return takenOut(graph, output, at - sizeOf(shape), shape);
    });
    if (known && layer.supportsMasking && layer.returnSequences !== false) graph.masks.set(outputs[0]!, known);
    this.#used.add(layer);
    return outputs;
  }

  #callOf(layer: LayerOfTf, path: readonly string[], values: readonly Value[], mask: Value | undefined): ForeignLayer {
    const dtypes = layer.inboundNodes?.[0]?.inputTensors.map(({dtype}) => dtype) ?? [];
    const inputs = values.map(({shape}, i) => ({shape: [this.#batch, ...shape], dtype: dtypes[i] ?? 'float32'}));
    const shapes = inputs.map(({shape}) => shape);
    const given = layer.computeOutputShape(shapes.length === 1 ? shapes[0]! : shapes);
    const outputShapes = (Array.isArray(given[0]) ? given : [given]) as readonly (readonly number[])[];
    expectSizes(path, outputShapes);
    const masks = mask ? [{shape: [this.#batch, ...mask.shape], dtype: 'bool'}] : [];
    return {
      inputs: [...inputs, ...masks],
      outputShapes,
      apply: tensors => {
        const options = mask ? {mask: tensors.at(-1)} : {};
        const outputs = [layer.apply(tensors.slice(0, inputs.length), options)].flat();
        expectShapes(path, outputs as readonly {shape: readonly number[]}[], outputShapes);
        return outputs;
      },
    };
  }

  /** Whether some of the layers keep states from run to run. */
  get areStateful(): boolean {
    return [...this.#used].some(({stateful}) => stateful);
  }

  resetStates(): void {
    for (const layer of this.#used) if (layer.stateful) layer.resetStates!();
  }

  /** The same layers, for somebody who must not dispose them. */
  lent(): ForeignLayers {
    return new ForeignLayers(this.#layers, undefined, this.#batch);
  }

  /** Frees what was loaded; layers of a model in memory stay. */
  dispose(): void {
    this.#loaded?.dispose();
  }
}

function found(layers: readonly LayerOfTf[], [name, ...inner]: readonly string[]): LayerOfTf {
  const layer = layers.find(layer => layer.name === name)!;
  return inner.length === 0 ? layer : found(layer.layers!, inner);
}

function artifactsOf({modelTopology, weights}: StoredModel): object {
  const weightSpecs = [...weights].map(([name, {shape}]) => ({name, shape, dtype: 'float32'}));
  const weightData = [...weights.values()].map(({values}) => Float32Array.from(values).buffer);
  return {modelTopology, weightSpecs, weightData};
}

function expectSizes(path: readonly string[], shapes: readonly Shape[]): void {
  if (shapes.flat().every(Number.isInteger)) return;
  const name = path.join('/');
  throw new TypeError(`Layer "${name}" has outputs of unknown size: its computeOutputShape gave ${shown(shapes)}`);
}

function expectShapes(path: readonly string[], outputs: readonly {shape: Shape}[], expected: readonly Shape[]): void {
  const [shapes, said] = [shown(outputs.map(({shape}) => shape)), shown(expected)];
  if (shapes === said) return;
  const name = path.join('/');
  throw new TypeError(`Expected layer "${name}" to make ${said}, as its computeOutputShape says, got ${shapes}`);
}

function shown(shapes: readonly Shape[]): string {
  return shapes.map(shape => `[${shape.join()}]`).join(' and ');
}
