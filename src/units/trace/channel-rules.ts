import {isCallable, received} from '../../options/expect.js';
import {isModel, type Layer} from '../../tfjs-internals.js';
import {checkedRule} from './checked-use.js';
import type {ChannelRule, TracedTensor} from './layer-use.js';
import type {TracedUse} from './traced-use.js';
import {KERNEL_RULES} from './rules/kernels.js';
import {MERGE_RULES} from './rules/merges.js';
import {PASS_THROUGH_RULES} from './rules/pass-through.js';
import {RECURRENT_RULES} from './rules/recurrent.js';
import {SHAPE_RULES} from './rules/shapes.js';
import {WRAPPER_RULES} from './rules/wrappers.js';

/** A rule that may know more than is told to those of users. */
type OwnRule = (use: TracedUse) => TracedTensor[];

/** The one table of how channels go through layers, by class name. */
const RULES = new Map<string, OwnRule>(
  Object.entries({
    ...KERNEL_RULES,
    ...RECURRENT_RULES,
    ...PASS_THROUGH_RULES,
    ...MERGE_RULES,
    ...SHAPE_RULES,
    ...WRAPPER_RULES,
  }),
);

/** The classes whose rules are not ours. */
const DECLARED = new Set<string>();

/**
 * Declares how channels go through a layer class of your own, so that they can be traced and cut. Channels that go
 * through a class without a rule stay, with that as the reason: nothing is guessed.
 *
 * The rule is called at each use of such a layer, with what comes in ({@link LayerUse}), and returns what goes out: a
 * tensor for each output, with the axis that channels run along and which channel is at each position. It says which
 * axes of which weights the channels run along (`tie`), makes new ones (`makes`), says how the configuration holds
 * numbers of others (`sized`), or merges those that must go together (`together`). Lists of channels are plain arrays
 * of numbers: parts and permutations are made by `pick`, `slice` and the like. Negative axes count from the end.
 *
 * It must hold for any channel that is removed: the layer without it computes for the others what it computes with
 * zeros in its place. A layer for which that is not so (a softmax, a mean over channels) freezes them.
 *
 * What a rule says is checked when a model is traced and cut: what contradicts itself, the layer's weights or its
 * outputs, or leaves a size in the configuration as it was, is an error that names the rule. Plans rank a layer's
 * channels by all weights that its rule ties; masks, and criteria that see gradients or inputs, need {@link
 * declarePrunableWeights} as well.
 *
 * @param className the class' static `className`. Declaring a class again replaces its rule, also one of tf.js: a rule
 *     for `LayerNormalization` that passes channels on accepts that its outputs change a little when some are removed.
 * @throws TypeError where the rule is no function.
 *
 * @example
 * // A layer with a `scale` for each channel of its last axis:
 * declareChannelRule('MyScale', use => {
 *   const [input] = use.inputs;
 *   const channels = use.along(input, -1);
 *   use.tie('scale', 0, channels, 'passes');
 *   return [{...input, channels}];
 * });
 *
 * @example
 * // Cuts its input into parts of `sizes` channels, [3, 5], of which [2, 4] may be left:
 * declareChannelRule('MySplit', use => {
 *   const all = use.along(use.inputs[0], -1);
 *   let start = 0;
 *   use.movesValues();
 *   return use.outputShapes.map((shape, i) => {
 *     const channels = all.slice(start, (start += shape.at(-1)));
 *     use.sized(channels, (config, left) => (config.sizes[i] = left));
 *     return {shape, axis: -1, channels};
 *   });
 * });
 *
 * @example
 * // Gathers its channels in an `order` of its own, [2, 0, 1]: which of them are left counts, not only how many.
 * declareChannelRule('MyOrder', use => {
 *   const all = use.along(use.inputs[0], -1);
 *   use.sized(all, (config, left, kept) => {
 *     config.order = config.order.filter(at => kept.includes(at)).map(at => kept.indexOf(at));
 *   });
 *   use.movesValues();
 *   return [{...use.inputs[0], channels: use.pick(all, use.layer.order)}];
 * });
 *
 * @example
 * // Deals its channels out to `groups` in turn, so that of each group the same are left:
 * declareChannelRule('MyShuffle', use => {
 *   const all = use.along(use.inputs[0], -1);
 *   const {groups} = use.layer;
 *   const size = all.length / groups;
 *   for (let i = size; i < all.length; i += size) use.together(all.slice(0, size), all.slice(i, i + size));
 *   use.movesValues();
 *   const positions = Array.from(all, (_, i) => (i % groups) * size + Math.floor(i / groups));
 *   return [{...use.inputs[0], channels: use.pick(all, positions)}];
 * });
 *
 * @example
 * // Two dense layers in one, which makes two numbers of channels:
 * declareChannelRule('MyMlp', use => {
 *   const hidden = use.makes(use.layer.hidden, (config, left) => (config.hidden = left), 'hidden');
 *   const units = use.makes(use.layer.units, (config, left) => (config.units = left));
 *   use.tie('up', 0, use.along(use.inputs[0], -1), 'takes');
 *   use.tie('up', 1, hidden, 'makes');
 *   use.tie('down', 0, hidden, 'takes');
 *   use.tie('down', 1, units, 'makes');
 *   return [{shape: use.outputShapes[0], axis: -1, channels: units}];
 * });
 *
 * @example
 * // The energy of a signal: channels end here, and what goes out is one number.
 * declareChannelRule('MyEnergy', use => [use.staying(use.outputShapes[0], 'are one number')]);
 */
export function declareChannelRule(className: string, rule: ChannelRule): void {
  if (typeof className !== 'string' || className === '') {
    throw new TypeError(`declareChannelRule expects the class' className, got ${received(className)}`);
  }
  if (!isCallable(rule)) {
    throw new TypeError(`declareChannelRule expects a function as the rule of ${className}, got ${received(rule)}`);
  }
  RULES.set(className, checkedRule(rule));
  DECLARED.add(className);
}

/** The rule of a layer's class; undefined where there is none. */
export function channelRuleOf(layer: Layer): OwnRule | undefined {
  return isModel(layer) ? undefined : RULES.get(layer.getClassName());
}

/** Whether the rule of a layer's class is not ours. */
export function isRuleDeclared(layer: Layer): boolean {
  return DECLARED.has(layer.getClassName());
}
