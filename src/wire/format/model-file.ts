import {columnAxis} from '../../math/column-axis.js';
import {sizeOf} from '../../math/size-of.js';

/** Values that JSON can hold. */
export type Json = string | number | boolean | null | readonly Json[] | {readonly [key: string]: Json};

/** A weight on equally spaced values: level x scale. */
export interface GridWeight<L = Int16Array> {
  readonly coding: 'grid';
  /** Of each weight, from -32768 to 32767. */
  readonly levels: L;
  /** The scales are 2^(exponent / 8): of each column, or one of all. */
  readonly exponents: Int16Array;
}

/** A weight of few values. */
export interface CodebookWeight<L = Int16Array> {
  readonly coding: 'codebook';
  /** Of each weight, its place in the codebook less `zero`. */
  readonly levels: L;
  /** The values, ascending. */
  readonly codebook: Float32Array;
  /** The place of 0 in the codebook, or of the value nearest to it. */
  readonly zero: number;
}

/** A weight number by number: as 32-bit or 16-bit floats, or as integers. */
export interface PlainWeight {
  readonly coding: 'float32' | 'float16' | 'int32' | 'bool';
  /** Of each weight. 16-bit floats are given as 32-bit floats that they represent. */
  readonly values: Float32Array | Int32Array | Uint8Array;
}

/** A weight of a file. */
export type FileWeight<L = Int16Array> = {readonly name: string; readonly shape: readonly number[]} & (
  GridWeight<L> | CodebookWeight<L> | PlainWeight
);

/** What a compressed file holds. */
export interface ModelFile {
  /** Everything of the model that is not a weight. */
  readonly model: {readonly [key: string]: Json};
  readonly weights: readonly FileWeight[];
}

/**
 * A weight as a matrix of inputs by outputs: the last axis are the outputs, or that before it if the last is 1, as in
 * kernels of depthwise convolutions. A vector is one column.
 */
export function matrixOf(shape: readonly number[]): {rows: number; columns: number} {
  const size = sizeOf(shape);
  const axis = columnAxis(shape);
  const columns = axis === undefined ? 1 : shape[axis]!;
  return {rows: columns === 0 ? 0 : size / columns, columns};
}
