/** Packages that are ES modules only, which jest does not load as they are. */
const MODULES = '(d3-[a-z-]+|internmap)';

export default {
  testEnvironment: '<rootDir>/test/support/one-realm-environment.cjs',
  testTimeout: 300_000,
  maxWorkers: '100%',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/(browser|bundles|page|queue)/'],
  modulePathIgnorePatterns: ['<rootDir>/.mutate/'],
  transform: {
    '(\\.ts|/examples/studies/.*\\.js)$': [
      '@swc/jest',
      {jsc: {target: 'es2022', parser: {syntax: 'typescript'}}, module: {type: 'commonjs'}},
    ],
    [`/node_modules/${MODULES}/.*\\.m?js$`]: ['@swc/jest', {module: {type: 'commonjs'}}],
  },
  transformIgnorePatterns: [`/node_modules/(?!${MODULES}/)`],
  moduleNameMapper: {
    '^tfjs-pruning$': '<rootDir>/src/index.ts',
    '^tfjs-pruning/(runtime|study|wasm|wire)$': '<rootDir>/src/$1/index.ts',
    '^tfjs-pruning/(callbacks|schedules)$': '<rootDir>/$1/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  setupFilesAfterEnv: ['<rootDir>/test/support/backend.ts'],
  reporters: ['default', '<rootDir>/test/support/closing-line-reporter.cjs'],
};
