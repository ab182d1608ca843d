/** Prints `N passed, N failed` as the last line, the form that CI systems read. */
module.exports = class ClosingLineReporter {
  onRunComplete(_contexts, {numPassedTests, numFailedTests, numFailedTestSuites, numPendingTests}) {
    const broken = Math.max(numFailedTests, numFailedTestSuites);
    const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : '';
    process.stdout.write(`${numPassedTests} passed, ${broken} failed${skipped}\n`);
  }
};
