import {number, positive, fraction, integer} from '../../options/option.js';
import {read} from '../../options/read.js';
import type {Args} from '../../options/table.js';
import {dense, type Proposal, type SearchedLayer, type SearchPolicy, type SearchTask} from './policy.js';

const OPTIONS = {
  /** How many times all agents draw, at least 1; each is one evaluation. Defaults to 400. */
  episodes: integer({min: 1}, 400),
  /** The learning rate of the logits. Defaults to 0.1. */
  learningRate: positive(0.1),
  /** How much of the baseline of rewards stays at each episode, in [0, 1]. Defaults to 0.9. */
  decay: fraction(0.9),
  /** The loss of score at which the reward falls to 0. Defaults to 0.1. */
  bound: positive(0.1),
  /**
   * How strongly the agents begin with what the criterion says: the deviation of the first logits, >= 0. At 0, all
   * channels are alike to them. Defaults to 2.
   */
  confidence: number({min: 0}, 2),
};

/** Options of {@link agents}. */
export type AgentsArgs = Args<typeof OPTIONS>;

/** A group of a layer, by its place in the layer's scores, and the logit that it is kept. */
interface Group {
  readonly layer: number;
  readonly place: number;
  /** Whether it can go. */
  readonly isFree: boolean;
  logit: number;
}

/**
 * One agent a layer draws for each of its channels whether it is kept, and all learn by REINFORCE from one reward:
 *
 *     reward    (bound - (score(dense) - score)) / bound * log(cost(dense) / cost)
 *     kept      sigmoid(logit - tau),  with tau so that the target is just reached
 *     learning  logit += rate * (reward - baseline) / deviation * (kept - probability)
 *
 * where the baseline is a moving average of rewards, and the deviation one of their distance from it. The result names
 * channels rather than rates: its `plan` is what counts. The last proposal, `final policy`, keeps the channels of the
 * largest logits. The agents of the paper read the weights of a filter through a net of their own, and are trained one
 * layer after the other; these have a logit for each channel, which begins with the criterion's score, and learn
 * together.
 *
 * Huang et al. 2018, https://arxiv.org/abs/1801.07365; Williams 1992, https://doi.org/10.1007/BF00992696
 *
 * @throws TypeError or RangeError if an option is unknown or wrong; when the search begins, TypeError over weights.
 *
 * @example
 * const {plan} = await searchRates(model, {target: {multiplyAdds: 0.5}, score, policy: agents(), seed: 1});
 */
export function agents(args: AgentsArgs = {}): SearchPolicy {
  const options = read('agents', args, OPTIONS);
  const {episodes, bound, decay, learningRate, confidence} = options;
  return {
    name: 'agents',
    options,
    drawsGroups: true,
    expected: () => episodes + 2,
    async *search(task) {
      const groups = groupsOf(task.layers, confidence);
      const start = dense(task.layers);
      const [score, cost] = [yield start, await task.cost(start)];
      const rewards = new MovingRewards(decay);
      for (let episode = 1; episode <= episodes; episode++) {
        const values = perturbed(task, groups, episode);
        const proposal = await task.reach(level => ({...lowest(groups, values, level, task.layers)}));
        const after = yield {...proposal, label: `episode ${episode}`};
        const reward = filterReward({score, cost}, {score: after, cost: await task.cost(proposal)}, bound);
        learn(groups, values, proposal, learningRate * rewards.surprise(reward));
      }
      const logits = groups.map(({logit}) => logit);
      const proposal = await task.reach(level => lowest(groups, logits, level, task.layers));
      yield {...proposal, label: 'final policy'};
    },
  };
}

/** What a pruned model scores, and costs. */
interface Result {
  readonly score: number;
  readonly cost: number;
}

/** The reward for a pruned model: the more it saves, and the less it loses, the better. */
export function filterReward(before: Result, after: Result, bound: number): number {
  return ((bound - (before.score - after.score)) / bound) * Math.log(before.cost / after.cost);
}

