import base from '../browser/jest.config.js';

/** `npm run test:bundles`: kept out of `npm test`, since it needs a Chromium. */
export default {...base, testMatch: ['<rootDir>/test/bundles/**/*.test.ts']};
