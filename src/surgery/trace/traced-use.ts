import type {Shape} from '@tensorflow/tfjs-layers';
import {childLayers} from '../../layers/prunable-weights.js';
import {fieldsOf, type Layer, type LayerVariable} from '../../tfjs-internals.js';
import type {ChannelLabels} from './channel-labels.js';
import type {ChannelRole} from './channel-trace.js';
import type {LayerUse, Resize, TracedTensor} from './layer-use.js';

/** Traces one use of a layer, in a model or inside of another layer. */
export type TraceCall = (
  layer: Layer,
  inputs: readonly TracedTensor[],
  outputShapes: readonly Shape[],
  path?: string,
) => TracedTensor[];

/** Where a layer is used. */
interface UsePlace {
  readonly labels: ChannelLabels;
  readonly path: string;
  readonly call: TraceCall;
}

/** What the rule of a layer's class sees of one use of the layer. */
export class TracedUse implements LayerUse {
  readonly layer: Layer;
  readonly inputs: readonly TracedTensor[];
  readonly outputShapes: readonly Shape[];
  readonly #place: UsePlace;

  constructor(place: UsePlace, layer: Layer, inputs: readonly TracedTensor[], outputShapes: readonly Shape[]) {
    this.#place = place;
    this.layer = layer;
    this.inputs = inputs;
    this.outputShapes = outputShapes;
  }

  makes(count: number, resize: Resize): Int32Array {
    const {labels, path} = this.#place;
    const channels = labels.madeBy(this.layer) ?? labels.sets.add(count);
    labels.size({layer: this.layer, path, channels, resize, kind: 'made'});
    return channels;
  }

  sized(channels: Int32Array, resize: Resize): void {
    const {labels, path} = this.#place;
    labels.size({layer: this.layer, path, channels, resize, kind: 'passing'});
  }

  along(input: TracedTensor, axis: number): Int32Array {
    if (input.axis === axis) return input.channels;
    const reason = this.#reason('run along another axis than it works on');
    this.#place.labels.crossed.add(input);
    this.#place.labels.freeze(input.channels, reason);
    return this.#place.labels.frozen(input.shape[axis], reason);
  }

  tie(field: string, axis: number, channels: Int32Array, role: ChannelRole): void {
    const variable = fieldsOf(this.layer)[field] as LayerVariable | null | undefined;
    if (!variable) return;
    const {layer} = this;
    if (variable.shape[axis] !== channels.length) {
      throw new RangeError(
        `Expected ${variable.shape[axis]} channels along axis ${axis} of "${variable.originalName}", got ${channels.length}; ` +
          `correct the rule of ${layer.getClassName()} in declareChannelRule`,
      );
    }
    const {labels, path} = this.#place;
    labels.tie({layer, path, field, variable, axis, role, channels});
  }

  together(a: Int32Array, b: Int32Array): void {
    const {labels, path} = this.#place;
    labels.together(a, b, `"${path}" joins them`);
  }

  freeze(channels: Int32Array, reason: string): void {
    this.#place.labels.freeze(channels, this.#reason(reason));
  }

  refuse(reason: string): TracedTensor[] {
    for (const {channels} of this.inputs) this.freeze(channels, reason);
    return this.outputShapes.map(shape => this.#place.labels.frozenTensor(shape, this.#reason(reason)));
  }

  of(layer: Layer, name?: string): LayerUse {
    return new TracedUse({...this.#place, path: this.#inside(name)}, layer, this.inputs, this.outputShapes);
  }

  through(layer: Layer, inputs: readonly TracedTensor[]): TracedTensor[] {
    const shapes = layer.computeOutputShape(inputs.length === 1 ? inputs[0]!.shape : inputs.map(({shape}) => shape));
    const path = this.#inside(childLayers(this.layer).length > 1 ? layer.name : undefined);
    return this.#place.call(layer, inputs, Array.isArray(shapes[0]) ? (shapes as Shape[]) : [shapes as Shape], path);
  }

  #inside(name: string | undefined): string {
    return name === undefined ? this.#place.path : `${this.#place.path}/${name}`;
  }

  #reason(reason: string): string {
    return `${reason} ("${this.#place.path}")`;
  }
}
