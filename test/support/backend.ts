import {relative} from 'node:path';
import {seedRandom} from '../../src/study/seeded-random.js';
import {useFastestBackend, type FastestBackend} from 'tfjs-pruning/wasm';

/** All tests run on the embedded default; `npm run test:native` names another one. */
beforeAll(async () => {
  await useFastestBackend({among: [(process.env['TFJS_PRUNING_BACKEND'] ?? 'wasm') as FastestBackend]});
});

/**
 * What has no seed draws the same in each run, on each machine and whichever tests run before: tf.js takes initial
 * weights, shuffles and dropout from `Math.random`, and what is normally distributed by a seed of 0, too.
 */
let stop = seedRandom(place());
beforeEach(() => {
  stop();
  stop = seedRandom(place());
});

/** The running test, or the file that is read, in this repository. */
function place(): string {
  const {testPath, currentTestName} = expect.getState();
  return `${relative(process.cwd(), testPath!)} ${currentTestName}`;
}
