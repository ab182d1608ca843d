import * as tf from '@tensorflow/tfjs-core';
import {serialized} from '../../layers/layer-config.js';
import {gatedLayers} from '../../gates/gated-layers.js';
import {twinsOf, withMasksForGates} from '../../gates/without-gates.js';
import {prunableLayers} from '../../layers/model-layers.js';
import {plainConfig} from '../../layers/plain-config.js';
import {rebuild} from '../../layers/rebuild.js';
import {leaveOutUnmetConstraints} from '../../layers/unmet-constraints.js';
import {say} from '../../display/say.js';
import {isPlainObject, received} from '../../options/expect.js';
import {option} from '../../options/option.js';
import {expectAbsent, read} from '../../options/read.js';
import type {Args} from '../../options/table.js';
import {assign, disposeWholly, download, type Layer, type LayerVariable, type Model} from '../../tfjs-internals.js';
import {carryTraining} from './carry-training.js';
import {ChannelCut} from './channel-cut.js';
import type {ChannelPlan} from '../channel-plan.js';
import {foldBiases, foldedBiases, withoutBias} from './folded-biases.js';
import {exactRemoval} from './exact-removal.js';
import type {ReconstructArgs} from '../../recovery/reconstruct.js';
import type {ReconstructionArgs} from './fitted-to-plan.js';
import {expectFed, keptOfPlan, plannedRemoval} from './planned-removal.js';
import {channelsOf} from './removal-of-units.js';
import type {Removal} from './removal.js';
import {expectRulesFit, resized} from './resized-layers.js';
import {rewire} from './rewire.js';
import {surveyOf, type Survey} from './survey.js';
import {unitsOfPlan} from '../units-of-plan.js';
import {expectBuilt} from '../../units/trace/trace-channels.js';

const OWNER = 'shrink';
const CHOSEN = ['teacher', 'by', 'sparsity', 'structure', 'allocation'] as const;

const OPTIONS = {
  /**
   * Before the plan's channels are cut, fits the weights that stay: `{data: {xs}}` and further options of
   * {@link reconstruct}, with the model itself as the teacher. Needs a plan. Defaults to no fit.
   */
  reconstruct: option(expectReconstruction, undefined),
};

/** Options of {@link shrink}. */
export type ShrinkArgs = Args<typeof OPTIONS>;

/**
 * Makes a smaller model without the pruned channels: without their filters, their entries in normalizations, and the
 * slices of all kernels that took them in. The model is of the same kind, with the same names and variables of its own.
 *
 * Without a plan, it removes all channels that masks or zero weights have left unused: the outputs are the same. With a
 * plan of {@link planChannelPruning}, it removes the plan's channels: the outputs are those of the same model with
 * these channels disconnected. If a removed channel holds a constant other than zero (a bias, the shift of a batch
 * normalization), the constant is moved into the next biases. Where that would not be exact, before a convolution that
 * pads with zeros, the channel is kept.
 *
 * A branch is removed as a whole if a sum gets only zeros from it, or if a concatenation has lost all of its channels.
 * A plan that leaves no channels inside a branch of a sum (`minKept: 0`) removes the branch with its biases and
 * constants.
 *
 * With `reconstruct: {data}`, what stays is first fitted by least squares to make up for the plan's channels, as in
 * channel pruning by He et al. 2017, https://arxiv.org/abs/1707.06168: it needs inputs alone, and takes seconds. The
 * smaller model is then compiled with the optimizer's state as it was.
 *
 * To go on pruning, give the smaller model a new callback: schedules count from what is left. A stateful recurrent
 * layer starts from zeros, as after `resetStates`.
 *
 * Wrapped layers stay wrapped, with what is left of their masks; `stripPruning` removes the wrappers. A model without
 * wrappers gives one that loads without this library, with `regularizers` and constraints treated as by `stripPruning`.
 *
 * If the model is compiled, so is the smaller one: with the same loss and metrics, and an optimizer of its own that has
 * the state of the original for the remaining weights. The given model is not changed; dispose it when you are done
 * with it.
 *
 * @throws TypeError or RangeError if `model` is not a model, a layer's class is not registered, a mask holds anything
 *     but 0 and 1, a rule of `declareLayer` does not write the sizes that it cuts, the plan does not fit the model, or
 *     an option is wrong; what `reconstruct` throws; Error if the model was disposed.
 *
 * @example
 * const plan = await planChannelPruning(model, {multiplyAdds: 0.5});
 * const small = await shrink(model, plan);
 * await small.fit(x, y); // fine-tunes
 * await stripPruning(small).save('file://./small');
 *
 * @example
 * const small = await shrink(model, plan, {reconstruct: {data: {xs}}}); // no training, no labels
 */
