const fc = require('fast-check');

const MOST_RUNS = 20;

/** Checks a property in fewer cases, unless it says in how many, and reports a counterexample as it is. */
function assert(property, options = {}) {
  const {numRuns = MOST_RUNS} = fc.readConfigureGlobal() ?? {};
  return fc.assert(property, {numRuns: Math.min(numRuns, MOST_RUNS), ...options, endOnFailure: true});
}

/** fast-check for mutation testing. */
module.exports = {...fc, assert, default: {...fc.default, assert}, __esModule: true};
