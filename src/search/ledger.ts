import type {Proposal, ScoredProposal, SearchedLayer, SearchPolicy} from './policies/policy.js';
import {choiceOf, keyOf, ratesOf} from './candidates.js';
import type {ScoredChoice, SearchIdentity, SearchState} from './search-state.js';
import type {Choice, Terrain} from './spaces/space.js';

/** All that a search has found out: scores, and what choices achieve. Nothing is asked for twice. */
export class Ledger {
  readonly #terrain: Terrain<unknown>;
  readonly #policy: SearchPolicy;
  readonly #scored: ScoredChoice[];
  readonly #byKey: Map<string, ScoredChoice>;
  readonly #achieved: Map<string, readonly number[]>;

  /** @param state what was found out before. */
  constructor(terrain: Terrain<unknown>, policy: SearchPolicy, state: SearchState | undefined) {
    this.#terrain = terrain;
    this.#policy = policy;
    this.#scored = [...(state?.scored ?? [])];
    this.#byKey = new Map(this.#scored.map(each => [keyOf(each.choice), each]));
    this.#achieved = new Map(state?.measured ?? []);
  }

  /** How many choices were scored. */
  get count(): number {
    return this.#scored.length;
  }

  get layers(): readonly SearchedLayer[] {
    return this.#terrain.layers;
  }

  choiceOf(proposal: Proposal): Choice {
    return choiceOf(this.#policy, this.layers, proposal);
  }

  /** The score of a choice, if it is known. */
  find(choice: Choice): ScoredChoice | undefined {
    return this.#byKey.get(keyOf(choice));
  }

  add(scored: ScoredChoice): void {
    this.#scored.push(scored);
    this.#byKey.set(keyOf(scored.choice), scored);
  }

  /** What a choice achieves, measured once. */
  async achieved(choice: Choice): Promise<readonly number[]> {
    const key = keyOf(choice);
    const achieved = this.#achieved.get(key) ?? (await this.#terrain.achieved(choice));
    this.#achieved.set(key, achieved);
    return achieved;
  }

  async load(choice: Choice): Promise<number> {
    return this.#terrain.load(await this.achieved(choice));
  }

  /** The best among the choices that reach the target: the first of the largest value. */
  best(): ScoredChoice | undefined {
    const value = (scored: ScoredProposal) => this.#policy.value?.(scored) ?? scored.score;
    let best: ScoredChoice | undefined;
    for (const each of this.#scored.filter(({load}) => load <= 1)) {
      if (!best || value(this.told(each)) > value(this.told(best))) best = each;
    }
    return best;
  }

  /** A scored choice as users see it. */
  told({label, choice, score, load, cost}: ScoredChoice): ScoredProposal {
    return {label, rates: ratesOf(this.layers, choice), score, load, cost};
  }

  history(): ScoredProposal[] {
    return this.#scored.map(each => this.told(each));
  }

  /** What a search needs to go on. */
  state(search: SearchIdentity, seed: number, minutes: number): SearchState {
    const measured = this.#terrain.isMeasured ? [...this.#achieved] : [];
    return {search, seed, minutes, scored: [...this.#scored], measured};
  }
}
