import {truncatedNormal} from '../../math/normal-distribution.js';
import {fraction, integer, listOf, oneOf, positive} from '../../options/option.js';
import {expectInteger} from '../../options/expect.js';
import {read} from '../../options/read.js';
import type {Args, Values} from '../../options/table.js';
import {ActorCritic} from '../agent/actor-critic.js';
import {Replay, type Transition} from '../agent/replay.js';
import {STATE_SIZE, walk, type Bounds, type Step} from '../agent/walk.js';
import type {Proposal, ScoredProposal, SearchPolicy, SearchTask} from './policy.js';

const OPTIONS = {
  /** How many times it walks through the layers, at least 1; each is one evaluation. Defaults to 800. */
  episodes: integer({min: 1}, 800),
  /** How many of them draw all actions at random, before it learns. Defaults to 100. */
  warmUp: integer({}, 100),
  /**
   * What it learns from: the 'score', or also what it costs, 'scoreAndCost': `-(1 - score) * log(multiply-adds)`, for
   * scores up to 1, such as accuracies. Then the best result is the best by this, too. Defaults to 'score'.
   */
  reward: oneOf(['score', 'scoreAndCost'], 'score'),
  /** The units of the hidden layers of both nets. Defaults to 300 and 300. */
  hidden: listOf(
    (name: string, units: number) => expectInteger(name, units, {min: 1}),
    () => [300, 300],
  ),
  /** The learning rate of the actor. Defaults to 1e-4. */
  actorRate: positive(1e-4),
  /** The learning rate of the critic. Defaults to 1e-3. */
  criticRate: positive(1e-3),
  /** The deviation of the noise of actions when the warm-up is over. Defaults to 0.5. */
  noise: positive(0.5),
  /** What the deviation is multiplied by after each episode, in [0, 1]. Defaults to 0.95. */
  noiseDecay: fraction(0.95),
  /** How far the target nets move at each step, in [0, 1]. Defaults to 0.01. */
  follow: fraction(0.01),
  /** What a later reward is worth, in [0, 1]. Defaults to 1. */
  discount: fraction(1),
  /** How many steps it learns from at a time, at least 1. Defaults to 64. */
  batchSize: integer({min: 1}, 64),
  /** How many episodes it remembers, at least 1. Defaults to 100. */
  memory: integer({min: 1}, 100),
};

/** Options of {@link reinforcement}. */
export type ReinforcementArgs = Args<typeof OPTIONS>;

type Options = Values<typeof OPTIONS>;

/**
 * An agent walks through the layers and decides for each how much of it is kept, as in AMC. It sees what the layer is
 * like, what was removed so far, and what can still go; it may never put the target out of reach. When the walk is
 * over, all its steps get the reward, and the agent learns by DDPG (Lillicrap et al. 2016,
 * https://arxiv.org/abs/1509.02971).
 *
 *     a ~ truncated N(mu(s), noise * noiseDecay^n)  in [1 - most, what leaves the target in reach]
 *
 * The last proposal, `final policy`, is the agent's own, without noise. The defaults are those of the paper: 800
 * evaluations, of which the first 100 are drawn at random. Scores should be of the size of accuracies, about 0 to 1.
 * With a target of latency, each bound is found by measuring.
 *
 * He et al. 2018 (AMC), https://arxiv.org/abs/1802.03494
 *
 * @throws TypeError or RangeError if an option is unknown or wrong.
 *
 * @example
 * await searchRates(model, {target: {multiplyAdds: 0.5}, score, policy: reinforcement({episodes: 300, warmUp: 50})});
 */
export function reinforcement(args: ReinforcementArgs = {}): SearchPolicy {
  const options = read('reinforcement', args, OPTIONS);
  const {episodes, warmUp, reward} = options;
  const value = reward === 'score' ? ({score}: ScoredProposal) => score : withCost;
  return {
    name: 'reinforcement',
    options: {...options, hidden: [...options.hidden]},
    expected: () => episodes + 1,
    value,
    async *search(task) {
      const agent = newAgent(task, options);
      const replay = new Replay(options.memory * task.layers.length);
      try {
        for (let episode = 0; episode < episodes; episode++) {
          const {rates, steps} = await walk(task, noisy(task, agent, episode, options));
          const proposal = {rates, label: `episode ${episode + 1}`};
          const score = yield proposal;
          replay.add(transitions(steps, value({...proposal, score, load: NaN, cost: await task.cost(proposal)})));
          if (episode >= warmUp) await learn(task, agent, replay, episode, options);
        }
        yield await ownPolicy(task, agent);
      } finally {
        agent.dispose();
      }
    },
  };
}

function withCost({score, cost}: ScoredProposal): number {
  return -(1 - score) * Math.log(cost);
}

function newAgent({random}: SearchTask, {hidden, actorRate, criticRate, follow, discount}: Options): ActorCritic {
  // The agent's weights follow from the seed of the search.
  const seed = `agent ${random(1, 'agent')[0]}`;
  return new ActorCritic({stateSize: STATE_SIZE, hidden, actorRate, criticRate, follow, discount, seed});
}

/** Actions with noise; in the warm-up, any. */
function noisy(
  {random}: SearchTask,
  agent: ActorCritic,
  episode: number,
  {warmUp, noise, noiseDecay}: Options,
): (state: readonly number[], bounds: Bounds, layer: number) => number | Promise<number> {
  const drawn = (layer: number) => random(1, `action ${layer} of ${episode}`)[0]!;
  if (episode < warmUp) return (_, {lower, upper}, layer) => lower + drawn(layer) * (upper - lower);
  const deviation = Math.max(noise * noiseDecay ** (episode - warmUp), Number.MIN_VALUE);
  return async (state, bounds, layer) =>
    truncatedNormal(drawn(layer), {mean: await agent.act(state), deviation, ...bounds});
}

/** What the agent does without noise. */
async function ownPolicy(task: SearchTask, agent: ActorCritic): Promise<Proposal> {
  const {rates} = await walk(task, async (state, {lower, upper}) =>
    Math.min(Math.max(await agent.act(state), lower), upper),
  );
  return {rates, label: 'final policy'};
}

/** All steps of an episode get its reward. */
function transitions(steps: readonly Step[], reward: number): Transition[] {
  return steps.map(({state, action}, i) => {
    const isLast = i === steps.length - 1;
    return {state, action, reward, next: steps[i + 1]?.state ?? state, isLast};
  });
}

/** Learns once for each layer. */
async function learn(
  {layers, random, pause}: SearchTask,
  agent: ActorCritic,
  replay: Replay,
  episode: number,
  {batchSize}: Options,
): Promise<void> {
  for (const i of layers.keys()) {
    agent.learn(replay.sample(random(batchSize, `batch ${i} of ${episode}`)));
    await pause();
  }
}
