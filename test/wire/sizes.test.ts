import type {CodedSizes} from '../../examples/benchmarks/support/coded-sizes.js';
import {mean} from '../../examples/benchmarks/support/figures.js';
import type {denseFiles, prunedFiles} from '../../examples/benchmarks/support/mobile-net-files.js';
import {inOwnProcess} from '../support/in-own-process.js';

/** Bytes of the same levels, which are the same on every machine; at 50, 80, 90, 95 and 99 % zeros. */
const OURS = {
  'LeNet-300-100': [55_749, 33_758, 18_851, 10_653, 2745],
  'LeNet-5': [84_528, 51_657, 31_644, 16_212, 4333],
  'MobileNet-like': [46_675, 27_407, 15_401, 8559, 1986],
  'a recurrent layer': [27_771, 16_984, 9786, 5429, 1405],
};

test('levels take fewer bytes than by ISO NNC, and than gaps that are gzipped', async () => {
  const sizes = await inOwnProcess<CodedSizes[]>('examples/benchmarks/support/coded-sizes.ts', 'codedSizes()');
  expect(sizes.map(({ours}) => ours)).toEqual(Object.values(OURS).flat());
  for (const {ours, nnc, gaps} of sizes) {
    expect(ours).toBeLessThan(nnc);
    expect(ours).toBeLessThan(0.82 * gaps);
  }
  expect(mean(sizes.map(({ours, nnc}) => ours / nnc))).toBeLessThan(0.93);
});

const FILES = 'examples/benchmarks/support/mobile-net-files.ts';

test.each([
  [0.8, 0.5e6],
  [0.9, 0.3e6],
])(
  'a net of 2.5 M parameters with %d zeros takes at most %d bytes, and little more with its normalizations',
  async (sparsity, most) => {
    const call = `prunedFiles(${sparsity})`;
    const {parameters, folded, notFolded} = await inOwnProcess<Awaited<ReturnType<typeof prunedFiles>>>(FILES, call);
    expect(parameters).toBeGreaterThan(2.45e6);
    expect(folded).toBeLessThan(most);
    expect(notFolded - folded).toBeGreaterThan(0);
    expect(notFolded - folded).toBeLessThan(0.06e6);
  },
);

test('quantization alone is never larger than what stock tf.js reads in 8 bits', async () => {
  const {folded, notFolded, stock} = await inOwnProcess<Awaited<ReturnType<typeof denseFiles>>>(FILES, 'denseFiles()');
  expect(folded).toBeLessThan(notFolded);
  expect(notFolded).toBeLessThan(stock);
});
