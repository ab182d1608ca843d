import {expectNoArguments} from '../options/expect.js';
import {synapticFlow} from './synaptic-flow.js';
import type {ModelCriterion} from './criterion.js';

/**
 * Synaptic flow: how much of the flow from the inputs to the outputs passes through a weight. It needs no data. Over
 * many rounds, with one ranking over all layers, it prunes no layer away.
 *
 *     score(w) = |w| * dR/d|w|
 *
 * R is the sum of the outputs for one sample of ones, computed as in `predict` with the absolute values of all kernels,
 * biases and batch normalizations. Softmaxes are skipped, and so are sigmoid, tanh and the like at an output. Scores
 * are recomputed at each update. If float32 can't hold the flow, or recurrent cells saturate, the input and the biases
 * are scaled down or up, and as a last resort recurrent kernels down; in networks of rectifiers this changes no
 * ranking. (The authors compute in double precision.) An Embedding sees the ones as its row 1, so that all its other
 * rows are removed first: leave it out by `layers`.
 * Tanaka et al. 2020, https://arxiv.org/abs/2006.05467
 *
 * Iterative pruning by synaptic flow is patented in the United States (patent 12406185): check whether you may use it.
 *
 * @throws RangeError, at an update, if an input has no fixed shape, or no signal passes through the model.
 *
 * @example
 * new PruneAtInitialization({sparsity: 0.99, criterion: synFlow()}); // in 100 rounds, before the first batch
 * await pruneOnce(model, {sparsity: 0.5, criterion: synFlow(), allocation: globalRanking()});
 */
export function synFlow(...none: []): ModelCriterion {
  expectNoArguments('synFlow', none);
  return {
    sees: 'model',
    measure: synapticFlow,
    score: (_weight, flow) => flow,
  };
}
