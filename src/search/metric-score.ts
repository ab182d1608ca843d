import {expectModel} from '../layers/model-layers.js';
import {received} from '../options/expect.js';
import {noteMakers} from '../options/makers.js';
import {option, unchecked} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {DATA, expectData, isTensors, type Data} from '../passes/data.js';
import {holdsBatchNorm, recalibrateBatchNorm} from '../recovery/recalibrate-batch-norm.js';
import {LongWork} from '../display/long-work.js';
import {evaluate, expectCompiled} from './evaluate.js';
import type {Score} from './score.js';
import {valueOf} from './sensitivity-values.js';

const OPTIONS = {
  /** 'loss', or the name of a metric of the compiled model, such as 'acc'. Defaults to 'acc'. */
  metric: option(expectName, 'acc'),
  /**
   * Inputs from which `recalibrateBatchNorm` recomputes the statistics of the copy before it is scored: a few hundred
   * examples of the training set. Defaults to none. A model without batch normalizations is scored as it is.
   */
  recalibrate: unchecked<Data>(),
};

/** Options of {@link metricScore}. Take `data` that the model was not trained on, and that you will not test on. */
export type MetricScoreArgs = Args<typeof DATA & typeof OPTIONS>;

/**
 * A score from data: a metric of the compiled model, or minus its loss, averaged over all examples.
 *
 * Recalibrated statistics make the accuracy of a pruned model tell how good it will be when it is trained on. Li et al.
 * 2020 (EagleEye), https://arxiv.org/abs/2007.02491
 *
 * @throws TypeError or RangeError if an option is unknown or wrong; when it scores, RangeError if the model has no such
 *     metric, Error if it is not compiled.
 *
 * @example
 * const score = metricScore({data: {xs: heldOutX, ys: heldOutY}, recalibrate: {xs: trainX}, batchSize: 128});
 */
export function metricScore(args: MetricScoreArgs): Score {
  const {data, batchSize, metric, recalibrate} = read('metricScore', args, {...DATA, ...OPTIONS});
  expectData({data, batchSize});
  const cut = batchSize !== undefined && isTensors(recalibrate) ? {batchSize} : {};
  const inputs = recalibrate === undefined ? undefined : {data: recalibrate, ...cut};
  if (inputs) expectData(inputs, 'recalibrate');
  return async (model, {signal}) => {
    expectCompiled('metricScore', expectModel('metricScore', model));
    const work = new LongWork({signal});
    if (inputs && holdsBatchNorm(model)) await recalibrateBatchNorm(model, {...inputs, ...(signal && {signal})});
    const value = valueOf(await evaluate(model, {data, batchSize}, () => work.pause()), metric)!;
    return metric === 'loss' ? -value : value;
  };
}

noteMakers(metricScore);

function expectName(name: string, metric: string): string {
  if (typeof metric === 'string' && metric !== '') return metric;
  throw new TypeError(`Expected \`${name}\` to be 'loss' or the name of a metric, got ${received(metric)}`);
}
