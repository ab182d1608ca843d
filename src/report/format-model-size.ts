import {areRows, count, percent, table} from '../display/table.js';
import {received} from '../options/expect.js';
import type {CompressedSize, FileSize, ModelFileSizes, QuantizationLoss} from './file-sizes.js';

const LOSS = ['error', 'zeroed'];

/**
 * Formats the sizes of a model as a table: bytes of each layer as tf.js saves them, gzipped, and compressed, with the
 * error of quantization and how many weights it makes zero; then the model as stock tf.js reads it in 8 bits.
 *
 * @throws TypeError if `size` is not what `modelSize` returns.
 *
 * @example
 * console.log(formatModelSize(await modelSize(model)));
 */
export function formatModelSize(size: ModelFileSizes): string {
  if (!areRows((Object(size) as Partial<ModelFileSizes>).layers, ['layer'], [])) {
    throw new TypeError(`formatModelSize expects what modelSize returns, got ${received(size)}`);
  }
  const {layers, float32, uint8, compressed} = size;
  const bits = compressed.map(each => `${each.bits} bits`);
  const header = ['layer', 'float32', 'gzipped', ...bits.flatMap(each => [each, ...LOSS])];
  const rows = layers.map(row => [row.layer, ...cellsOf(row.float32), ...row.compressed.flatMap(compressedCells)]);
  const totals = ['model', ...cellsOf(float32), ...compressed.flatMap(compressedCells)];
  const stockRow = ['quantized, uint8', ...cellsOf(uint8), ...lossOf(uint8)];
  const stock = table(['format', 'bytes', 'gzipped', ...LOSS], [stockRow], {textColumns: 1});
  return `${table(header, rows, {textColumns: 1, totals})}\n\n${stock}`;
}

function cellsOf({bytes, gzipped}: FileSize): string[] {
  return [count(bytes), count(gzipped)];
}

function compressedCells(size: CompressedSize): string[] {
  return [count(size.bytes), ...lossOf(size)];
}

function lossOf({error, becomeZero}: QuantizationLoss): string[] {
  return [percent(error), count(becomeZero)];
}
