import base from '../../jest.config.js';

/** `npm run test:browser`: kept out of `npm test`, since it needs a Chromium. */
export default {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/browser/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  maxWorkers: 1,
  testTimeout: 300_000,
  globalSetup: '<rootDir>/test/browser/find-chromium.ts',
};
