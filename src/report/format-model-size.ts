import {areRows, count, percent, table} from '../display/table.js';
import {received} from '../options/expect.js';
import type {CompressedSize, FileSize, ModelFileSizes, QuantizationLoss} from './file-sizes.js';

const LOSS = ['error', 'zeroed'];

/**
 * Formats the sizes of a model as a table: bytes of each layer as tf.js saves them, gzipped, and compressed, with the
 * error of quantization and how many weights it makes zero; then the model in each format that stock tf.js reads, also
 * by brotli, with its level, where there is Node.
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
  const {layers, float32, compressed} = size;
  const bits = compressed.map(each => `${each.bits} bits`);
  const header = ['layer', 'float32', 'gzipped', ...bits.flatMap(each => [each, ...LOSS])];
  const rows = layers.map(row => [row.layer, ...cellsOf(row.float32), ...row.compressed.flatMap(compressedCells)]);
  const totals = ['model', ...cellsOf(float32), ...compressed.flatMap(compressedCells)];
  return `${table(header, rows, {textColumns: 1, totals})}\n\n${stockTable(size)}`;
}

/** What stock tf.js reads. */
function stockTable({float32, uint8, uint16, float16, brotliLevel}: ModelFileSizes): string {
  const brotli = (packed: number | null) => (brotliLevel === null ? [] : [count(packed ?? NaN)]);
  const rowOf = (name: string, size: FileSize, loss: string[]) => [
    name,
    ...cellsOf(size),
    ...brotli(size.brotli),
    ...loss,
  ];
  const quantized = Object.entries({uint8, uint16, float16}).filter(([, size]) => size !== null);
  const rows = quantized.map(([dtype, size]) => rowOf(`quantized, ${dtype}`, size!, lossOf(size!)));
  const header = ['format', 'bytes', 'gzipped', ...(brotliLevel === null ? [] : [`brotli ${brotliLevel}`]), ...LOSS];
  return table(
    header,
    [
      rowOf(
        'float32',
        float32,
        LOSS.map(() => '-'),
      ),
      ...rows,
    ],
    {textColumns: 1},
  );
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
