/**
 * Bundles the library for pages without a bundler.
 *
 * - For script tags, over the global `tf` of `tf.min.js`: `dist/tfjs-pruning.min.js` makes the global `tfPruning`, and
 *   `dist/tfjs-pruning-wasm.min.js` and `-wire.min.js` add to it what `tfjs-pruning/wasm` and `/wire` export. Their
 *   order is free.
 * - For import maps, which name the packages of tf.js: the same as modules, `.min.mjs`.
 */
import {build} from 'esbuild';

/** The global that stands for each package, and the script that makes it. */
const GLOBALS = {
  '@tensorflow/tfjs-core': ['tf', 'tf.min.js of @tensorflow/tfjs'],
  '@tensorflow/tfjs-layers': ['tf', 'tf.min.js of @tensorflow/tfjs'],
  '@tensorflow/tfjs-backend-wasm': ['tf.wasm', 'tf-backend-wasm.min.js of @tensorflow/tfjs-backend-wasm'],
};

const globals = {
  name: 'globals',
  setup({onResolve, onLoad}) {
    onResolve({filter: /^@tensorflow\//}, ({path}) => ({path, namespace: 'globals'}));
    onLoad({filter: /.*/, namespace: 'globals'}, ({path}) => ({contents: moduleOf(...GLOBALS[path])}));
  },
};

function moduleOf(global, script) {
  const remedy = JSON.stringify(`tfjs-pruning needs the global \`${global}\`: load ${script} before`);
  const value = `globalThis.${global.replaceAll('.', '?.')}`;
  return `module.exports = ${value}; if (!module.exports) throw new Error(${remedy});`;
}

const ENTRIES = {'tfjs-pruning': 'src', 'tfjs-pruning-wasm': 'src/wasm', 'tfjs-pruning-wire': 'src/wire'};

const OPTIONS = {bundle: true, minify: true, target: 'es2022', logLevel: 'warning'};

for (const [file, entry] of Object.entries(ENTRIES)) {
  // What was built, not the sources: package.json names its files that have side effects.
  const built = `./dist/esm/${entry}/index.js`;
  const globalNames = `import * as names from '${built}'; globalThis.tfPruning = {...globalThis.tfPruning, ...names};`;
  const stdin = {contents: globalNames, resolveDir: '.'};
  await build({...OPTIONS, stdin, outfile: `dist/${file}.min.js`, format: 'iife', plugins: [globals]});
  const external = Object.keys(GLOBALS);
  await build({...OPTIONS, entryPoints: [built], outfile: `dist/${file}.min.mjs`, format: 'esm', external});
}
