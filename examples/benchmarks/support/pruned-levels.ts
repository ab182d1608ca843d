import {randomNumbers} from '../../../src/math/random-numbers.js';

/** Levels of a kernel, as a matrix of inputs by outputs. */
export interface LevelKernel {
  readonly rows: number;
  readonly columns: number;
  readonly levels: Int16Array;
  /** From a tap of a convolution to the next, and to that a line below. */
  readonly lags?: {readonly near: number; readonly far: number};
}

/** A kernel of a net: inputs and outputs, and the taps of a convolution along each side. */
type Shape = readonly [inputs: number, outputs: number, side?: number];

/** Nets whose kernels are pruned and quantized here. */
export const LEVEL_NETS = {
  'LeNet-300-100': [
    [784, 300],
    [300, 100],
    [100, 10],
  ],
  'LeNet-5': [
    [1, 20, 5],
    [20, 50, 5],
    [800, 500],
    [500, 10],
  ],
  'MobileNet-like': mobileNet(0.25),
  'a recurrent layer': [
    [128, 512],
    [128, 512],
  ],
} satisfies Record<string, readonly Shape[]>;

/** The kernels of MobileNetV1 of that width: 3 x 3 depthwise and 1 x 1 convolutions in turn. */
export function mobileNet(width: number): readonly Shape[] {
  const widths = [32, 64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024].map(each => width * each);
  const blocks = widths.slice(1).flatMap((outputs, i): Shape[] => [
    [1, widths[i]!, 3],
    [widths[i]!, outputs],
  ]);
  return [[3, widths[0]!, 3], ...blocks];
}

/**
 * Kernels as pruning by magnitude leaves them: random weights, each input and output with a size of its own; the
 * largest of all are kept, and quantized to so many levels. The same on every machine: no function but + - * / makes
 * them.
 */
export function prunedLevels(shapes: readonly Shape[], sparsity: number, most: number): LevelKernel[] {
  const kernels = shapes.map((shape, i) => randomKernel(shape, `levels ${i}`));
  const sizes = Float32Array.from(kernels.flatMap(({values}) => [...values.map(Math.abs)])).sort();
  const threshold = sizes[Math.round(sparsity * sizes.length)] ?? Infinity;
  return kernels.map(({values, ...kernel}) => {
    const largest = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
    const levelOf = (value: number) => Math.sign(value) * Math.max(1, Math.round((most * Math.abs(value)) / largest));
    return {...kernel, levels: Int16Array.from(values, value => (Math.abs(value) < threshold ? 0 : levelOf(value)))};
  });
}

function randomKernel([inputs, outputs, side = 1]: Shape, text: string) {
  const [rows, columns] = [inputs * side * side, outputs];
  const [ofRows, ofColumns] = [normal(rows, `${text} rows`), normal(columns, `${text} columns`)];
  const values = normal(rows * columns, text).map((value, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    return (value * (1 + 0.4 * ofRows[row]!) * (1 + 0.4 * ofColumns[column]!)) / Math.sqrt(rows);
  });
  return {rows, columns, values, ...(side > 1 && {lags: {near: inputs, far: side * inputs}})};
}

/** Nearly normally distributed numbers: the sum of four uniform ones. */
function normal(count: number, text: string): Float32Array {
  const uniform = randomNumbers(4 * count, text);
  return Float32Array.from({length: count}, (_, i) => {
    return 1.732 * (uniform[4 * i]! + uniform[4 * i + 1]! + uniform[4 * i + 2]! + uniform[4 * i + 3]! - 2);
  });
}
