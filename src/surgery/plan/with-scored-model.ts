import {expectMasks, modelLayers, prunableLayers} from '../../layers/model-layers.js';
import {holdsPrunableLayer} from '../../layers/prunable-layer.js';
import {weightOwners} from '../../layers/prunable-weights.js';
import {prunable} from '../../layers/prunable.js';
import type {LongWork} from '../../display/long-work.js';
import {reportBatches} from '../../passes/batch-steps.js';
import {observedSteps} from '../../passes/observed-data.js';
import {expectInputShapes, withBatch} from '../../report/input-shapes.js';
import {kernelPositions} from '../../report/kernel-positions.js';
import {sizedWeights} from '../../report/model-sizes.js';
import {disposeWholly, lossFunctionsOf, type Loss, type Model} from '../../tfjs-internals.js';
import {chainsIn} from '../../units/chains-in.js';
import {frozenUnits} from '../../units/frozen-units.js';
import {scoreModel} from '../../units/score-model.js';
import {expectBuilt, traceChannels} from '../../units/trace/trace-channels.js';
import {foresight} from '../cut/planned-removal.js';
import {limitGroups} from './limit-groups.js';
import {peakAfter} from './peak-memory.js';
import {searchSteps} from './plan-by-scores.js';
import type {ScoringOptions} from './plan-options.js';
import type {ScoredModel} from './planning.js';

/**
 * Traces a model, scores the units that may be removed, and runs an action with them.
 *
 * @param work gets its total, for a plan; scoring is its first steps.
 * @param action is told how many steps were done.
 * @throws what `planChannelPruning` throws before it plans.
 */
export async function withScoredModel<T>(
  owner: string,
  model: Model,
  options: ScoringOptions,
  work: LongWork,
  action: (scored: ScoredModel, steps: number) => Promise<T>,
): Promise<T> {
  expectBuilt(owner, model);
  const loss = options.loss ?? compiledLoss(model);
  expectMasks(prunableLayers(model));
  const sizes = options.inputShapes;
  const inputShapes = withBatch(sizes === undefined ? undefined : expectInputShapes(model, sizes));
  return withAllWrapped(model, async wrapped => {
    const trace = traceChannels(wrapped);
    await work.pause();
    const groups = limitGroups(model, trace, frozenUnits(wrapped, trace), options);
    await work.pause();
    const {positions, isRelative} = kernelPositions(wrapped, inputShapes);
    const weights = sizedWeights(wrapped, trace, positions);
    const {criterion, members, data, batchSize} = options;
    const free = new Set(groups.flatMap(({held, units}) => (held ? [] : [...units])));
    const batches = observedSteps(criterion, options);
    work.total = batches + 1 + searchSteps(groups, options.target);
    const pauses = {afterBatch: reportBatches(work, batches), afterWeight: () => work.pause()};
    const scored = await scoreModel(wrapped, trace, free, {criterion, members, data, batchSize, loss, ...pauses});
    await work.reach(batches + 1, 'scores');
    const later: Pick<ScoredModel, 'chainOf' | 'foresight' | 'peakAfter'> = {
      chainOf: chainsIn(trace),
      foresight: () => foresight(wrapped),
      peakAfter: planAfter => peakAfter(wrapped, inputShapes, planAfter),
    };
    return action({model, trace, groups, ...scored, weights, isRelative, ...later}, batches + 1);
  });
}

/** A criterion needs wrapped layers: runs the action with the model if all are wrapped, or else with a copy. */
async function withAllWrapped<T>(model: Model, action: (wrapped: Model) => Promise<T>): Promise<T> {
  const isReady = modelLayers(model).every(({layer}) => holdsPrunableLayer(layer) || weightOwners(layer).length === 0);
  if (isReady) return action(model);
  const copy = prunable(model);
  try {
    return await action(copy);
  } finally {
    disposeWholly(copy);
  }
}

/** The loss that the model was compiled with; a copy of it is not compiled. */
function compiledLoss(model: Model): Loss | undefined {
  const losses = lossFunctionsOf(model);
  return losses && [...losses];
}
