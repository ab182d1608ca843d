import type {Shape} from '@tensorflow/tfjs-layers';
import {childLayers} from '../../layers/inner-layers.js';
import {fieldsOf, type Layer, type LayerVariable} from '../../tfjs-internals.js';
import {ruleError} from './rule-error.js';
import type {ChannelLabels, SizedConfig} from './channel-labels.js';
import {MergedNumbers} from './disjoint-sets.js';
import type {ChannelRole, LayerUse, Resize, TracedTensor} from '../../layers/cards/layer-use.js';

/** Traces one use of a layer, in a model or inside another layer. */
export type TraceCall = (
  layer: Layer,
  inputs: readonly TracedTensor[],
  outputShapes: readonly Shape[],
  path?: string,
) => TracedTensor[];

/** An axis of a weight. */
export interface WeightAxis {
  readonly variable: LayerVariable;
  readonly axis: number;
}

/** What a use of a layer takes in. */
export interface Intaken {
  /** One list, or several: then products of one channel of each are taken in. */
  readonly factors: readonly Int32Array[];
  /** The weight that takes the channels in; undefined if none does. */
  readonly by?: WeightAxis;
  /** Whether this is assumed, rather than said by the rule. */
  readonly isInferred?: boolean;
}

/** Channels that a use of a layer makes by a weight, or passes through one. */
export interface Making {
  readonly channels: Int32Array;
  readonly by: WeightAxis;
}

/** Where a layer is used. */
interface UsePlace {
  readonly labels: ChannelLabels;
  readonly path: string;
  readonly call: TraceCall;
}

/** What the rule said of one use of a layer so far, and of the layers inside it. */
interface UseNotes {
  readonly intaken: Intaken[];
  readonly making: Making[];
  readonly counts: Map<Layer, Record<'made' | 'unnamed' | 'passing', number>>;
  readonly joined: MergedNumbers;
  moves: boolean;
}

/** Expects one channel for each position of a weight's axis. */
export function expectAlong(
  layer: Layer,
  {shape, originalName}: LayerVariable,
  axis: number,
  {length}: ArrayLike<number>,
): void {
  if (shape[axis] === length) return;
  throw new RangeError(
    `Expected ${shape[axis]} channels along axis ${axis} of "${originalName}", got ${length}; ` +
      `correct the rule of ${layer.getClassName()} in declareLayer`,
  );
}

/** What the rule of a layer's class gets for one use of the layer. */
export class TracedUse implements LayerUse {
  readonly layer: Layer;
  readonly inputs: readonly TracedTensor[];
  readonly outputShapes: readonly Shape[];
  readonly #place: UsePlace;
  readonly #notes: UseNotes;

  constructor(
    place: UsePlace,
    layer: Layer,
    inputs: readonly TracedTensor[],
    outputShapes: readonly Shape[],
    notes: UseNotes = {intaken: [], making: [], counts: new Map(), joined: new MergedNumbers(), moves: false},
  ) {
    this.#place = place;
    this.#notes = notes;
    this.layer = layer;
    this.inputs = inputs;
    this.outputShapes = outputShapes;
  }

  get path(): string {
    return this.#place.path;
  }

  get intaken(): readonly Intaken[] {
    return this.#notes.intaken;
  }

  get making(): readonly Making[] {
    return this.#notes.making;
  }

  /** Whether the layer only moves values. */
  get moves(): boolean {
    return this.#notes.moves;
  }

  /** The channels that the layer joins. */
  get joined(): MergedNumbers {
    return this.#notes.joined;
  }

  makes(count: number, resize: Resize, name?: string): Int32Array {
    const {labels} = this.#place;
    const index = this.#next('made');
    const before = labels.madeBy(this.layer, index);
    if (before && before.length !== count) {
      throw ruleError(this, `makes ${before.length} channels at one use of the layer and ${count} at another`);
    }
    const channels = before ?? labels.sets.add(count);
    const number = name === undefined ? this.#next('unnamed') : 0;
    this.#size({channels, resize, kind: 'made', index, name: number === 0 ? name : `${number + 1}`});
    return channels;
  }

  sized(channels: Int32Array, resize: Resize): void {
    this.#size({channels, resize, kind: 'passing', index: this.#next('passing')});
  }

