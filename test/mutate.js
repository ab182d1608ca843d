/**
 * Mutation testing of one room, on demand: `npm run mutate -- ROOM [TESTS...]`, such as `npm run mutate -- math` or
 * `npm run mutate -- masks masks callbacks`. A room is a folder or file of src, or callbacks or schedules. Its tests
 * are those of the same name, unless others are named. Results are kept, and the next run repeats only what has
 * changed; `--force` repeats everything. What survives for good is in mutation.md.
 */
import {existsSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {Stryker} from '@stryker-mutator/core';

const support = name => fileURLToPath(new URL(`support/${name}`, import.meta.url));
process.chdir(fileURLToPath(new URL('..', import.meta.url)));

/** Rooms whose tests need no backend of tf.js. */
const PURE = ['math', 'options', 'schedules'];

const isForced = process.argv.includes('--force');
const [room = '', ...given] = process.argv.slice(2).filter(arg => !arg.startsWith('--'));
const source = [`src/${room}`, `src/${room}.ts`, room].find(path => room !== '' && existsSync(path));
if (source === undefined) {
  console.error(`Expected the name of a room, such as math or options/expect, got '${room}'`);
  process.exit(1);
}
const tests = given.length > 0 ? given : [room];
const isPure = tests.every(test => PURE.includes(test.split('/')[0]));
const results = `node_modules/.cache/mutate/${room.replaceAll('/', '-')}`;

await new Stryker({
  mutate: [source.endsWith('.ts') ? source : `${source}/**/*.ts`],
  mutator: {excludedMutations: ['StringLiteral']},
  testRunner: 'jest',
  plugins: ['@stryker-mutator/jest-runner'],
  coverageAnalysis: 'perTest',
  jest: {
    config: {
      testMatch: tests.flatMap(test => [`<rootDir>/test/${test}/**/*.test.ts`, `<rootDir>/test/${test}.test.ts`]),
      testEnvironment: support('mutation-environment.cjs'),
      setupFiles: [support('fewer-runs.cjs')],
      ...(isPure ? {setupFilesAfterEnv: []} : {}),
    },
  },
  ignorePatterns: ['dist', 'coverage', 'models', 'data', 'bench-results', '.native'],
  disableTypeChecks: false,
  concurrency: 1,
  dryRunTimeoutMinutes: 60,
  timeoutMS: 30_000,
  incremental: true,
  force: isForced,
  incrementalFile: `${results}.json`,
  tempDirName: '.mutate',
  cleanTempDir: 'always',
  reporters: ['clear-text', 'html'],
  htmlReporter: {fileName: `${results}.html`},
  clearTextReporter: {allowColor: false, logTests: false, reportTests: false},
}).runMutationTest();
