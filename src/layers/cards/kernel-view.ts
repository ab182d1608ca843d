import {valuesNow, type LayerVariable} from '../../tfjs-internals.js';

/** A kernel as links between input and output channels, whatever its window. */
export interface KernelView {
  readonly inputs: number;
  readonly outputs: number;
  /** Whether the window between an input and an output has a non-zero weight. */
  links(input: number, output: number): boolean;
  /** The sum of the window between an input and an output. */
  sum(input: number, output: number): number;
  /** Whether any output depends on an input. */
  takes(input: number): boolean;
  /** Whether an output depends on any input. */
  isFed(output: number): boolean;
}

/** Views a kernel whose last two axes are inputs and outputs. @param inputAxis which of the two is the inputs. */
export function viewKernel(kernel: LayerVariable, inputAxis: number): KernelView {
  const values = valuesNow(() => kernel.read());
  const shape = kernel.shape as number[];
  const [rows, columns] = [shape.at(-2)!, shape.at(-1)!];
  const rowsAreInputs = inputAxis === shape.length - 2;
  const [rowUsed, columnUsed] = used(values, rows, columns);
  const window = values.length / (rows * columns);
  const at = (input: number, output: number) => (rowsAreInputs ? input * columns + output : output * columns + input);
  const over = (start: number, visit: (value: number) => void) => {
    for (let i = 0; i < window; i++) visit(values[start + i * rows * columns]!);
  };
  return {
    inputs: rowsAreInputs ? rows : columns,
    outputs: rowsAreInputs ? columns : rows,
    links: (input, output) => {
      let any = false;
      over(at(input, output), value => (any ||= value !== 0));
      return any;
    },
    sum: (input, output) => {
      let sum = 0;
      over(at(input, output), value => (sum += value));
      return sum;
    },
    takes: input => (rowsAreInputs ? rowUsed : columnUsed)[input] === 1,
    isFed: output => (rowsAreInputs ? columnUsed : rowUsed)[output] === 1,
  };
}

/** The rows and columns with non-zeros, over all windows. */
function used(values: Float32Array, rows: number, columns: number): [rows: Uint8Array, columns: Uint8Array] {
  const [rowUsed, columnUsed] = [new Uint8Array(rows), new Uint8Array(columns)];
  for (let start = 0, row = 0; start < values.length; start += columns) {
    for (let column = 0; column < columns; column++) {
      if (values[start + column] === 0) continue;
      rowUsed[row] = 1;
      columnUsed[column] = 1;
    }
    row = row + 1 === rows ? 0 : row + 1;
  }
  return [rowUsed, columnUsed];
}