  #next(kind: 'made' | 'unnamed' | 'passing'): number {
    const {counts} = this.#notes;
    const count = counts.get(this.layer) ?? {made: 0, unnamed: 0, passing: 0};
    counts.set(this.layer, count);
    return count[kind]++;
  }

  #size(sized: Omit<SizedConfig, 'layer' | 'path'>): void {
    const {labels, path} = this.#place;
    labels.size({...sized, layer: this.layer, path});
  }

  along(input: TracedTensor, axis: number): Int32Array {
    if (input.axis === axis) return input.channels;
    const reason = this.#reason('run along a different axis than it works on');
    this.#place.labels.crossed.add(input);
    this.#place.labels.freeze(input.channels, reason);
    return this.#place.labels.frozen(input.shape[axis], reason);
  }

  pick(channels: Int32Array, positions: readonly number[]): Int32Array {
    return Int32Array.from(positions, position => channels[position]!);
  }

  tie(field: string, axis: number, channels: Int32Array, role: ChannelRole): void {
    const variable = fieldsOf(this.layer)[field] as LayerVariable | null | undefined;
    if (!variable) return;
    const {layer} = this;
    expectAlong(layer, variable, axis, channels);
    const {labels, path} = this.#place;
    labels.tie({layer, path, field, variable, axis, role, channels});
    if (role === 'takes') this.#notes.intaken.push({factors: [channels], by: {variable, axis}});
    else this.#notes.making.push({channels, by: {variable, axis}});
  }

  takes(...factors: readonly Int32Array[]): void {
    this.#take({factors});
  }

  /** Assumes that the layer takes in channels that end nowhere else. */
  endsIn(channels: Int32Array): void {
    if (channels.length > 0) this.#take({factors: [channels], isInferred: true});
  }

  #take(intaken: Intaken): void {
    const {labels, path} = this.#place;
    this.#notes.intaken.push(intaken);
    for (const channels of intaken.factors) labels.takers.push({path, channels});
  }

  movesValues(): void {
    this.#notes.moves = true;
  }

  together(a: Int32Array, b: Int32Array): void {
    const {labels, path} = this.#place;
    labels.together(a, b, `"${path}" joins them`);
    if (a.length === b.length) a.forEach((channel, i) => this.joined.union(channel, b[i]!));
  }

  freeze(channels: Int32Array, reason: string): void {
    this.freezeFor(channels, this.#reason(reason));
  }

  /** Freezes channels for a reason that names the layer itself. */
  freezeFor(channels: Int32Array, reason: string): void {
    this.#place.labels.freeze(channels, reason);
  }

  staying(shape: Shape, reason: string): TracedTensor {
    return this.#place.labels.frozenTensor(shape, this.#reason(reason));
  }

  refuse(reason: string): TracedTensor[] {
    for (const {channels} of this.inputs) this.freeze(channels, reason);
    return this.outputShapes.map(shape => this.staying(shape, reason));
  }

  /** Assumes nothing. Its outputs count as made by the layer, so that tables show them. */
  ofUnknownClass(): TracedTensor[] {
    const why = `${this.layer.getClassName()}, which has no channel rule ("${this.path}"); see declareLayer`;
    for (const {channels} of this.inputs) this.freezeFor(channels, `go through ${why}`);
    return this.outputShapes.map((shape, index) => {
      const output = this.#place.labels.frozenTensor(shape, `are made by ${why}`);
      const name = index === 0 ? undefined : `${index + 1}`;
      this.#size({channels: output.channels, resize: () => undefined, kind: 'made', index, name});
      return output;
    });
  }

  of(layer: Layer, name?: string): TracedUse {
    return new TracedUse(
      {...this.#place, path: this.#inside(name)},
      layer,
      this.inputs,
      this.outputShapes,
      this.#notes,
    );
  }

  isFree(channels: Int32Array): boolean {
    return channels.some(channel => this.#place.labels.sets.reasonOf(channel) === undefined);
  }

  through(layer: Layer, inputs: readonly TracedTensor[]): TracedTensor[] {
    const shapes = layer.computeOutputShape(inputs.length === 1 ? inputs[0]!.shape : inputs.map(({shape}) => shape));
    const path = this.#inside(childLayers(this.layer).length === 1 ? undefined : layer.name);
    return this.#place.call(layer, inputs, Array.isArray(shapes[0]) ? (shapes as Shape[]) : [shapes as Shape], path);
  }

  #inside(name: string | undefined): string {
    return name === undefined ? this.#place.path : `${this.#place.path}/${name}`;
  }

  #reason(reason: string): string {
    return `${reason} ("${this.#place.path}")`;
  }
}
