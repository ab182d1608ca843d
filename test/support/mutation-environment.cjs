const {restoreShared} = require('./mutation-shared.cjs');
const OneRealmEnvironment = require('./one-realm-environment.cjs');

/** The mutant that a test has killed: no other test needs to run on it. */
let killed;

/** Tests that measure time: instrumented code is slow. */
const TIMED = /less than a second/;

/** Skips the tests of a mutant after the first one that fails (see ../mutate.js). Jest itself can't. */
module.exports = class MutationEnvironment extends OneRealmEnvironment {
  async setup() {
    await super.setup();
    await restoreShared();
  }

  handleTestEvent({name, test}) {
    const mutant = process.env['__STRYKER_ACTIVE_MUTANT__'];
    if (name === 'test_start' && TIMED.test(test.name)) test.mode = 'skip';
    if (name === 'test_fn_failure' || name === 'hook_failure') killed = mutant;
    else if (name === 'test_start' && mutant !== undefined && mutant === killed) test.mode = 'skip';
  }
};
