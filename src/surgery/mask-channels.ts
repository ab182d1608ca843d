import * as tf from '@tensorflow/tfjs-core';
import {wrappedLayers} from '../layers/chosen-layers.js';
import {expectMasks} from '../layers/model-layers.js';
import {say} from '../display/say.js';
import {placedWeights} from '../masks/placed-weights.js';
import {addMasks, maskOf} from '../masks/update-masks.js';
import {download, type Model} from '../tfjs-internals.js';
import {unitsOfPlan} from './units-of-plan.js';
import type {ChannelPlan} from './channel-plan.js';
import {expectFed, plannedRemoval} from './cut/planned-removal.js';
import {surveyOf} from './cut/survey.js';
import type {ChannelGroup, ChannelTrace} from '../units/trace/channel-trace.js';
import {expectBuilt} from '../units/trace/trace-channels.js';
import {spreadUnits} from '../units/unit-grouping.js';
import {withoutUnmadeUnits} from '../units/unit-vectors.js';
import {prunableGroups} from '../units/prunable-groups.js';
import {unitSlices} from '../units/unit-slices.js';

const OWNER = 'maskChannels';

/**
 * Applies a plan as masks: masks the slices of all kernels that make the channels of the plan or take them in, and
 * zeroes their biases, and the scales and shifts of the batch normalizations that they pass through. `shrink(model)`
 * then cuts out what `shrink(model, plan)` would, with two exceptions: if a layer turns zeros into a constant (a
 * sigmoid) before a layer that is not wrapped; and if the plan removes a whole branch (`minKept: 0`) that adds biases
 * after the masked channels, the branch keeps a channel.
 *
 * Earlier masks are kept. To train with the masks, add a callback that keeps masked weights at zero, as in the example;
 * without one, biases and normalizations of masked channels train again.
 *
 * All or nothing: if it throws, the model is unchanged.
 *
 * @param model wrapped by `prunable`: at least all layers that make channels of the plan.
 * @throws TypeError or RangeError if `model` is not a model or has no wrapped layer, a mask holds anything but 0 and 1,
 *     a layer of the plan is not wrapped, or `plan` is not a plan, is damaged, was made for another model, or leaves a
 *     layer nothing; Error if the model was disposed.
 *
 * @example
 * await maskChannels(model, await planChannelPruning(model, {multiplyAdds: 0.5}));
 * const schedule = constantSparsity({targetSparsity: 0});
 * const keepMasks = new GradualPruning({structure: coupledChannels(), schedule});
 * await model.fit(x, y, {epochs: 5, callbacks: [keepMasks]});
 * const small = await shrink(model);
 */
export async function maskChannels(model: Model, plan: Pick<ChannelPlan, 'remove'>): Promise<void> {
  const layers = wrappedLayers(OWNER, expectBuilt(OWNER, model));
  await download(model.weights);
  const pruned = placedWeights(model, expectMasks(layers));
  const survey = surveyOf(model);
  const {trace} = survey;
  const removed = unitsOfPlan(OWNER, trace, plan);
  expectFed(plannedRemoval(survey, removed));
  if (removed.size === 0) say(OWNER, 'nothing is masked: the plan removes no channel');
  const groups = prunableGroups(OWNER, trace, pruned);
  expectMaskable(removed, groups, trace);
  const slices = unitSlices(trace, pruned);
  const kept = spreadUnits(slices, removed, pruned);
  tf.tidy(() => {
    const masks = pruned.map(({layout}, i) => maskOf(kept[i]!, layout));
    addMasks(pruned, masks, {withoutGone: withoutUnmadeUnits(trace, groups, slices)});
  });
}

/** Expects all layers that make the units of a plan to be wrapped. */
function expectMaskable(
  removed: ReadonlySet<number>,
  maskable: readonly ChannelGroup[],
  {groups}: Pick<ChannelTrace, 'groups'>,
): void {
  const units = new Set(maskable.flatMap(group => [...group.units]));
  const missing = groups.find(group => group.units.some(unit => removed.has(unit) && !units.has(unit)));
  if (!missing) return;
  const layers = missing.layers.map(path => `"${path}"`).join(', ');
  throw new RangeError(
    `${OWNER} expects all layers that make channels of the plan to be wrapped, but not all of ${layers} are; ` +
      'wrap them with prunable, layers of your own after declareLayer',
  );
}
