/**
 * Mutation testing of one room, on demand: `npm run mutate -- ROOM [TESTS...]`, such as `npm run mutate -- math` or
 * `npm run mutate -- masks masks display/say`. A room is a folder or file of src, or callbacks or schedules. Its tests
 * are those of the same name, unless others are named. Results are kept, and the next run repeats only what has
 * changed; `--force` repeats everything. `--share 0.1 --seed 1` runs a random tenth of the mutants. What survives for
 * good is in mutation.md.
 *
 * For speed, tf.js is loaded once per process (support/mutation-shared.cjs), test files are bundles
 * (mutation-bundle.cjs), and only those files run that have a test for the mutant (mutation-runner.cjs).
 */
import {existsSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {Stryker} from '@stryker-mutator/core';

const support = name => fileURLToPath(new URL(`support/${name}`, import.meta.url));
process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const {values, positionals} = parseArgs({
  options: {
    force: {type: 'boolean', default: false},
    share: {type: 'string', default: '1'},
    seed: {type: 'string', default: '1'},
  },
  allowPositionals: true,
});
const {force, seed} = values;
const share = Number(values.share);
const [room = '', ...given] = positionals;
const source = [`src/${room}`, `src/${room}.ts`, room].find(path => room !== '' && existsSync(path));
if (source === undefined) {
  console.error(`Expected the name of a room, such as math or options/expect, got '${room}'`);
  process.exit(1);
}
const tests = given.length > 0 ? given : [room];
const name = [room.replaceAll('/', '-'), ...(share < 1 ? [share, seed] : [])].join('-');
const results = `node_modules/.cache/mutate/${name}`;

await new Stryker({
  mutate: [source.endsWith('.ts') ? source : `${source}/**/*.ts`],
  mutator: {excludedMutations: ['StringLiteral']},
  testRunner: 'jest',
  plugins: ['@stryker-mutator/jest-runner', support('mutation-sample.mjs')],
  ...(share < 1 ? {checkers: ['sample'], sample: {share, seed}, warnings: {unknownOptions: false}} : {}),
  coverageAnalysis: 'perTest',
  jest: {
    config: {
      testMatch: tests.flatMap(test => [`<rootDir>/test/${test}/**/*.test.ts`, `<rootDir>/test/${test}.test.ts`]),
      testEnvironment: support('mutation-environment.cjs'),
      runner: support('mutation-runner.cjs'),
      runtime: support('mutation-runtime.cjs'),
      transform: {'\\.ts$': support('mutation-bundle.cjs')},
      setupFilesAfterEnv: [],
      roots: ['src', 'callbacks', 'schedules', 'examples', 'test'].map(folder => `<rootDir>/${folder}`),
      watchman: false,
    },
    enableFindRelatedTests: false,
  },
  ignorePatterns: ['.mutate', 'dist', 'coverage', 'models', 'data', 'bench-results', '.native'],
  disableTypeChecks: false,
  concurrency: 1,
  maxTestRunnerReuse: 200, // what test files leave behind adds up in a process that they share
  dryRunTimeoutMinutes: 60,
  timeoutMS: 60_000, // on a busy machine less would take the slow for the hung, which counts as killed
  incremental: true,
  force,
  incrementalFile: `${results}.json`,
  tempDirName: `.mutate/${name}`,
  cleanTempDir: 'always',
  reporters: ['clear-text', 'html', 'progress-append-only'],
  htmlReporter: {fileName: `${results}.html`},
  clearTextReporter: {allowColor: false, logTests: false, reportTests: false},
}).runMutationTest();
