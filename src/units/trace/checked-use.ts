import type {Shape} from '@tensorflow/tfjs-layers';
import countBy from 'lodash/countBy.js';
import sum from 'lodash/sum.js';
import {isList, received} from '../../options/expect.js';
import {fieldsOf, isLayer, type Layer, type LayerVariable} from '../../tfjs-internals.js';
import type {ChannelRole, ChannelRule, LayerUse, Resize, TracedTensor} from '../../layers/cards/layer-use.js';
import {ruleError} from './rule-error.js';
import {expectAlong, type TracedUse} from './traced-use.js';

const ROLES: readonly ChannelRole[] = ['makes', 'takes', 'passes'];

/**
 * A declared rule, whose statements are checked before they are used.
 *
 * @throws RangeError that says what is wrong if the rule contradicts itself or its layer.
 */
export function checkedRule(rule: ChannelRule): (use: TracedUse) => TracedTensor[] {
  return use => {
    const checked = new CheckedUse(use, {
      known: new Set(),
      made: [],
      accounted: [],
      merged: [],
      names: new Set(),
    });
    const outputs = checked.expectOutputs(rule(checked));
    checked.takeTheRest(outputs);
    return outputs;
  };
}

/** What a rule has said so far, about inner layers too. */
interface Said {
  /** The channels that it was given. */
  readonly known: Set<number>;
  /** The channels that the layer makes itself. */
  readonly made: Int32Array[];
  /** The channels that weights or inner layers take in, each as often as the rule says so. */
  readonly accounted: number[];
  /** The channels that it merges into others, each as often as the rule says so. */
  readonly merged: number[];
  /** The names of channels that the rule makes. */
  readonly names: Set<string>;
}

/** What a declared rule sees of one use of a layer. */
class CheckedUse implements LayerUse {
  readonly layer: Layer;
  readonly inputs: readonly TracedTensor[];
  readonly outputShapes: readonly Shape[];
  readonly #use: TracedUse;
  readonly #said: Said;

  constructor(use: TracedUse, said: Said) {
    this.#use = use;
    this.#said = said;
    this.layer = use.layer;
    this.inputs = use.inputs;
    this.outputShapes = use.outputShapes;
    for (const {channels} of use.inputs) this.#know(channels);
  }

