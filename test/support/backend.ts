import {useFastestBackend, type FastestBackend} from 'tfjs-pruning/wasm';

/** All tests run on the embedded default; `npm run test:native` names another one. */
beforeAll(async () => {
  await useFastestBackend({among: [(process.env['TFJS_PRUNING_BACKEND'] ?? 'wasm') as FastestBackend]});
});
