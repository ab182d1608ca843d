import * as tf from '@tensorflow/tfjs-core';
import {wrappedLayers} from '../layers/chosen-layers.js';
import {expectMasks} from '../layers/model-layers.js';
import {say} from '../display/say.js';
import {placedWeights} from '../masks/pruned-weight.js';
import {addMasks, maskOf} from '../masks/update-masks.js';
import {download, type Model} from '../tfjs-internals.js';
import {unitsOfPlan} from './units-of-plan.js';
import type {ChannelPlan} from './channel-plan.js';
import {expectFed, plannedRemoval} from './cut/planned-removal.js';
import {surveyOf} from './cut/survey.js';
import {expectBuilt} from '../units/trace/trace-channels.js';
import {spreadUnits} from '../units/unit-grouping.js';
import {withoutUnmadeUnits} from '../units/unit-vectors.js';
import {prunableGroups} from '../units/prunable-groups.js';
import {unitSlices} from '../units/unit-slices.js';

const OWNER = 'maskChannels';

/**
 * Applies a plan as masks: the kernels that make the channels of a plan, and those that take them in, are masked there,
 * and the channels' biases, and the scales and shifts of batch normalizations on their way, are zero. What
 * `shrink(model)` then cuts out is what `shrink(model, plan)` would have, unless a layer makes a constant of nothing (a
 * sigmoid) in front of what is not wrapped; and of a branch that a plan takes away as a whole (`minKept: 0`) a channel
 * stays where the branch goes on to add its biases.
 *
 * Masks that are there stay, too. To train with the masks, put a callback in the list that keeps what is masked at
 * zero, as in the example; without one, biases and normalizations of masked channels learn again.
 *
 * All or nothing: whatever goes wrong, the model is as it was.
 *
 * @param model wrapped by `prunable`: at least all layers that make channels of the plan.
 * @throws TypeError or RangeError where `model` is none or has no wrapped layer, a mask holds something else than 0 and
 *     1, a layer of the plan is not wrapped, or the plan is none, damaged, made for another model, or leaves a layer
 *     nothing; Error where the model was disposed.
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
  const gone = unitsOfPlan(OWNER, trace, plan);
  expectFed(plannedRemoval(survey, gone));
  if (gone.size === 0) say(OWNER, 'nothing is masked: the plan removes no channel');
  const groups = prunableGroups(OWNER, trace, pruned);
  const maskable = new Set(groups.flatMap(({units}) => [...units]));
  const missing = trace.groups.find(({units}) => units.some(unit => gone.has(unit) && !maskable.has(unit)));
  if (missing) {
    throw new RangeError(
      `${OWNER} expects all layers to be wrapped that make channels of the plan, but not all of ${missing.layers.map(path => `"${path}"`).join(', ')} are; wrap them with prunable, those of a class of your own after declareLayer`,
    );
  }
  const all = unitSlices(trace, pruned);
  const kept = spreadUnits(all, gone, pruned);
  tf.tidy(() => {
    addMasks(
      pruned,
      pruned.map(({weight}, i) => maskOf(kept[i]!, weight.layout)),
      {withoutGone: withoutUnmadeUnits(trace, groups, all)},
    );
  });
}
