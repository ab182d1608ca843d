import {ABORTABLE, expectListener, LongWork} from '../display/long-work.js';
import type {Progress} from '../display/progress-bar.js';
import {expectModel} from '../layers/model-layers.js';
import {expectFunction} from '../options/expect.js';
import {integer, option, positive} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import type {ChannelTarget} from '../surgery/plan/plan-options.js';
import type {Model} from '../tfjs-internals.js';
import {expectPolicy} from './policies/policy.js';
import type {Score} from './score.js';
import {Search, type SearchProgress, type SearchResult} from './search.js';
import {expectState, searchIdentity} from './search-state.js';
import {channelSpace, type SearchedPlan} from './spaces/channel-space.js';
import {expectSpace, type SearchSpace} from './spaces/space.js';

const OWNER = 'searchRates';

const OPTIONS = {
  /**
   * How good a pruned copy of the model is, the larger the better: see {@link Score}. {@link metricScore} makes one
   * from data.
   */
  score: option((name, score: Score) => expectFunction(name, score, 'of a pruned copy of the model')),
  /** How rates are searched: {@link bisection}, {@link greedy}, {@link evolution}, or your own, for example. */
  policy: option(expectPolicy),
  /** Scores at most so many pruned copies, at least 1, those of `state` included. Defaults to what the policy needs. */
  evaluations: integer({min: 1, orInfinity: true}, Infinity),
  /** Ends after so many minutes, those of `state` included, when the running evaluation is done. Defaults to none. */
  minutes: positive(undefined),
  /** What all random choices follow from, a whole number >= 0. Defaults to that of `state`, or a random one. */
  seed: integer({}, undefined),
  /** What `onProgress` was told last by the same search: it goes on as if it had never stopped. */
  state: option(expectState, undefined),
  /** Called after each evaluation, for example {@link progressBar}. */
  onProgress: option(expectListener<SearchProgress>, undefined),
};

const PLUGS = {
  /** What the pruned model must come to. The space checks it. */
  target: option((_, target: object) => target),
  /** What is searched. */
  space: option(expectSpace, channelSpace),
};

const ALL = {...PLUGS, ...OPTIONS, ...ABORTABLE};

/** What is searched, and what the pruned model must come to. */
export interface Searched<T extends object, R> {
  /**
   * What the pruned model must come to: over channels the targets of `planChannelPruning`, `{multiplyAdds: 0.5}`; over
   * weights `{sparsity: 0.9}`.
   */
  target: T;
  /** What is searched: {@link channelSpace}, the default, or {@link weightSpace}. */
  space: SearchSpace<T, R>;
}

/** Options of {@link searchRates}. */
export type SearchRatesArgs = Args<typeof OPTIONS & typeof ABORTABLE>;

/**
 * Searches how much of each layer can go: proposes rates, prunes a copy of the model by them, asks `score` how good it
 * is, and keeps the best that reaches the target.
 *
 * The first candidate gives all layers the same rate, so that the result is never worse than that. The same rates are
 * never scored twice. All random choices follow from the seed: the same one gives the same result, if `score` does. A
 * search that was stopped goes on from the `state` that `onProgress` was told last, as if it had never stopped: the
 * policy runs again over the scores that are known, on the same backend with the same result. The model is never
 * changed; do not train it meanwhile.
 *
 * It pauses between evaluations, and a page answers as soon as `score` lets it.
 *
 * @param args `target`, `score`, `policy`, and the others.
 * @returns the best rates; over channels with a `plan` for `shrink`, over weights with the `sparsity` for `perLayer`.
 * @throws TypeError or RangeError if an option is unknown or wrong, the target can't be reached, `state` is of another
 *     search, or a score is no finite number; what `score` throws; the reason of `signal`.
 *
 * @example
 * const score = metricScore({data: {xs, ys}, metric: 'acc', recalibrate: {xs: trainXs}});
 * const {plan, rates} = await searchRates(model, {target: {multiplyAdds: 0.5}, score, policy: bisection()});
 * const small = await shrink(model, plan);
 */
export async function searchRates(
  model: Model,
  args: SearchRatesArgs & Pick<Searched<ChannelTarget, SearchedPlan>, 'target'>,
): Promise<SearchResult<SearchedPlan>>;
export async function searchRates<T extends object, R>(
  model: Model,
  args: SearchRatesArgs & Searched<T, R>,
): Promise<SearchResult<R>>;
export async function searchRates(model: Model, args: Args<typeof ALL>): Promise<SearchResult<object>> {
  expectModel(OWNER, model);
  const {target, space, ...options} = read(OWNER, args, ALL);
  const work = new LongWork<Omit<SearchProgress, keyof Progress>>(options);
  const wanted = space.expectTarget(target);
  return space.open(model, wanted, work as LongWork, terrain => {
    const identity = searchIdentity(options.policy, space.name, wanted, terrain.layers);
    return new Search(terrain, identity, options, work).run();
  });
}
