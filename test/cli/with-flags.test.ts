import {withFlags} from '../../src/cli/with-flags.js';

test.each([
  ['give `inputShapes`, such as [[224, 224, 3]]', 'give --input-shapes, such as 224x224x3'],
  ['name their layers in `layers`', 'name their layers in --layers'],
  ['are held by minKept 4', 'are held by --min-kept 4'],
  ['load it without `compressed`', 'load it without `compressed`'],
  ['Expected `--sparsity` to be a number', 'Expected `--sparsity` to be a number'],
])('%s', (message, said) => {
  expect(withFlags(message)).toBe(said);
});
