import type {Shape} from '@tensorflow/tfjs-layers';
import {expectFunction, isList, received} from '../options/expect.js';
import {boolean, integer, needs, option} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import type {Layer} from '../tfjs-internals.js';
import {CARDS} from './cards/card-of.js';
import {CHANNEL_CARDS} from './cards/channel-card-of.js';
import type {PrunableWeight} from './cards/layer-card.js';
import type {ChannelRule} from './cards/layer-use.js';
import {PASS_CARDS} from './cards/pass-card-of.js';

const WEIGHT = {
  field: option(expectName),
  inputAxes: option(expectAxes),
  outputAxes: option(expectAxes),
  gates: integer({min: 1}, 1),
  makesOutputs: boolean(false),
  seesInput: boolean(false),
};

const DECLARATION = {
  /** The weights that `prunable` masks. */
  prunableWeights: option(expectPrunableWeights, undefined),
  /**
   * How often each prunable weight multiplies for one example, by the layer and its `inputShape`, for reports: 1 in a
   * Dense layer, the number of output pixels in a convolution. Defaults to 1.
   */
  positions: needs(
    'prunableWeights',
    'it says how often these multiply',
    option((name, positions: (layer: Layer, inputShape: Shape) => number) => {
      return expectFunction(name, positions, "of the layer and its input's shape");
    }, undefined),
  ),
  /** How channels go through the layer, so that they can be traced, planned and cut. */
  channelRule: option((name, rule: ChannelRule) => expectFunction(name, rule, 'of a use of the layer'), undefined),
};

/** What {@link declareLayer} is told about a class of layers. */
export type LayerDeclaration = Args<typeof DECLARATION>;

