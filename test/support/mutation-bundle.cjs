const crypto = require('node:crypto');
const path = require('node:path');
const esbuild = require('esbuild');
const {SHARED_WASM} = require('./mutation-shared.cjs');

/** Bundles by file: the sandbox of a run does not change, since its mutants are switched on by the environment. */
const bundles = new Map();

/** For mutation testing: a test file with all that it imports from the library as one script, which loads at once. */
module.exports = {
  canInstrument: false,
  getCacheKey: (_, file) =>
    crypto.createHash('sha256').update(`${file} ${process.pid} ${performance.timeOrigin}`).digest('hex'),
  process(_, file, {config}) {
    if (!bundles.has(file)) bundles.set(file, bundle(file, config.rootDir));
    return {code: bundles.get(file)};
  },
};

function bundle(file, root) {
  const {outputFiles} = esbuild.buildSync({
    entryPoints: [file],
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    target: 'es2022',
    packages: 'external',
    keepNames: true,
    alias: {
      'tfjs-pruning/wasm': SHARED_WASM,
      'tfjs-pruning': path.join(root, 'src/index.ts'),
      'tfjs-pruning/callbacks': path.join(root, 'callbacks/index.ts'),
      'tfjs-pruning/schedules': path.join(root, 'schedules/index.ts'),
    },
    logLevel: 'error',
  });
  return outputFiles[0].text;
}
