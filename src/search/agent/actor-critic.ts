import * as tf from '@tensorflow/tfjs-core';
import {copyOf, follow, network, through, type Network} from './network.js';
import type {Transition} from './replay.js';

/** How an agent learns. */
export interface ActorCriticArgs {
  /** How many numbers a state has. */
  readonly stateSize: number;
  /** The units of each hidden layer of both nets. */
  readonly hidden: readonly number[];
  readonly actorRate: number;
  readonly criticRate: number;
  /** How far targets move to their nets at each step, in [0, 1]. */
  readonly follow: number;
  /** What a later reward is worth, in [0, 1]. */
  readonly discount: number;
  readonly seed: string;
}

/** How fast the baseline of rewards moves to the mean of a batch. */
const BASELINE_RATE = 0.5;

/**
 * An agent with an action in [0, 1], which learns by deep deterministic policy gradients (DDPG).
 *
 *     critic   minimizes  mean (Q(s, a) - y)^2  with  y = r - baseline + discount * Q'(s', mu'(s')),  the last term 0
 *              after the last step
 *     actor    maximizes  mean Q(s, mu(s))
 *     targets  Q' and mu' follow Q and mu:  w' + follow * (w - w')
 *
 * The baseline is a moving average of the mean rewards of batches. Lillicrap et al. 2016,
 * https://arxiv.org/abs/1509.02971
 */
export class ActorCritic {
  readonly actor: Network;
  readonly critic: Network;
  readonly targets: Readonly<Record<'actor' | 'critic', Network>>;
  readonly #args: ActorCriticArgs;
  readonly #optimizers: Readonly<Record<'actor' | 'critic', tf.Optimizer>>;
  #baseline: number | undefined;

  constructor(args: ActorCriticArgs) {
    const {stateSize, hidden, seed, actorRate, criticRate} = args;
    this.#args = args;
    this.actor = network([stateSize, ...hidden, 1], `${seed} actor`);
    this.critic = network([stateSize + 1, ...hidden, 1], `${seed} critic`);
    this.targets = {actor: copyOf(this.actor), critic: copyOf(this.critic)};
    this.#optimizers = {actor: tf.train.adam(actorRate), critic: tf.train.adam(criticRate)};
  }

  /** What it does in a state. */
  async act(state: readonly number[]): Promise<number> {
    const action = tf.tidy(() => actionsOf(this.actor, tf.tensor2d([...state], [1, state.length])));
    try {
      return (await action.data())[0]!;
    } finally {
      action.dispose();
    }
  }

  /** Learns from some steps: one step of both nets, and of their targets. */
  learn(batch: readonly Transition[]): void {
    const rewards = this.#centered(batch.map(({reward}) => reward));
    tf.tidy(() => {
      const [states, actions, nexts] = tensorsOf(batch);
      const wanted = this.wanted(batch, rewards, nexts);
      this.#minimize('critic', () => tf.mean(tf.square(tf.sub(valuesOf(this.critic, states, actions), wanted))));
      this.#minimize('actor', () => tf.neg(tf.mean(valuesOf(this.critic, states, actionsOf(this.actor, states)))));
    });
    follow(this.targets.actor, this.actor, this.#args.follow);
    follow(this.targets.critic, this.critic, this.#args.follow);
  }

  /** What the critic should say: the reward, and what the targets expect of the next state. Call it in a tidy. */
  wanted(batch: readonly Transition[], rewards: readonly number[], nexts: tf.Tensor2D): tf.Tensor2D {
    const later = valuesOf(this.targets.critic, nexts, actionsOf(this.targets.actor, nexts));
    const column = (values: readonly number[]) => tf.tensor2d([...values], [values.length, 1]);
    const goesOn = column(batch.map(({isLast}) => (isLast ? 0 : this.#args.discount)));
    return tf.add(column(rewards), tf.mul(goesOn, later));
  }

  dispose(): void {
    tf.dispose([...this.actor, ...this.critic, ...this.targets.actor, ...this.targets.critic]);
    for (const optimizer of Object.values(this.#optimizers)) optimizer.dispose();
  }

  #centered(rewards: readonly number[]): number[] {
    const mean = rewards.reduce((sum, reward) => sum + reward, 0) / rewards.length;
    const before = this.#baseline ?? mean;
    const baseline = before + BASELINE_RATE * (mean - before);
    this.#baseline = baseline;
    return rewards.map(reward => reward - baseline);
  }

  #minimize(which: 'actor' | 'critic', cost: () => tf.Scalar): void {
    this.#optimizers[which].minimize(cost, false, [...this[which]]);
  }
}

/** The values of actions in states, `[batch, 1]`. */
export function valuesOf(critic: Network, states: tf.Tensor2D, actions: tf.Tensor2D): tf.Tensor2D {
  return through(critic, tf.concat([states, actions], 1));
}

/** The actions in states, `[batch, 1]`. */
export function actionsOf(actor: Network, states: tf.Tensor2D): tf.Tensor2D {
  return tf.sigmoid(through(actor, states));
}

/** States, actions and next states of a batch. */
export function tensorsOf(batch: readonly Transition[]): [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D] {
  const rows = (list: readonly (readonly number[])[]) => tf.tensor2d(list.flat(), [list.length, list[0]!.length]);
  return [
    rows(batch.map(({state}) => state)),
    rows(batch.map(({action}) => [action])),
    rows(batch.map(({next}) => next)),
  ];
}