/**
 * Declares a class of layers of your own: which of its weights can be pruned, and how channels go through it. Both are
 * optional, and a later declaration replaces only what it gives. Without prunable weights, `prunable` skips the layer;
 * without a channel rule, surgery keeps all channels that enter or leave it, and reports say why.
 *
 * **Prunable weights.** Register the class with `tf.serialization.registerClass`, and let `call` read each weight as
 * `this[field].read()`.
 *
 * **Channel rule.** It is called for each use of such a layer with what comes in ({@link LayerUse}). It returns a
 * tensor for each output, with the axis that channels run along and the channel at each position. It says which axes of
 * which weights the channels run along (`tie`), makes new channels (`makes`), says how the configuration holds the
 * number of others (`sized`), and joins those that must be removed together (`together`). Lists of channels are arrays
 * of numbers: use `pick`, `slice` and the like for parts and permutations. Negative axes count from the end.
 *
 * The rule must hold whichever channels are removed: the layer must compute the other channels as if the removed ones
 * were zero. Where it does not (a softmax, a mean over channels), freeze the channels.
 *
 * A rule is checked when a model is traced and cut. If it contradicts itself, the layer's weights or its outputs, or
 * does not update a size in the configuration, an error names the rule. Plans rank a layer's channels by all weights
 * that its rule ties; masks, and criteria that see gradients or inputs, need `prunableWeights` as well.
 *
 * @param className the static `className` of the class. It may be a class of tf.js: a rule for `LayerNormalization`
 *     that passes channels on accepts that its outputs change a little when some are removed.
 * @throws TypeError or RangeError if the declaration is empty or a part of it is wrong. Nothing is declared then.
 *
 * @example
 * // A layer with a `scale` for each channel of its last axis:
 * declareLayer('MyScale', {
 *   channelRule: use => {
 *     const [input] = use.inputs;
 *     const channels = use.along(input, -1);
 *     use.tie('scale', 0, channels, 'passes');
 *     return [{...input, channels}];
 *   },
 * });
 *
 * @example
 * // Two dense layers in one, which makes two lists of channels:
 * declareLayer('MyMlp', {
 *   prunableWeights: ['up', 'down'].map(field => ({field, inputAxes: [0], outputAxes: [1]})),
 *   channelRule: use => {
 *     const hidden = use.makes(use.layer.hidden, (config, left) => (config.hidden = left), 'hidden');
 *     const units = use.makes(use.layer.units, (config, left) => (config.units = left));
 *     use.tie('up', 0, use.along(use.inputs[0], -1), 'takes');
 *     use.tie('up', 1, hidden, 'makes');
 *     use.tie('down', 0, hidden, 'takes');
 *     use.tie('down', 1, units, 'makes');
 *     return [{shape: use.outputShapes[0], axis: -1, channels: units}];
 *   },
 * });
 *
 * @example
 * // Splits its input into parts of `sizes` channels: [3, 5] may become [2, 4].
 * const channelRule = use => {
 *   const all = use.along(use.inputs[0], -1);
 *   let start = 0;
 *   use.movesValues();
 *   return use.outputShapes.map((shape, i) => {
 *     const channels = all.slice(start, (start += shape.at(-1)));
 *     use.sized(channels, (config, left) => (config.sizes[i] = left));
 *     return {shape, axis: -1, channels};
 *   });
 * };
 *
 * @example
 * // Reorders its channels by an `order` such as [2, 0, 1]. The new order depends on which channels are kept:
 * const channelRule = use => {
 *   const all = use.along(use.inputs[0], -1);
 *   use.sized(all, (config, left, kept) => {
 *     config.order = config.order.filter(at => kept.includes(at)).map(at => kept.indexOf(at));
 *   });
 *   use.movesValues();
 *   return [{...use.inputs[0], channels: use.pick(all, use.layer.order)}];
 * };
 *
 * @example
 * // Shuffles its channels among `groups`; each group must keep the same ones:
 * const channelRule = use => {
 *   const all = use.along(use.inputs[0], -1);
 *   const {groups} = use.layer;
 *   const size = all.length / groups;
 *   for (let i = size; i < all.length; i += size) use.together(all.slice(0, size), all.slice(i, i + size));
 *   use.movesValues();
 *   const positions = Array.from(all, (_, i) => (i % groups) * size + Math.floor(i / groups));
 *   return [{...use.inputs[0], channels: use.pick(all, positions)}];
 * };
 *
 * @example
 * // A pixel shuffle: each channel is made of `size ** 2` others, which go together.
 * const channelRule = use => {
 *   const all = use.along(use.inputs[0], -1);
 *   const [shape] = use.outputShapes;
 *   const channels = all.slice(0, shape.at(-1));
 *   const {length} = channels;
 *   for (let i = length; i < all.length; i += length) use.together(channels, all.slice(i, i + length));
 *   use.movesValues();
 *   return [{shape, axis: -1, channels}];
 * };
 *
 * @example
 * // The energy of a signal: channels end here, and the output is one number.
 * declareLayer('MyEnergy', {channelRule: use => [use.staying(use.outputShapes[0], 'are one number')]});
 */
export function declareLayer(className: string, declaration: LayerDeclaration): void {
  if (typeof className !== 'string' || className === '') {
    throw new TypeError(`declareLayer expects the className of a class, got ${received(className)}`);
  }
  const {prunableWeights, positions, channelRule} = read('declareLayer', declaration, DECLARATION);
  if (!prunableWeights && !channelRule) {
    throw new TypeError(`declareLayer expects \`prunableWeights\` or \`channelRule\` of ${className}, got neither`);
  }
  if (prunableWeights) {
    CARDS.edit(className, {prunableWeights});
    PASS_CARDS.edit(className, {positions});
  }
  if (channelRule) CHANNEL_CARDS.edit(className, {channelRule, isDeclared: true});
}

function expectPrunableWeights(name: string, weights: readonly PrunableWeight[]): readonly PrunableWeight[] {
  if (isList(weights) && weights.length > 0) {
    return [...weights].map((weight, i) => read(`\`${name}[${i}]\``, weight, WEIGHT));
  }
  throw new TypeError(`Expected \`${name}\` to be a non-empty array, got ${received(weights)}`);
}

function expectName(option: string, name: string): string {
  if (typeof name === 'string' && name !== '') return name;
  throw new TypeError(`Expected \`${option}\` to be a name, got ${received(name)}`);
}

function expectAxes(name: string, axes: readonly number[]): readonly number[] {
  if (isList(axes) && [...axes].every(Number.isInteger)) return axes;
  throw new TypeError(`Expected \`${name}\` to be an array of axes, got ${received(axes)}`);
}
