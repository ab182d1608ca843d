import type {LongWork} from '../display/long-work.js';
import type {Progress} from '../display/progress-bar.js';
import {drawnSeed, normalNumbers, randomNumbers} from '../math/random-numbers.js';
import {wrongNumber} from '../options/expect.js';
import {disposeWholly} from '../tfjs-internals.js';
import {mostOf, ratesOf} from './candidates.js';
import {Ledger} from './ledger.js';
import type {Proposal, Proposals, ScoredProposal, SearchPolicy, SearchTask} from './policies/policy.js';
import {reach} from './reach.js';
import type {Score} from './score.js';
import {expectSameSearch, type ScoredChoice, type SearchIdentity, type SearchState} from './search-state.js';
import type {Choice, SearchTarget, Terrain} from './spaces/space.js';

/** The progress of a search, with the last evaluation. */
export interface SearchProgress extends Progress, Omit<ScoredProposal, 'label'> {
  /** The best score so far. */
  readonly best: number;
  /** What the search needs to go on, as JSON. */
  readonly state: SearchState;
}

/** What `searchRates` returns: plain numbers and names, which can be saved as JSON. */
export interface SearchedRates {
  /** The sparsity of each layer by the name of its kernel, as `perLayer` takes it. */
  readonly rates: Readonly<Record<string, number>>;
  /** The score of the model pruned so. */
  readonly score: number;
  /** The same rate for all layers, as a start: what it came to. */
  readonly uniform: ScoredProposal;
  /** All evaluations, in order. */
  readonly history: readonly ScoredProposal[];
  /** How many minutes the search took. */
  readonly minutes: number;
  /** The name of the policy. */
  readonly policy: string;
  /** What the pruned model had to come to. */
  readonly target: SearchTarget;
  /** What all random choices followed from. */
  readonly seed: number;
}

/** The result of a search, with what its space adds. */
export type SearchResult<R> = SearchedRates &
  R & {
    /** The policy's last proposal, which of `agents()` and `reinforcement()` is what they have learned. */
    readonly last: ScoredProposal & R;
  };

/** How a search is run. */
export interface SearchOptions {
  readonly score: Score;
  readonly policy: SearchPolicy;
  readonly evaluations: number;
  readonly minutes: number | undefined;
  readonly seed: number | undefined;
  readonly state: SearchState | undefined;
}

/** A search: lets a policy propose, scores what is new, and remembers all. */
export class Search<R extends object> {
  readonly #terrain: Terrain<R>;
  readonly #identity: SearchIdentity;
  readonly #options: SearchOptions;
  readonly #work: LongWork<Omit<SearchProgress, keyof Progress>>;
  readonly #ledger: Ledger;
  readonly #seed: number;
  readonly #began = Date.now();
  #last: {readonly scored: ScoredChoice; readonly label: string} | undefined;

  /** @throws RangeError if the state is of another search. */
  constructor(
    terrain: Terrain<R>,
    identity: SearchIdentity,
    options: SearchOptions,
    work: LongWork<Omit<SearchProgress, keyof Progress>>,
  ) {
    const {policy, state, seed} = options;
    if (state) expectSameSearch(state, identity, seed);
    expectGroups(policy, terrain);
    this.#terrain = terrain;
    this.#identity = identity;
    this.#options = options;
    this.#work = work;
    this.#ledger = new Ledger(terrain, policy, state);
    this.#seed = seed ?? state?.seed ?? drawnSeed();
  }

  /** Runs the search to its end. */
  async run(): Promise<SearchResult<R>> {
    await this.#expectReachable();
    this.#work.total = this.#expected();
    const proposals = this.#proposals();
    try {
      await this.#answer(proposals);
    } finally {
      await proposals.return();
    }
    await this.#reportEnd();
    return this.#result();
  }

  /** Answers proposals with scores, until there are no more, or the budget is spent. */
  async #answer(proposals: Proposals): Promise<void> {
    let next = await proposals.next();
    while (next.done !== true) {
      const choice = this.#ledger.choiceOf(next.value);
      const known = this.#ledger.find(choice);
      if (!known && this.#isSpent()) return;
      const {label} = next.value;
      const scored = known ?? (await this.#evaluate(choice, label));
      this.#last = {scored, label: label ?? scored.label};
      await this.#work.pause();
      next = await proposals.next(scored.score);
    }
  }

  /** The same rate for all comes first. */
  async *#proposals(): Proposals {
    const task = this.#task();
    yield this.#uniform(task);
    yield* this.#options.policy.search(task);
  }

