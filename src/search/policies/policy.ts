import {expectMethods, isPlainObject, received} from '../../options/expect.js';

/** A layer whose rate is searched: the channels of layers that are coupled, or the groups of a weight. */
export interface SearchedLayer {
  /** The name of its kernel, `conv1/kernel`; of several lists with one kernel, the later ones have a number. */
  readonly name: string;
  /** How many groups it has: channels, blocks of channels, weights. */
  readonly size: number;
  /** The smallest rate that it can have: the fraction that is pruned already. */
  readonly least: number;
  /** The largest rate that its limits allow. */
  readonly most: number;
  /** The scores of its groups, ascending: the order in which they go. -Infinity for those that are pruned already. */
  readonly scores: Float32Array;
  /** What the layer is like. */
  readonly shape: LayerShape;
}

/** What a layer is like, as a policy sees it. */
export interface LayerShape {
  /** The inputs of its kernel. */
  readonly inputs: number;
  /** The outputs of its kernel. */
  readonly outputs: number;
  /** The values of its kernel for each input and output: 9 if it is 3 x 3. */
  readonly window: number;
  /** How often each value multiplies for one example; 1 if that is not known. */
  readonly positions: number;
}

/** What a policy proposes: rates for all layers, in their order, or the single groups that go. */
export interface Proposal {
  /** The sparsity of each layer. It is rounded to whole groups, and put within the layer's limits. */
  readonly rates?: readonly number[];
  /** For each layer, the groups that go, by their places in its `scores`. Only channels can be named one by one. */
  readonly removed?: readonly (readonly number[])[];
  /** What it is, for progress and history: `generation 7`. */
  readonly label?: string;
}

/** A proposal that was scored. */
export interface ScoredProposal {
  /** What the policy called it. */
  readonly label: string;
  /** The sparsity of each layer, in order, as it was carried out. */
  readonly rates: readonly number[];
  /** What `score` said of it. */
  readonly score: number;
  /** What is left, relative to the target: at most 1 if that is reached. */
  readonly load: number;
  /** The multiply-adds of the pruned model, or its parameters if they are not known; of weights, how many are left. */
  readonly cost: number;
}

/** What a policy can ask about the layers. Nothing here costs an evaluation. */
export interface SearchTask {
  /** In the order of the model. */
  readonly layers: readonly SearchedLayer[];
  /** What would be left, relative to the target: at most 1 if that is reached. It falls as rates rise. */
  readonly load: (proposal: Proposal) => Promise<number>;
  /** The multiply-adds of the model pruned so, as in {@link ScoredProposal}. */
  readonly cost: (proposal: Proposal) => Promise<number>;
  /**
   * Follows a path from nothing removed, at level 0, to level 1, and returns the first proposal that reaches the
   * target, or another load. Between neighbors on the path that are far apart, rates are interpolated.
   *
   * @param at the proposal at a level in [0, 1]; its load must not rise with the level.
   * @param load the load to reach. Defaults to 1, the target.
   * @returns the end of the path if nothing on it is enough.
   */
  readonly reach: (at: (level: number) => Proposal, load?: number) => Promise<Proposal>;
  /** Uniform random numbers in [0, 1), `count` of them, determined by the seed of the search and a `name`. */
  readonly random: (count: number, name: string) => Float32Array;
  /** Normal random numbers of mean 0 and deviation 1, `count` of them, by the seed of the search and a `name`. */
  readonly normal: (count: number, name: string) => Float32Array;
  /** Lets other code run; await it in long computations. */
  readonly pause: () => Promise<void>;
}

/** Yields proposals, and is handed the score of each. */
export type Proposals = Generator<Proposal, void, number> | AsyncGenerator<Proposal, void, number>;

/**
 * How rates are searched. A policy is a generator: it yields a proposal, and gets its score back. It needs no state of
 * its own to be resumed: the search remembers all scores, and a policy that draws all random numbers from `task`
 * proposes the same again.
 *
 * @example
 * // Tries rates at random, each as sparse as the target asks.
 * const policy: SearchPolicy = {
 *   name: 'random',
 *   async *search(task) {
 *     for (let i = 0; i < 100; i++) {
 *       const drawn = [...task.random(task.layers.length, `draw ${i}`)];
 *       yield task.reach(level => ({rates: drawn.map(rate => level ** rate)}));
 *     }
 *   },
 * };
 */
export interface SearchPolicy {
  /** Its name, for errors and saved states. */
  readonly name: string;
  /** Its options, as JSON: a saved state is continued only with the same. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Whether it names the groups that go, one by one. Defaults to false. */
  readonly drawsGroups?: boolean;
  /** How many proposals it makes at most, for the progress. */
  expected?(layers: readonly SearchedLayer[]): number;
  /** Proposes, for as long as it likes, or until the budget is spent: then its `finally` blocks run. */
  search(task: SearchTask): Proposals;
  /** What makes a proposal the best: the largest value among those that reach the target. Defaults to the score. */
  value?(scored: ScoredProposal): number;
}

/** Expects a policy. */
export function expectPolicy(name: string, policy: SearchPolicy): SearchPolicy {
  expectMethods(name, policy, ['search']);
  if (typeof policy.name !== 'string' || policy.name === '') {
    throw new TypeError(`Expected \`${name}.name\` to be a text, got ${received(policy.name)}`);
  }
  if (policy.options === undefined || isPlainObject(policy.options)) return policy;
  throw new TypeError(`Expected \`${name}.options\` to be a plain object, got ${received(policy.options)}`);
}

/** A proposal in which nothing more goes than is gone already. */
export function dense(layers: readonly SearchedLayer[]): Proposal {
  return {rates: layers.map(() => 0), label: 'dense'};
}
