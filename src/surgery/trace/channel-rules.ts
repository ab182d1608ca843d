import {received} from '../../math/expect.js';
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
 * Declares how channels go through a layer class of your own, so that they can be traced and cut. Channels that go through a
 * class without a rule stay, with that as the reason: nothing is guessed.
 *
 * The rule is called at each use of such a layer, with what comes in ({@link LayerUse}), and returns what goes out: a tensor
 * for each output, with the axis that channels run along and which channel is at each position. It says which axes of which
 * weights the channels run along (`tie`), makes new ones (`makes`), or merges those that must go together (`together`). It must hold for any
 * channel that is removed: what is computed for the others may not change.
 *
 * @param className the class' static `className`. Declaring a class again replaces its rule, also one of tf.js: a rule for
 *     `LayerNormalization` that passes channels on accepts that its outputs change a little when some are removed.
 * @throws TypeError where the rule is no function.
 *
 * @example
 * // A layer with a `scale` for each channel of its last axis:
 * declareChannelRule('MyScale', use => {
 *   const [input] = use.inputs;
 *   const channels = use.along(input, input.shape.length - 1);
 *   use.tie('scale', 0, channels, 'passes');
 *   return [{...input, channels}];
 * });
 */
export function declareChannelRule(className: string, rule: ChannelRule): void {
  if (typeof className !== 'string') {
    throw new TypeError(`declareChannelRule expects the class' className, got ${received(className)}`);
  }
  if (typeof rule !== 'function') {
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
