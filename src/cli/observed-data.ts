import type {Criterion} from '../criteria/criterion.js';
import {expectInteger} from '../options/expect.js';
import type {Batch} from '../passes/data.js';
import type {Model} from '../tfjs-internals.js';
import {examplesFor} from './examples-for.js';
import {UsageError} from './exit-codes.js';
import {expectDataFor} from './pruning-rule.js';
import {targetsFor} from './targets-for.js';
import {numberOf} from './values.js';

/** The arguments on how a criterion sees examples. */
export const SEEN = {loss: {type: 'string'}, 'batch-size': {type: 'string'}} as const;

interface SeenArguments {
  readonly criterion?: string | undefined;
  readonly data?: string | undefined;
  readonly labels?: string | undefined;
  readonly loss?: string | undefined;
  readonly 'batch-size'?: string | undefined;
}

/** @throws UsageError if examples are needed and not named, or something that is named has no effect. */
export function expectSeen(criterion: Criterion, {criterion: name, data, labels, ...others}: SeenArguments): void {
  expectDataFor(criterion, name, data);
  const useless = Object.entries({labels, ...others}).find(([, value]) => data === undefined && value !== undefined);
  if (useless && useless[0] in {labels, ...SEEN}) throw new UsageError(`--${useless[0]} needs --data`);
}

/** The options of functions that show data to a criterion. @throws UsageError if they do not fit. */
export async function observedData(model: Model, args: SeenArguments, criterion: Criterion) {
  const {data, labels, loss} = args;
  if (data === undefined) return {};
  const batchSize = numberOf('--batch-size', args['batch-size'], (name, value) => expectInteger(name, value, {min: 1}));
  const {xs, ys} = await examplesFor(model, data, labels);
  if (criterion.sees === 'gradients') {
    if (!ys) throw new UsageError(`--criterion ${args.criterion} sees gradients: it needs --labels FILE`);
    if (loss === undefined && !model.loss) {
      throw new UsageError('The model has no loss of its own: name one, as in --loss categoricalCrossentropy');
    }
  }
  const lossOf = loss ?? (typeof model.loss === 'string' ? model.loss : undefined);
  const examples: Batch = {xs: [...xs], ...(ys && {ys: targetsFor(model, ys, lossOf)})};
  return {data: examples, ...(batchSize && {batchSize}), ...(loss !== undefined && {loss})};
}