/** Moving averages of rewards, and of how far they are from that. */
export class MovingRewards {
  readonly #decay: number;
  #mean: number | undefined;
  #square = 0;

  constructor(decay: number) {
    this.#decay = decay;
  }

  /** How much better a reward is than expected, in deviations; 0 for the first one. */
  surprise(reward: number): number {
    const difference = reward - (this.#mean ?? reward);
    const part = 1 - this.#decay;
    this.#mean = (this.#mean ?? reward) + part * difference;
    this.#square = this.#square === 0 ? difference ** 2 : this.#square + part * (difference ** 2 - this.#square);
    return this.#square === 0 ? 0 : difference / Math.sqrt(this.#square);
  }
}

/** All groups of all layers, with logits in the order of their scores: the score in deviations, over all layers. */
function groupsOf(layers: readonly SearchedLayer[], confidence: number): Group[] {
  const groups = layers.flatMap(({scores, size, least}, layer) => {
    const gone = Math.round(size * least);
    const finite = scores.filter(Number.isFinite);
    const mean = finite.reduce((sum, score) => sum + Math.abs(score), 0) / Math.max(1, finite.length) || 1;
    return Array.from(scores, (score, place) => {
      return {layer, place, isFree: place >= gone && score < Infinity, logit: score / mean};
    });
  });
  const free = groups.filter(({isFree}) => isFree).map(({logit}) => logit);
  const center = free.reduce((sum, logit) => sum + logit, 0) / Math.max(1, free.length);
  const deviation = Math.sqrt(free.reduce((sum, logit) => sum + (logit - center) ** 2, 0) / Math.max(1, free.length));
  return groups.map(group => ({...group, logit: (confidence * (group.logit - center)) / (deviation || 1)}));
}

/** Logits with logistic noise: above 0 as often as a draw of their sigmoid keeps the group. */
function perturbed({random}: SearchTask, groups: readonly Group[], episode: number): number[] {
  const numbers = random(groups.length, `draw ${episode}`);
  return groups.map(({logit}, i) => {
    const u = Math.min(Math.max(numbers[i]!, 1e-7), 1 - 1e-7);
    return logit + Math.log(u / (1 - u));
  });
}

/** The removal of a fraction of all groups that can go: those of the lowest values, within the limits of the layers. */
function lowest(
  groups: readonly Group[],
  values: readonly number[],
  level: number,
  layers: readonly SearchedLayer[],
): Proposal {
  const removed = layers.map((_, layer) => groups.filter(group => group.layer === layer && isGone(group, layers)));
  const room = layers.map(({size, most}, i) => Math.round(size * most) - removed[i]!.length);
  let wanted = Math.round(level * room.reduce((sum, count) => sum + count, 0));
  const order = [...groups.keys()].filter(i => groups[i]!.isFree).sort((a, b) => values[a]! - values[b]!);
  for (const i of order) {
    const group = groups[i]!;
    if (wanted === 0) break;
    if (room[group.layer]! === 0) continue;
    removed[group.layer]!.push(group);
    room[group.layer]!--;
    wanted--;
  }
  return {removed: removed.map(list => list.map(({place}) => place).sort((a, b) => a - b))};
}

function isGone({layer, place}: Group, layers: readonly SearchedLayer[]): boolean {
  return place < Math.round(layers[layer]!.size * layers[layer]!.least);
}

/** Moves the logits along the gradient of the log-probability of the draw, by so much. */
function learn(groups: readonly Group[], values: readonly number[], {removed}: Proposal, rate: number): void {
  const gone = removed!.map(places => new Set(places));
  const isKept = ({layer, place}: Group) => !gone[layer]!.has(place);
  const threshold = Math.max(...groups.map((group, i) => (group.isFree && !isKept(group) ? values[i]! : -Infinity)));
  for (const group of groups.filter(({isFree}) => isFree)) {
    const probability = 1 / (1 + Math.exp(threshold - group.logit));
    group.logit += rate * ((isKept(group) ? 1 : 0) - probability);
  }
}