export async function shrink<M extends Model>(
  model: M,
  plan?: Pick<ChannelPlan, 'remove'>,
  args: ShrinkArgs = {},
): Promise<M> {
  expectBuilt(OWNER, model);
  const {reconstruct} = read(OWNER, args, OPTIONS);
  if (!plan) expectAbsent(OWNER, args, ['reconstruct'], 'without a plan: outputs stay as they are');
  const {small, shortfall} = await shrinkQuietly(model, plan, reconstruct);
  if (shortfall !== undefined) say(OWNER, shortfall);
  return small;
}

function expectReconstruction(name: string, args: ReconstructionArgs): ReconstructionArgs {
  if (!isPlainObject(args)) {
    throw new TypeError(`Expected \`${name}\` to be an object such as {data: {xs}}, got ${received(args)}`);
  }
  expectAbsent(`\`${name}\` of ${OWNER}`, args as ReconstructArgs, CHOSEN, 'since the plan says what goes');
  return args;
}

/** A smaller model, and a sentence that says what is kept although it was to be removed. */
type Shrunk<M extends Model> = Pick<CutModel<M>, 'small' | 'shortfall'>;

/** What {@link shrink} does, but for the sentence on the console. */
export async function shrinkQuietly<M extends Model>(
  model: M,
  plan: Pick<ChannelPlan, 'remove'> | undefined,
  reconstruction?: ReconstructionArgs,
): Promise<Shrunk<M>> {
  // Gates are decided first: what a smaller model trains with are masks.
  if (gatedLayers(model).length > 0) {
    return insteadOf(model, withMasksForGates(model), masked => shrinkQuietly(masked, plan, reconstruction));
  }
  if (reconstruction) {
    const {fittedToPlan} = await import('./fitted-to-plan.js'); // who cuts alone loads no least squares
    return insteadOf(model, await fittedToPlan(model, plan!, reconstruction), fitted => shrinkQuietly(fitted, plan));
  }
  await download(model.weights);
  const {small, cut, twins, shortfall} = cutOut(model, plan);
  try {
    if (isPlain(small)) leaveOutUnmetConstraints(small);
    carryTraining(model, small, (variable, value) => cut.of(variable, value), twins);
  } catch (error) {
    disposeWholly(small);
    throw error;
  }
  return {small, shortfall};
}

/** Shrinks a copy with changed weights, which trains as the model does, and disposes it. */
async function insteadOf<M extends Model>(
  model: M,
  copy: M,
  shrinkCopy: (copy: M) => Promise<Shrunk<M>>,
): Promise<Shrunk<M>> {
  try {
    carryTraining(model, copy, (_, value) => value, twinsOf(model, copy));
    return await shrinkCopy(copy);
  } finally {
    disposeWholly(copy);
  }
}

/** A smaller model, and how it was made. */
interface CutModel<M extends Model> {
  /** Not compiled. */
  readonly small: M;
  readonly cut: ChannelCut;
  /** The variable that replaces each of the large model, by the `id` of the latter. */
  readonly twins: ReadonlyMap<number, LayerVariable>;
  readonly shortfall: string | undefined;
}

/** What {@link shrink} makes, not compiled. */
export function cutOut<M extends Model>(model: M, plan: Pick<ChannelPlan, 'remove'> | undefined): CutModel<M> {
  const survey = surveyOf(model);
  const {sweep} = survey;
  const {removal, shortfall} = removalFrom(survey, plan);
  const folded = foldedBiases(survey, removal);
  const cut = new ChannelCut(model, sweep, channelsOf(survey, removal.units), withoutBias(folded));
  expectRulesFit(sweep, cut, removal.dead);
  const twins = new Map<number, LayerVariable>();
  const write = isPlain(model) ? (layer: Layer) => plainConfig(serialized(layer)) : serialized;
  const small = rebuild(model, layer => resized(layer, write(layer), cut), {
    rewire: (home, config) => rewire(home, config, removal),
    copyVariable: (from, to) => {
      twins.set(from.id, to);
      tf.tidy(() => assign(to, cut.of(from, from.read())));
      to.trainable = from.trainable;
    },
  });
  foldBiases(small, folded, cut, twins);
  return {small, cut, twins, shortfall};
}

/** What is removed, and a sentence that says what is kept although it was to be removed. */
function removalFrom(
  survey: Survey,
  plan: Pick<ChannelPlan, 'remove'> | undefined,
): {removal: Removal; shortfall: string | undefined} {
  if (plan !== undefined) {
    const planned = unitsOfPlan(OWNER, survey.trace, plan);
    const removal = expectFed(plannedRemoval(survey, planned));
    return {removal, shortfall: keptOfPlan(planned, removal, survey.trace)};
  }
  const removal = exactRemoval(survey);
  const isNothing = removal.units.size === 0 && removal.dropped.size === 0;
  return {removal, shortfall: isNothing ? NOTHING_DEAD : undefined};
}

const NOTHING_DEAD = 'nothing is cut out: every channel is in use; pass a plan, or prune whole channels first';

function isPlain(model: Model): boolean {
  return prunableLayers(model).length === 0;
}
