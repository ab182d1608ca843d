import {observes, type Criterion} from '../criteria/criterion.js';
import {expectInteger} from '../options/expect.js';
import type {Model} from '../tfjs-internals.js';
import {examplesFor} from './examples-for.js';
import {UsageError} from './exit-codes.js';
import {targetsFor} from './targets-for.js';
import {numberOf} from './argument-values.js';

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
export function expectSeen(criterion: Criterion, args: SeenArguments): void {
  const {criterion: name = 'magnitude', data} = args;
  const useless = (['labels', 'loss', 'batch-size'] as const).find(each => args[each] !== undefined);
  if (data === undefined && useless) throw new UsageError(`--${useless} needs --data`);
  if (observes(criterion) && data === undefined) {
    throw new UsageError(
      `--criterion ${name} sees ${seenBy(criterion)}: it needs --data FILE; without data, use magnitude or synFlow`,
    );
  }
  if (!observes(criterion) && data !== undefined) {
    throw new UsageError(`--criterion ${name} sees no examples: leave --data out, or use wanda or taylor`);
  }
  if (criterion.sees !== 'gradients' && args.loss !== undefined) {
    throw new UsageError(`--loss is for criteria of gradients, such as taylor; leave it out for ${name}`);
  }
}

function seenBy({sees}: Criterion): string {
  return sees === 'inputs' ? 'the inputs that layers see' : 'gradients';
}

/** The options of functions that show data to a criterion. @throws UsageError if they do not fit. */
export async function observedData(model: Model, args: SeenArguments, {sees}: Criterion) {
  const {data, labels, loss} = args;
  if (data === undefined) return {};
  const batchSize = numberOf('--batch-size', args['batch-size'], (name, value) => expectInteger(name, value, {min: 1}));
  const {xs, ys} = await examplesFor(model, data, labels);
  if (sees !== 'gradients') return {data: {xs}, ...(batchSize && {batchSize})};
  if (!ys) throw new UsageError(`--criterion ${args.criterion} sees gradients: it needs --labels FILE`);
  const own: unknown = model.loss;
  if (loss === undefined && !own) {
    throw new UsageError('The model has no loss of its own: name one, as in --loss categoricalCrossentropy');
  }
  const targets = targetsFor(model, ys, loss ?? (typeof own === 'string' ? own : undefined));
  return {data: {xs, ys: targets}, ...(batchSize && {batchSize}), ...(loss !== undefined && {loss})};
}
