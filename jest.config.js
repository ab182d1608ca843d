/** Packages that are ES modules only, which jest does not load as they are. */
const MODULES = '(d3-[a-z-]+|internmap)';

/** Each file runs in a vm context, where a global takes long to look up: with these, coding a file is twice as fast. */
const FAST_GLOBALS = [
  ...['Array', 'Infinity', 'Map', 'Math', 'Number', 'Object', 'Promise', 'Set', 'String', 'Symbol'],
  ...['Float32Array', 'Float64Array', 'Int8Array', 'Int16Array', 'Int32Array'],
  ...['Uint8Array', 'Uint16Array', 'Uint32Array', 'DataView'],
];

export default {
  testEnvironment: '<rootDir>/test/support/one-realm-environment.cjs',
  testTimeout: 300_000,
  sandboxInjectedGlobals: FAST_GLOBALS,
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