  makes(count: number, resize: Resize, name?: string): Int32Array {
    if (!Number.isInteger(count) || count < 0) {
      throw this.#error(`makes ${received(count)} channels instead of a whole number of them`);
    }
    if (name !== undefined && this.#said.names.has(name)) throw this.#error(`makes channels named "${name}" twice`);
    if (name !== undefined) this.#said.names.add(name);
    const channels = this.#use.makes(count, this.#resize(resize, 'makes'), name);
    this.#said.made.push(channels);
    return this.#know(channels);
  }

  sized(channels: Int32Array, resize: Resize): void {
    this.#use.sized(this.#channels(channels, 'sizes'), this.#resize(resize, 'sizes'));
  }

  along(input: TracedTensor, axis: number): Int32Array {
    this.#channels((input as Partial<TracedTensor> | undefined)?.channels, 'looks at an input of');
    return this.#know(this.#use.along(input, this.#axis(axis, input.shape.length, 'an input')));
  }

  pick(channels: Int32Array, positions: readonly number[]): Int32Array {
    const known = this.#channels(channels, 'picks');
    if (typeof (positions as Partial<ArrayLike<number>> | null)?.length !== 'number') {
      throw this.#error(`picks channels at ${received(positions)} instead of at a list of positions`);
    }
    const wrong = positions.find(at => !Number.isInteger(at) || at < 0 || at >= known.length);
    // Unknown channels are an empty list.
    if (known.length === 0) return known;
    if (wrong !== undefined) throw this.#error(`picks position ${received(wrong)} of ${known.length} channels`);
    return this.#use.pick(known, positions);
  }

  tie(field: string, axis: number, channels: Int32Array, role: ChannelRole): void {
    const what = `\`${field}\``;
    if (!ROLES.includes(role))
      throw this.#error(`ties ${what} as ${received(role)} instead of one of ${ROLES.join(', ')}`);
    const variable = fieldsOf(this.layer)[field] as LayerVariable | null | undefined;
    if (!variable) return;
    if (typeof (variable as Partial<LayerVariable>).read !== 'function') {
      throw this.#error(`ties ${what}, which is not a weight but ${received(variable)}`);
    }
    const at = this.#axis(axis, variable.shape.length, what, 0);
    expectAlong(this.layer, variable, at, channels);
    const known = this.#channels(channels, `ties ${what} to`);
    this.#use.tie(field, at, known, role);
    if (role === 'takes') this.#account(known);
  }

  together(a: Int32Array, b: Int32Array): void {
    const [one, other] = [this.#channels(a, 'couples'), this.#channels(b, 'couples')];
    this.#expectEqual(one, other, 'couples');
    this.#use.together(one, other);
    if (one.length === other.length) this.#said.merged.push(...other);
  }

  takes(...factors: readonly Int32Array[]): void {
    const known = factors.map(channels => this.#channels(channels, 'takes in'));
    for (const other of known.slice(1)) this.#expectEqual(known[0]!, other, 'multiplies');
    this.#use.takes(...known);
    for (const channels of known) this.#account(channels);
  }

  movesValues(): void {
    this.#use.movesValues();
  }

  freeze(channels: Int32Array, reason: string): void {
    this.#use.freeze(this.#channels(channels, 'freezes'), this.#reason(reason));
  }

  isFree(channels: Int32Array): boolean {
    return this.#use.isFree(this.#channels(channels, 'asks for'));
  }

  staying(shape: Shape, reason: string): TracedTensor {
    const output = this.#use.staying(shape, this.#reason(reason));
    this.#know(output.channels);
    return output;
  }

  refuse(reason: string): TracedTensor[] {
    const outputs = this.#use.refuse(this.#reason(reason));
    for (const {channels} of outputs) this.#know(channels);
    return outputs;
  }

  of(layer: Layer, name?: string): LayerUse {
    return new CheckedUse(this.#use.of(this.#inner(layer), name), this.#said);
  }

  through(layer: Layer, inputs: readonly TracedTensor[]): TracedTensor[] {
    for (const {channels} of inputs) this.#account(this.#channels(channels, 'hands on'));
    const outputs = this.#use.through(this.#inner(layer), inputs);
    for (const {channels} of outputs) this.#know(channels);
    return outputs;
  }

  /** Checks what the rule returns, and sets the shapes that tf.js computes. */
  expectOutputs(returned: readonly TracedTensor[]): TracedTensor[] {
    const count = this.outputShapes.length;
    const isOne = (output: unknown) => typeof output === 'object' && output !== null;
    if (isList(returned) && returned.length === count && returned.every(isOne)) {
      return returned.map((output, i) => this.#expectOutput(output, i));
    }
    throw this.#error(
      `returns ${received(returned)} instead of a list of {shape, axis, channels}, one for each of ${count} outputs`,
    );
  }

  #expectOutput(output: TracedTensor, i: number): TracedTensor {
    const shape = this.outputShapes[i]!;
    const channels = this.#channels(output.channels, `returns for output ${i}`);
    const axis = this.#axis(output.axis, shape.length, `output ${i}`);
    const size = shape[axis] ?? null;
    if (size === null || size === channels.length) return {...output, shape, axis, channels};
    throw this.#error(
      `returns ${channels.length} channels along axis ${axis} of output ${i}, whose shape is [${shown(shape)}], ` +
        `instead of ${size}`,
    );
  }

  /**
   * Channels that end in the layer are taken in by it. If the layer makes other channels from them, those that pass
   * through may be taken in as well. A channel that comes in at several positions, such as a flattened one, must be
   * accounted for as often.
   */
  takeTheRest(outputs: readonly TracedTensor[]): void {
    if (this.#use.moves) return;
    const {accounted, merged, made} = this.#said;
    const {joined} = this.#use; // layers elsewhere may couple others that this one takes in
    const countsOf = (channels: readonly number[]) => countBy(channels, channel => joined.find(channel));
    const inTensors = (tensors: readonly TracedTensor[]) => countsOf(tensors.flatMap(({channels}) => [...channels]));
    const [given, passed] = [inTensors(this.inputs), inTensors(outputs)];
    const [taken, together] = [countsOf(accounted), countsOf(merged)];
    const onlyPasses = Object.keys(passed).every(root => root in given);
    const isOpen = (channel: number) => {
      const root = joined.find(channel);
      const ends = [taken, together, ...(onlyPasses ? [passed] : [])];
      return sum(ends.map(counts => counts[root] ?? 0)) < given[root]!;
    };
    for (const channels of made) {
      this.#use.endsIn(channels.filter(channel => ![taken, passed].some(ends => joined.find(channel) in ends)));
    }
    for (const {channels} of this.inputs) this.#use.endsIn(channels.filter(isOpen));
  }

  #know(channels: Int32Array): Int32Array {
    for (const channel of channels) this.#said.known.add(channel);
    return channels;
  }

  #account(channels: Int32Array): void {
    for (const channel of channels) this.#said.accounted.push(channel);
  }

  /** An index out of range reads as undefined, and in an Int32Array as 0. */
  #channels(channels: unknown, does: string): Int32Array {
    if (!(channels instanceof Int32Array) && !isList(channels)) {
      throw this.#error(`${does} ${received(channels)} instead of channels`);
    }
    const list = [...(channels as Iterable<number>)];
    const wrong = list.findIndex(channel => !this.#said.known.has(channel));
    if (wrong < 0) return Int32Array.from(list);
    throw this.#error(
      `${does} channel ${received(list[wrong])}, which it was not given: its channels are those of inputs, along, ` +
        'pick and makes',
    );
  }

  #expectEqual(a: Int32Array, b: Int32Array, does: string): void {
    if (a.length === b.length || a.length === 0 || b.length === 0) return;
    throw this.#error(`${does} ${a.length} channels with ${b.length}, position by position`);
  }

  #axis(axis: number, rank: number, what: string, first = 1): number {
    const resolved = axis < 0 ? axis + rank : axis;
    if (Number.isInteger(axis) && resolved >= first && resolved < rank) return resolved;
    throw this.#error(`goes by axis ${received(axis)} of ${what}, which has axes ${first} to ${rank - 1}`);
  }

  #resize(resize: Resize, does: string): Resize {
    if (typeof resize === 'function') return resize;
    throw this.#error(`${does} channels with ${received(resize)} instead of a function that writes their number`);
  }

  #inner(layer: Layer): Layer {
    if (isLayer(layer)) return layer;
    throw this.#error(`asks for ${received(layer)} instead of a layer inside of it`);
  }

  #reason(reason: string): string {
    return `are kept by the rule of ${this.layer.getClassName()}: ${reason}`;
  }

  #error(problem: string): RangeError {
    return ruleError(this.#use, problem);
  }
}

function shown(shape: Shape): string {
  return shape.map(size => size ?? 'any').join();
}
