import tseslint from 'typescript-eslint';
import own from './.ci/eslint-rules.js';

const TFJS = {group: ['@tensorflow/*'], message: 'This room is pure: it knows no tensors.'};
const CALLBACKS = {group: ['**/callbacks/**'], message: 'Callbacks stand on src, not the other way round.'};
const INDEX = {
  group: ['./index.js', '../index.js', '../**/index.js'],
  message: 'Import the file that defines the name.',
};
const SCHEDULES = {group: ['**/schedules/**'], message: 'Only callbacks know schedules.'};
const restrict = (...patterns) => ({'no-restricted-imports': ['error', {patterns}]});

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'examples/page/dist/',
      'node_modules/',
      'coverage/',
      '.native/',
      'bench-results/',
      'site/',
      'src/wasm/assembly/',
      'src/wasm/*/assembly.ts',
      'src/wire/decoder/assembly/',
      'src/runtime/kernels/assembly/*.ts',
      'src/runtime/int8/assembly/*.ts',
    ],
  },
  ...tseslint.configs.strictTypeChecked,
  {
    plugins: {own},
    languageOptions: {parserOptions: {projectService: {allowDefaultProject: ['*.js']}}},
    rules: {
      'no-console': 'error',
      'own/line-width': 'error',
      'own/no-climbing-import': 'error',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-vars': ['error', {argsIgnorePattern: '^_'}],
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      '@typescript-eslint/no-extraneous-class': 'off',
      // tf.js tells the ranks of tensors by casts alone: a Tensor4D is made by no constructor.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', {ignoreArrowShorthand: true}],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        {allowNumber: true, allowBoolean: true, allowNullish: true},
      ],
    },
  },
  {files: ['schedules/**', 'src/math/**', 'src/options/**'], rules: restrict(TFJS, CALLBACKS, INDEX)},
  {
    files: ['src/**'],
    ignores: ['src/math/**', 'src/options/**', 'src/index.ts', 'src/study/**', 'src/cli/**'],
    rules: restrict(CALLBACKS, INDEX, SCHEDULES),
  },
  {
    files: ['src/runtime/**', 'src/wire/{coder,decoder,format,places}/**'],
    rules: restrict(TFJS, CALLBACKS, INDEX, SCHEDULES),
  },
  {files: ['callbacks/**', 'src/study/**', 'src/cli/**'], rules: restrict(INDEX)},
  {files: ['**/index.ts'], rules: {'no-restricted-imports': 'off'}},
  {files: ['src/**/*-binary.ts'], rules: {'own/line-width': 'off'}}, // breaks would not gzip away
  {
    files: ['examples/**', 'test/**'],
    rules: {
      'no-console': 'off',
      '@typescript-eslint/no-meaningless-void-operator': 'off',
      '@typescript-eslint/no-misused-spread': 'off',
    },
  },
  {files: ['**/*.js', '**/*.cjs', '**/*.mjs'], extends: [tseslint.configs.disableTypeChecked]},
  {files: ['**/*.cjs'], rules: {'@typescript-eslint/no-require-imports': 'off'}},
);
