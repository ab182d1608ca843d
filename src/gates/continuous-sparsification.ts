import {integer, number, positive} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {declareGate} from './declare-gate.js';
import {scaledSigmoid, sigmoidStep} from './scaled-sigmoid.js';
import {startingAt} from './starting-at.js';

const OPTIONS = {
  /** The value that gates start with: the larger, the fewer close. Defaults to 0.1. */
  first: number({}, 0.1),
  /** How steep the sigmoid is at the end, at least 1. Defaults to 200. */
  finalSteepness: number({min: 1}, 200),
  /** How many times faster than a weight Adam moves a gate. Defaults to 1: the sigmoid gets steeper by itself. */
  gateSpeed: positive(1),
  /** A whole number >= 0; each seed gives other first values. Defaults to 0. */
  seed: integer({}, 0),
};

/** Options of {@link continuousSparsification}. */
export type ContinuousSparsificationArgs = Args<typeof OPTIONS>;

/**
 * Gates without noise that get steeper until they are 0 or 1. Savarese et al. 2020, https://arxiv.org/abs/1912.04427
 *
 *     training: z = sigmoid(beta * s),  beta = finalSteepness ** progress
 *     else:     z = 1 if s > 0, else 0
 *     openness: sigmoid(beta * s)
 *
 * @throws TypeError or RangeError if an option is unknown or wrong.
 *
 * @example
 * const model = prunable(net, {gate: continuousSparsification(), structure: kernels()});
 */
export const continuousSparsification = declareGate(
  'ContinuousSparsification',
  (args: ContinuousSparsificationArgs) => {
    const {first, finalSteepness, gateSpeed, seed} = read('continuousSparsification', args, OPTIONS);
    return ({name}, addVariable) => {
      const s = addVariable('s', {initializer: startingAt(first, {gateSpeed, text: `${seed} ${name}`})});
      const soft = (progress: number) => scaledSigmoid(s.read(), gateSpeed * finalSteepness ** progress);
      return {
        values: ({training, progress}) =>
          training ? soft(progress) : sigmoidStep(s.read(), gateSpeed * finalSteepness),
        openness: ({progress}) => soft(progress),
      };
    };
  },
);
