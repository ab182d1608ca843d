/** Masks that other libraries chose, as literal vectors: PyTorch 2.15, tensorflow-model-optimization 0.8.1. */
import {blocks, nOfM, slices, uniform, type Reduction, type WeightStructure} from 'tfjs-pruning';
import {layout} from '../support/layouts.js';

/** `(i * 7 + j * 5) % 11 - 5 + i / 10`, as the vectors were made for. */
const matrix = (rows: number, columns: number) =>
  Float32Array.from({length: rows * columns}, (_, at) => {
    const [i, j] = [Math.floor(at / columns), at % columns];
    return ((i * 7 + j * 5) % 11) - 5 + i / 10;
  });

/** The mask of the structure's worst groups, row by row. */
function rowsOf(
  structure: WeightStructure,
  shape: [number, number],
  sparsity: number,
  norm = 1,
  reduction?: Reduction,
) {
  const about = layout(shape);
  const magnitudes = matrix(...shape).map(value => Math.abs(value) ** norm);
  const [kept] = uniform()(
    [{name: 'd', layout: about, scores: structure.pool(magnitudes, about, reduction)}],
    sparsity,
  );
  const mask = structure.spread(kept!, about);
  return Array.from({length: shape[0]}, (_, row) => mask.slice(row * shape[1], (row + 1) * shape[1]).join(''));
}

// Without ties, which tfmot all keeps, and without a window of 3 over 4, which it lets begin before the edge.
test.each<['mean' | 'max', [number, number], string[]]>([
  ['mean', [3, 2], ['0000', '0000', '0000', '1111', '1111']],
  ['mean', [2, 1], ['1011', '1011', '1010', '1010', '0101']],
  ['max', [2, 2], ['1111', '1111', '1100', '1100', '0011']],
  ['max', [3, 2], ['0000', '0000', '0000', '1111', '1111']],
  ['max', [2, 1], ['1011', '1011', '1010', '1010', '0101']],
])('blocks by their %s, %p, as tfmot', (pooling, size, mask) => {
  expect(rowsOf(blocks(size, {pooling}), [5, 4], 0.4)).toEqual(mask);
});

test.each<[string, number, Reduction, number, string[]]>([
  ['L1 norm', 1, 'mean', 0, ['0000', '1111', '0000', '1111', '1111']],
  ['L1 norm', 1, 'mean', 1, ['1001', '1001', '1001', '1001', '1001']],
  ['L2 norm', 2, 'mean', 0, ['1111', '0000', '0000', '1111', '1111']],
  ['L2 norm', 2, 'mean', 1, ['1001', '1001', '1001', '1001', '1001']],
  ['largest magnitude', 1, 'max', 0, ['1111', '0000', '0000', '1111', '1111']],
  ['largest magnitude', 1, 'max', 1, ['1001', '1001', '1001', '1001', '1001']],
])('slices by their %s as torch.nn.utils.prune.ln_structured', (_, norm, reduction, axis, mask) => {
  expect(rowsOf(slices(axis), [5, 4], 2 / (axis === 0 ? 5 : 4), norm, reduction)).toEqual(mask);
});

test('2 of 4 along the inputs, as tfmot', () => {
  expect(rowsOf(nOfM(2, 4), [8, 3], 0.5)).toEqual(['101', '010', '010', '101', '010', '101', '101', '010']);
});
