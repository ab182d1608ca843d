import base from '../../jest.config.js';

/** What runs on no backend or on one of its own, and so has been tested by `npm test`. */
const ELSEWHERE = [
  ...['circles', 'display', 'docs', 'math', 'options', 'package', 'schedules', 'types'],
  ...['examples/(?!tensorboard)', 'runtime/(?!islands)', 'wasm/(?!file-urls)', 'wire/(fuzz|levels|sizes)'],
];

/** `npm run test:native`: the tests on tfjs-node, which has to be installed. */
export default {
  ...base,
  rootDir: '../..',
  testPathIgnorePatterns: [...base.testPathIgnorePatterns, `<rootDir>/test/(${ELSEWHERE.join('|')})`],
};
