export default {
  testEnvironment: '<rootDir>/test/support/one-realm-environment.cjs',
  testTimeout: 300_000,
  maxWorkers: '100%',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/(browser|bundles|page)/'],
  modulePathIgnorePatterns: ['<rootDir>/.mutate/'],
  transform: {
    '\\.ts$': ['@swc/jest', {jsc: {target: 'es2022', parser: {syntax: 'typescript'}}, module: {type: 'commonjs'}}],
  },
  moduleNameMapper: {
    '^tfjs-pruning$': '<rootDir>/src/index.ts',
    '^tfjs-pruning/(study|wasm)$': '<rootDir>/src/$1/index.ts',
    '^tfjs-pruning/(callbacks|schedules)$': '<rootDir>/$1/index.ts',
    // They are ES modules, which jest does not load from packages.
    '^(d3-[a-z-]+)$': '<rootDir>/node_modules/$1/dist/$1.js',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  setupFilesAfterEnv: ['<rootDir>/test/support/backend.ts'],
  reporters: ['default', '<rootDir>/test/support/closing-line-reporter.cjs'],
};