  #uniform({layers, reach: to}: SearchTask): Promise<Proposal> {
    return to(level => ({rates: layers.map(() => level), label: 'uniform'}));
  }

  async #evaluate(choice: Choice, label = 'proposal'): Promise<ScoredChoice> {
    const load = await this.#ledger.load(choice);
    const score = await this.#scoreOf(choice);
    const scored = {label, choice, score, load, cost: this.#terrain.cost(choice)};
    this.#ledger.add(scored);
    await this.#report(scored, this.#ledger.count);
    return scored;
  }

  async #scoreOf(choice: Choice): Promise<number> {
    const copy = await this.#terrain.copy(choice);
    try {
      await this.#work.pause();
      const score = await this.#options.score(copy, {signal: this.#work.signal});
      if (Number.isFinite(score)) return score;
      throw wrongNumber('score(model)', 'a finite number', score);
    } finally {
      disposeWholly(copy);
    }
  }

  /** The policy may need fewer evaluations than it expects: then the progress ends with the best. */
  async #reportEnd(): Promise<void> {
    if (this.#ledger.count < this.#work.total) await this.#report(this.#ledger.best()!, this.#work.total);
  }

  async #report(scored: ScoredChoice, done: number): Promise<void> {
    this.#work.total = Math.max(this.#work.total, done);
    const {rates, score, load, cost} = this.#ledger.told(scored);
    const best = this.#ledger.best()?.score ?? scored.score;
    const state = this.#ledger.state(this.#identity, this.#seed, this.#minutes());
    await this.#work.reach(done, scored.label, {rates, score, load, cost, best, state});
  }

  #task(): SearchTask {
    const {layers, halvings} = this.#terrain;
    const load = (proposal: Proposal) => this.#ledger.load(this.#ledger.choiceOf(proposal));
    return {
      layers,
      load,
      cost: proposal => Promise.resolve(this.#terrain.cost(this.#ledger.choiceOf(proposal))),
      reach: (at, wanted = 1) => reach(at, async proposal => (await load(proposal)) <= wanted, halvings),
      random: (count, name) => randomNumbers(count, `${this.#seed} ${name}`),
      normal: (count, name) => normalNumbers(count, `${this.#seed} ${name}`),
      pause: () => this.#work.pause(),
    };
  }

  async #expectReachable(): Promise<void> {
    const most = mostOf(this.#terrain);
    const missed = this.#terrain.missed(most, await this.#ledger.achieved(most));
    if (missed !== undefined) throw new RangeError(`Expected a \`target\` that the layers can reach, but ${missed}`);
  }

  /** How many evaluations there are at most. */
  #expected(): number {
    const {policy, evaluations} = this.#options;
    const proposed = 1 + (policy.expected?.(this.#terrain.layers) ?? Infinity);
    const most = Math.min(evaluations, proposed);
    return Math.max(this.#ledger.count, Number.isFinite(most) ? most : 1);
  }

  #isSpent(): boolean {
    const {evaluations, minutes = Infinity} = this.#options;
    return this.#ledger.count > 0 && (this.#ledger.count >= evaluations || this.#minutes() >= minutes);
  }

  #minutes(): number {
    return (this.#options.state?.minutes ?? 0) + (Date.now() - this.#began) / 60_000;
  }

  async #result(): Promise<SearchResult<R>> {
    const {layers} = this.#terrain;
    const best = this.#ledger.best()!;
    const rates = ratesOf(layers, best.choice);
    return {
      rates: Object.fromEntries(layers.map(({name}, i) => [name, rates[i]!])),
      score: best.score,
      uniform: this.#ledger.history()[0]!,
      last: {...(await this.#told(this.#last!.scored)), label: this.#last!.label},
      history: this.#ledger.history(),
      minutes: this.#minutes(),
      policy: this.#options.policy.name,
      target: this.#identity.target,
      seed: this.#seed,
      ...(await this.#added(best)),
    };
  }

  async #told(scored: ScoredChoice): Promise<ScoredProposal & R> {
    return {...this.#ledger.told(scored), ...(await this.#added(scored))};
  }

  /** What the space adds to a choice. */
  async #added({choice}: ScoredChoice): Promise<R> {
    return this.#terrain.result(choice, await this.#ledger.achieved(choice));
  }
}

function expectGroups({name, drawsGroups = false}: SearchPolicy, {takesGroups}: Terrain<unknown>): void {
  if (!drawsGroups || takesGroups) return;
  throw new TypeError(
    `Expected a \`policy\` of rates over weights, but ${name}() draws single channels; use channelSpace()`,
  );
}
