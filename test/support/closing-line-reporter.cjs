/** Prints `N passed, N failed` as the very last line, after the summary: the form that CI systems read. */
module.exports = class ClosingLineReporter {
  onRunComplete(_contexts, {numPassedTests, numFailedTests, numFailedTestSuites, numPendingTests}) {
    const failed = Math.max(numFailedTests, numFailedTestSuites);
    const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : '';
    process.once('exit', () => process.stdout.write(`${numPassedTests} passed, ${failed} failed${skipped}\n`));
  }
};
