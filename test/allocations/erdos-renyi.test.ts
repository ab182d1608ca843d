import {erdosRenyi, erdosRenyiKernel, type Allocation, type ErdosRenyiArgs, type WeightLayout} from 'tfjs-pruning';
import {layout} from '../support/layouts.js';

const size = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1);

/** How many weights each kernel keeps. */
function kept(
  allocation: Allocation,
  sparsity: number,
  shapes: readonly (readonly number[])[],
  more: Partial<WeightLayout> = {},
): number[] {
  const layers = shapes.map((shape, i) => {
    const name = `layer${i}/kernel`;
    return {name, scores: new Float32Array(size(shape)), layout: layout(shape, {...more, name})};
  });
  return allocation(layers, sparsity).map(mask => mask.filter(value => value === 1).length);
}

const LENET_300: number[][] = [
  [784, 300],
  [300, 100],
  [100, 10],
];
const LENET_5: number[][] = [
  [5, 5, 1, 20],
  [5, 5, 20, 50],
  [800, 500],
  [500, 10],
];
const TINY: number[][] = [
  [2, 4],
  [3, 6],
  [2, 4, 6],
];

// The exact solution of sum(density * n) = (1 - sparsity) * sum(n), densities held at 1.
test.each<[number, number[][], number[]]>([
  [0.5, LENET_300, [0.4341, 1, 1]],
  [0.8, LENET_300, [0.1622, 0.4694, 1]],
  [0.9, LENET_300, [0.0796, 0.2302, 1]],
  [0.95, LENET_300, [0.0385, 0.1113, 0.9185]],
  [0.98, LENET_300, [0.0154, 0.0445, 0.3674]],
  [0.99, LENET_300, [0.0077, 0.0223, 0.1837]],
  [0.9, LENET_5, [1, 0.0871, 0.0884, 1]],
  [0.95, LENET_5, [0.7261, 0.0375, 0.0381, 1]],
  [0.98, LENET_5, [0.2779, 0.0143, 0.0146, 0.4572]],
  [0.99, LENET_5, [0.1389, 0.0072, 0.0073, 0.2286]],
])('densities at sparsity %d of %j', (sparsity, shapes, densities) => {
  const counts = kept(erdosRenyiKernel(), sparsity, shapes);
  counts.forEach((count, i) =>
    expect(Math.abs(count / size(shapes[i]!) - densities[i]!)).toBeLessThan(5.1e-5 + 0.5 / size(shapes[i]!)),
  );
  const total = shapes.reduce((sum, shape) => sum + size(shape), 0);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(Math.round(total * (1 - sparsity)));
});

// jaxpruner's table of sparsities, times the sizes: [0, .31, .655], [.21, .47, .56] and [0, .033, .758] at 0.5. At 0.8
// it rounds down layer by layer; the exact sparsities are .589, .726 and .863.
test.each<[string, (args?: ErdosRenyiArgs) => Allocation, ErdosRenyiArgs, number, number[]]>([
  ['erdosRenyiKernel', erdosRenyiKernel, {}, 0.5, [0, 5.58, 31.4]],
  ['erdosRenyi', erdosRenyi, {}, 0.5, [1.66, 8.47, 26.88]],
  ['erdosRenyiKernel', erdosRenyiKernel, {power: 2}, 0.5, [0, 0.6, 36.4]],
  ['erdosRenyiKernel', erdosRenyiKernel, {}, 0.8, [4.71, 13.07, 41.42]],
  ['erdosRenyi', erdosRenyi, {power: 0}, 0.5, [4, 9, 24]],
])('%s rounds the shares of small kernels', (_, make, args, sparsity, zeros) => {
  const counts = kept(make(args), sparsity, TINY);
  expect(counts).toEqual(TINY.map((shape, i) => size(shape) - Math.round(zeros[i]!)));
});

test('erdosRenyi takes inputs and outputs from the layout, and those of a depthwise kernel once', () => {
  // transposed kernels [height, width, outputs, inputs] of the same sizes
  const shapes = [
    [3, 3, 4, 8],
    [3, 3, 16, 2],
  ];
  expect(kept(erdosRenyi(), 0.5, shapes, {inputAxes: [3], outputAxes: [2]})).toEqual(kept(erdosRenyi(), 0.5, shapes));
  // densities in proportion to (8 + 2) / 16 and (8 + 8) / 64: 90 and 144 of 720 weights for each unit of epsilon
  const depthwise = {
    name: 'dw',
    scores: new Float32Array(144),
    layout: layout([3, 3, 8, 2], {inputAxes: [2], outputAxes: [2, 3]}),
  };
  const conv = {name: 'c', scores: new Float32Array(576), layout: layout([3, 3, 8, 8])};
  const masks = erdosRenyi()([depthwise, conv], 0.8);
  expect(masks.map(mask => mask.filter(value => value === 1).length)).toEqual([55, 89]); // 144 * 90/234, 144 * 144/234
});

test.each([
  [-1, /^Expected `power` to be a number >= 0, got -1$/],
  [NaN, /got NaN$/],
  ['1', /got "1" \(string\)$/],
])('refuses the power %p', (power, message) => {
  expect(() => erdosRenyi({power: power as never})).toThrow(message);
  expect(() => erdosRenyiKernel({power: power as never})).toThrow(message);
});

test('a power that no number holds sets layers as far apart as can be', () => {
  expect(
    kept(erdosRenyi({power: 500}), 0.5, [
      [100, 100],
      [3, 5],
    ]),
  ).toEqual([4992, 15]);
});
