import base from '../../jest.config.js';

/** `npm run test:queue`: kept out of `npm test`, since it needs a redis-server. */
export default {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/queue/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 900_000,
};
