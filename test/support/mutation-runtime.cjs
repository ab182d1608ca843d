const {default: Runtime} = require('jest-runtime');
const {sharedModule} = require('./mutation-shared.cjs');

/** Gives test files the packages that they share in a process. */
module.exports = class MutationRuntime extends Runtime {
  requireModuleOrMock(from, name) {
    return sharedModule(name) ?? super.requireModuleOrMock(from, name);
  }
};
