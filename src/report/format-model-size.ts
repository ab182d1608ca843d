import {areRows, count, percent, table} from '../display/table.js';
import {received} from '../options/expect.js';
import type {CompressedSize, FileSize, ModelFileSizes} from './file-sizes.js';

/**
 * Formats the sizes of a model as a table: bytes of each layer as tf.js saves them, gzipped, and compressed, with what
 * the weights lose by it; then the whole model in each format.
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
  const header = ['layer', 'float32', 'gzipped', ...bits.flatMap(each => [each, 'error'])];
  const rows = layers.map(row => [row.layer, ...cellsOf(row.float32), ...row.compressed.flatMap(lossOf)]);
  const totals = ['model', ...cellsOf(float32), ...compressed.flatMap(lossOf)];
  const stock = table(['format', 'bytes', 'gzipped'], [['quantized, uint8', ...cellsOf(uint8)]], {textColumns: 1});
  return `${table(header, rows, {textColumns: 1, totals})}\n\n${stock}`;
}

function cellsOf({bytes, gzipped}: FileSize): string[] {
  return [count(bytes), count(gzipped)];
}

function lossOf({bytes, error}: CompressedSize): string[] {
  return [count(bytes), percent(error)];
}
