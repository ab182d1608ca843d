import {expectNoArguments} from '../options/expect.js';
import {synapticFlow} from './synaptic-flow.js';
import type {Criterion} from './criterion.js';

/**
 * Synaptic flow: how much of what flows from the inputs to the outputs goes through a weight. Needs no data, and in
 * many rounds, with one ranking over all layers, it prunes no layer away.
 *
 *     score(w) = |w| * dR/d|w|
 *
 * R is the sum of the outputs to one sample of ones, computed as in `predict` with the absolute values of all kernels,
 * biases and batch normalizations. Each softmax is passed over, and so are the outputs' sigmoid, tanh and the like.
 * Scores are made anew at each update. Where single precision can't hold the flow, or cells of LSTMs and the like
 * saturate so far that none is left of it, the input and the biases are scaled down or up until it can, and in the end
 * recurrent kernels down: no ranking changes in nets of rectifiers. (The authors compute in double precision.)
 * To an Embedding the ones are its row 1, and all its other rows fall first: leave it out by `layers`.
 * Tanaka et al. 2020, https://arxiv.org/abs/2006.05467
 *
 * Iterative pruning by synaptic flow is patented in the United States (patent 12406185): check whether you may use it.
 *
 * @throws RangeError, at an update, where an input has no fixed shape, or no signal passes through the model.
 *
 * @example
 * new PruneAtInitialization({sparsity: 0.99, criterion: synFlow()}); // in 100 rounds, before the first batch
 * await pruneOnce(model, {sparsity: 0.5, criterion: synFlow(), allocation: globalRanking()});
 */
export function synFlow(...none: []): Criterion {
  expectNoArguments('synFlow', none);
  return {
    measure: synapticFlow,
    score: (_weight, flow) => flow!,
  };
}
