const {existsSync, readFileSync, writeFileSync} = require('node:fs');
const {default: TestRunner} = require('jest-runner');

/** What the run without a mutant has found out about each test file; a process that replaces a hung one reads it. */
const NOTES = 'mutation-notes.json';

/**
 * Runs only those test files that have a test for the mutant, the fastest first, and none after one that fails.
 */
module.exports = class MutationRunner extends TestRunner {
  #notes = existsSync(NOTES) ? JSON.parse(readFileSync(NOTES, 'utf8')) : {};
  #hasFailed = false;

  constructor(...args) {
    super(...args);
    this.on('test-file-success', ([test, result]) => this.#note(test, result));
    this.on('test-file-failure', () => (this.#hasFailed = true));
  }

  async runTests(tests, watcher, options) {
    const isMutant = process.env['__STRYKER_ACTIVE_MUTANT__'] !== undefined;
    for (const test of isMutant ? this.#chosen(tests) : tests) {
      if (!isMutant || !this.#hasFailed) await super.runTests([test], watcher, options);
    }
    if (!isMutant) writeFileSync(NOTES, JSON.stringify(this.#notes));
  }

  #note({path}, result) {
    // Positions in the bundle say nothing of the file; without them, results are kept until the file changes.
    for (const each of result.testResults) each.location = undefined;
    this.#hasFailed ||= result.numFailingTests > 0 || result.testExecError !== undefined;
    if (process.env['__STRYKER_ACTIVE_MUTANT__'] !== undefined) return;
    const {start, end} = result.perfStats;
    this.#notes[path] = {milliseconds: end - start, names: result.testResults.map(each => each.fullName)};
  }

  #chosen(tests) {
    const {testNamePattern} = this._globalConfig;
    const pattern = testNamePattern && new RegExp(testNamePattern, 'i');
    const noteOf = ({path}) => this.#notes[path] ?? {milliseconds: 0, names: undefined};
    return tests
      .filter(test => !pattern || (noteOf(test).names?.some(name => pattern.test(name)) ?? true))
      .sort((a, b) => noteOf(a).milliseconds - noteOf(b).milliseconds);
  }
};
