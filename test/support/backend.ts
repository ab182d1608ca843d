import * as tf from '@tensorflow/tfjs';
import {useFastestBackend} from 'tfjs-pruning/wasm';

/** All tests run on the backend that users get; `npm run test:native` insists on tfjs-node. */
beforeAll(async () => {
  const wanted = process.env['TFJS_PRUNING_BACKEND'] ?? 'wasm';
  const backend = await useFastestBackend();
  if (backend !== wanted && !(await tf.setBackend(wanted)))
    throw new Error(`Expected backend ${wanted}, got ${backend}`);
});
