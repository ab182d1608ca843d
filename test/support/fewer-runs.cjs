// For mutation testing: properties are checked in fewer cases, and counterexamples reported as they are.
require('fast-check').configureGlobal({numRuns: 20, endOnFailure: true});
