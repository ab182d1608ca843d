import * as tf from '@tensorflow/tfjs';
import {searchRates, agents, reinforcement} from 'tfjs-pruning';
import {BEST, distanceFrom, searchedNet} from '../support/searched-net.js';
test.each([agents({episodes: 100}), reinforcement({episodes: 200, warmUp: 30, hidden: [32, 32], actorRate: 1e-3})])('x %p', async policy => {
  const model = searchedNet();
  const n = tf.memory().numTensors;
  const t = Date.now();
  const found = await searchRates(model, {target: {multiplyAdds: 0.5}, score: distanceFrom(BEST), policy, seed: 1});
  console.log(policy.name, found.rates, found.score, found.uniform.score, found.history.length, found.history.map(h => h.score.toFixed(2)).join(' '), found.history.at(-1), Date.now() - t, tf.memory().numTensors - n);
}, 100000);
