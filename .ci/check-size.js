/**
 * What each entry weighs in a page, beside tf.js: `npm run check:size`, after a build. Fails where one is above its
 * limit. A limit is a little above what was last measured: lower it when an entry becomes lighter.
 *
 * The limit is for what a page loads at first: Vite and webpack make a chunk of their own of what is loaded by
 * `await import()`. Bundlers that do not split put all of it in one file.
 */
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {gzipSync} from 'node:zlib';
import {build} from 'esbuild';

const ENTRIES = [
  {
    // The goal is 18 kB.
    entry: 'GradualPruning + prunable + stripPruning + polynomialDecay',
    script: `
      import {prunable, stripPruning} from 'tfjs-pruning';
      import {GradualPruning} from 'tfjs-pruning/callbacks';
      import {polynomialDecay} from 'tfjs-pruning/schedules';
      console.log(GradualPruning, prunable, stripPruning, polynomialDecay);`,
    limit: 22.3,
  },
  {entry: 'tfjs-pruning', limit: 173.3},
  {entry: 'tfjs-pruning/callbacks', limit: 79},
  {
    // All that a page loads to run a LeNet, ResNet or MobileNet from a file of `compressed`. The goal is 20 kB.
    entry: 'compile, with the decoder and the kernels of one build',
    script: `import {compile} from 'tfjs-pruning/runtime'; console.log(compile);`,
    later: ['src/runtime/kernels/simd-binary.js'],
    limit: 32.1,
  },
  {entry: 'tfjs-pruning/runtime', limit: 28.2},
  {entry: 'tfjs-pruning/schedules', limit: 3},
  {entry: 'tfjs-pruning/wasm', limit: 33.7},
  {entry: 'tfjs-pruning/wire', limit: 23.1},
];

const root = fileURLToPath(new URL('..', import.meta.url));
const {exports} = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));

/** The entries as they are built, by the names under which they are imported. */
const alias = Object.fromEntries(
  Object.entries(exports)
    .filter(([, {import: built}]) => built)
    .map(([path, {import: built}]) => [`tfjs-pruning${path.slice(1)}`, `${root}/${built.default}`]),
);

/** Leaves out what is loaded by `await import()`, as a bundler that splits does. */
const withoutLater = {
  name: 'without-later',
  setup({onResolve}) {
    onResolve({filter: /^\./}, ({kind}) => (kind === 'dynamic-import' ? {external: true} : undefined));
  },
};

/** Kilobytes, minified and gzipped. */
async function weightOf(script, plugins) {
  const {outputFiles} = await build({
    stdin: {contents: script, resolveDir: root},
    alias,
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
    external: ['@tensorflow/*', 'node:*'],
    tsconfigRaw: {}, // that of the repository leads to the sources
    plugins,
  });
  return gzipSync(outputFiles[0].contents, {level: 9}).length / 1000;
}

/** What is loaded by `await import()`, file by file. */
const weightOfLater = async files => {
  const weights = await Promise.all(files.map(file => weightOf(`export * from './dist/esm/${file}'`, [withoutLater])));
  return weights.reduce((sum, weight) => sum + weight, 0);
};

let isTooHeavy = false;
for (const {entry, script = `export * from '${entry}'`, later = [], limit} of ENTRIES) {
  const weight = (await weightOf(script, [withoutLater])) + (await weightOfLater(later));
  const inOneFile = await weightOf(script, []);
  isTooHeavy ||= weight > limit;
  const verdict = weight > limit ? `above its limit of ${limit} kB` : `of ${limit} kB`;
  const all = `in one file ${inOneFile.toFixed(1)} kB`;
  process.stdout.write(`${weight.toFixed(1).padStart(6)} kB ${verdict}  ${entry}; ${all}\n`);
}
process.exitCode = isTooHeavy ? 1 : 0;
