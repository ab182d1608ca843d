import base from '../../jest.config.js';

/** `npm run test:page`: kept out of `npm test`, since it needs a Chromium and the page that was built. */
export default {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/page/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  setupFilesAfterEnv: [],
  maxWorkers: 1,
  testTimeout: 400_000,
  globalSetup: '<rootDir>/test/browser/find-chromium.ts',
};
