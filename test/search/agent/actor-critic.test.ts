import * as tf from '@tensorflow/tfjs';
import {
  ActorCritic,
  actionsOf,
  tensorsOf,
  valuesOf,
  type ActorCriticArgs,
} from '../../../src/search/agent/actor-critic.js';
import {copyOf, follow, network, through, type Network} from '../../../src/search/agent/network.js';
import {Replay, type Transition} from '../../../src/search/agent/replay.js';
import {expectNoLeak} from '../../support/tensors.js';

const ARGS: ActorCriticArgs = {
  stateSize: 2,
  hidden: [4, 3],
  actorRate: 0.01,
  criticRate: 0.01,
  follow: 0.25,
  discount: 0.5,
  seed: 'test',
};

const BATCH: Transition[] = [
  {state: [0, 1], action: 0.2, reward: 1, next: [1, 0], isLast: false},
  {state: [1, 0], action: 0.7, reward: 0.5, next: [1, 1], isLast: false},
  {state: [1, 1], action: 0.9, reward: 0, next: [1, 1], isLast: true},
];

const values = (net: Network) => net.map(weight => [...weight.dataSync()]);

/** A net of dense layers in plain numbers: ReLU between them. */
function byHand(net: Network, input: readonly number[]): number[] {
  const weights = values(net);
  let given = [...input];
  for (let layer = 0; layer < weights.length; layer += 2) {
    const [kernel, bias] = [weights[layer]!, weights[layer + 1]!];
    const made = bias.map((b, out) => given.reduce((sum, x, i) => sum + x * kernel[i * bias.length + out]!, b));
    given = layer + 2 < weights.length ? made.map(value => Math.max(0, value)) : made;
  }
  return given;
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

describe('a net', () => {
  test('computes what it does by hand', () => {
    const net = network([2, 4, 3, 1], 'hand');
    const [out] = tf.tidy(() => through(net, tf.tensor2d([[0.3, -0.7]])).dataSync());
    expect(out).toBeCloseTo(byHand(net, [0.3, -0.7])[0]!, 6);
    tf.dispose([...net]);
  });

  test('starts with weights in [-1, 1) / sqrt(inputs), from its seed', () => {
    const [a, b, c] = [network([100, 50], 'a'), network([100, 50], 'a'), network([100, 50], 'b')];
    expect(values(a)).toEqual(values(b));
    expect(values(a)).not.toEqual(values(c));
    const kernel = values(a)[0]!;
    expect(Math.max(...kernel.map(Math.abs))).toBeLessThanOrEqual(0.1);
    expect(Math.max(...kernel)).toBeGreaterThan(0.099);
    const variance = kernel.reduce((sum, weight) => sum + weight ** 2, 0) / kernel.length;
    expect(variance).toBeCloseTo(0.01 / 3, 4); // that of a uniform distribution
    tf.dispose([...a, ...b, ...c]);
  });

  test('follows another a part of the way, by hand', () => {
    const [target, source] = [network([1, 1], 'target'), network([1, 1], 'source')];
    target[0]!.assign(tf.tensor2d([[2]]));
    target[1]!.assign(tf.tensor1d([-1]));
    source[0]!.assign(tf.tensor2d([[6]]));
    source[1]!.assign(tf.tensor1d([1]));
    follow(target, source, 0.25);
    expect(values(target)).toEqual([[3], [-0.5]]);
    expect(values(source)).toEqual([[6], [1]]);
    tf.dispose([...target, ...source]);
  });

  test('copies are equal, and their own', () => {
    const net = network([2, 2], 'one');
    const copy = copyOf(net);
    expect(values(copy)).toEqual(values(net));
    net[0]!.assign(tf.zeros([2, 2]));
    expect(values(copy)).not.toEqual(values(net));
    tf.dispose([...net, ...copy]);
  });
});

describe('DDPG', () => {
  test('what the critic should say: the reward and half of what the targets expect next, nothing after the end', () => {
    const agent = new ActorCritic(ARGS);
    const rewards = [0.25, -0.25, 0.75];
    const wanted = tf.tidy(() => [...agent.wanted(BATCH, rewards, tensorsOf(BATCH)[2]).dataSync()]);
    const {actor, critic} = agent.targets;
    const later = BATCH.map(({next}) => byHand(critic, [...next, sigmoid(byHand(actor, next)[0]!)])[0]!);
    expect(wanted[0]).toBeCloseTo(0.25 + 0.5 * later[0]!, 5);
    expect(wanted[1]).toBeCloseTo(-0.25 + 0.5 * later[1]!, 5);
    expect(wanted[2]).toBeCloseTo(0.75, 5);
    agent.dispose();
  });

  test.each(['critic', 'actor'] as const)('the gradient of the %s is that of finite differences', which => {
    const agent = new ActorCritic(ARGS);
    const [states, actions] = tensorsOf(BATCH);
    const wanted = tf.tensor2d([0.3, -0.2, 0.1], [3, 1]);
    const costs = {
      critic: () => tf.mean<tf.Scalar>(tf.square(tf.sub(valuesOf(agent.critic, states, actions), wanted))),
      actor: () => tf.neg(tf.mean<tf.Scalar>(valuesOf(agent.critic, states, actionsOf(agent.actor, states)))),
    };
    const cost = costs[which];
    const {grads} = tf.variableGrads(cost, [...agent[which]]);
    const step = 1e-2;
    for (const weight of agent[which]) {
      const gradient = grads[weight.name]!.dataSync();
      const before = weight.dataSync().slice();
      for (let i = 0; i < before.length; i += 3) {
        const costAt = (change: number) => {
          const moved = before.slice();
          moved[i]! += change;
          weight.assign(tf.tensor(moved, weight.shape));
          return tf.tidy(() => cost().dataSync()[0]!);
        };
        expect(gradient[i]).toBeCloseTo((costAt(step) - costAt(-step)) / (2 * step), 2);
      }
      weight.assign(tf.tensor(before, weight.shape));
    }
    agent.dispose();
  });

  test('learns the action that is rewarded', async () => {
    await expectNoLeak(async () => {
      const agent = new ActorCritic({...ARGS, hidden: [16, 16], discount: 0, actorRate: 1e-3});
      const steps = Array.from({length: 16}, (_, i): Transition => {
        const action = i / 15;
        return {state: [0.5, 0.5], action, reward: -((action - 0.8) ** 2), next: [0.5, 0.5], isLast: true};
      });
      for (let i = 0; i < 400; i++) agent.learn(steps);
      expect(await agent.act([0.5, 0.5])).toBeCloseTo(0.8, 1);
      agent.dispose();
    });
  });

  test('its targets follow after each step', () => {
    const agent = new ActorCritic(ARGS);
    const before = values(agent.targets.critic);
    agent.learn(BATCH);
    const [now, source] = [values(agent.targets.critic), values(agent.critic)];
    now.forEach((list, w) =>
      list.forEach((value, i) => {
        expect(value).toBeCloseTo(before[w]![i]! + 0.25 * (source[w]![i]! - before[w]![i]!), 6);
      }),
    );
    agent.dispose();
  });

  test('as many tensors after 1000 steps as after one', () => {
    const agent = new ActorCritic({...ARGS, hidden: [2]});
    agent.learn(BATCH);
    const {numTensors} = tf.memory();
    for (let i = 0; i < 1000; i++) agent.learn(BATCH);
    expect(tf.memory().numTensors).toBe(numTensors);
    agent.dispose();
  });
});

describe('a replay', () => {
  const step = (reward: number): Transition => ({state: [], action: 0, reward, next: [], isLast: false});
  const rewards = (steps: readonly Transition[]) => steps.map(({reward}) => reward);

  test('forgets the oldest steps', () => {
    const replay = new Replay(3);
    replay.add([step(1), step(2)]);
    replay.add([step(3), step(4)]);
    expect(rewards(replay.sample(Float32Array.of(0, 0, 0, 0))).sort()).toEqual([2, 3, 4]);
  });

  test('draws each step at most once, by hand', () => {
    const replay = new Replay(10);
    replay.add([1, 2, 3, 4].map(step));
    // place 2 of 4 is 3, which 4 replaces; place 0 of 3 is 1, which 4 replaces; place 1 of 2 is 2
    expect(rewards(replay.sample(Float32Array.of(0.5, 0, 0.5)))).toEqual([3, 1, 2]);
  });
});
