import {checksum} from './checksum.js';
import {CompressedFileError} from './compressed-file-error.js';
import {HEAD_BYTES, readHead, type Head} from './head.js';
import type {FileWeight, ModelFile} from './model-file.js';
import {readBody, type ArrivingFile, type Body, type LevelTaker} from './read-body.js';

/** A file, of whose weights something was made. */
export interface ReadFile<T> {
  readonly model: ModelFile['model'];
  readonly weights: readonly T[];
}

/**
 * Reads a file while it arrives: kernels are decoded as soon as their bytes are there.
 *
 * @param made what becomes of each weight, as soon as it is decoded.
 * @throws CompressedFileError if it is truncated, altered, or something else.
 */
export async function readModelFile<T>(
  chunks: AsyncIterable<Uint8Array>,
  made: (weight: FileWeight) => T,
): Promise<ReadFile<T>> {
  const weights: T[] = [];
  let model: ModelFile['model'] = {};
  for await (const file of arrivingFile(chunks, wholeLevels)) {
    model = file.model;
    for (const {weight, isToCome} of file.weights.slice(weights.length)) {
      if (isToCome) break;
      weights.push(made(withLevels(weight)));
    }
  }
  return {model, weights};
}

type WholeLevels = ReturnType<typeof wholeLevels>;

function wholeLevels(rows: number, columns: number) {
  const all = new Int16Array(rows * columns);
  let count = 0;
  const take = (levels: Int16Array) => {
    all.set(levels, count);
    count += levels.length;
  };
  return {all, take};
}

function withLevels(weight: FileWeight<WholeLevels>): FileWeight {
  return 'levels' in weight ? {...weight, levels: weight.levels.all} : weight;
}

/**
 * Gives a file as soon as all but its kernels is there, and again whenever more of them are decoded: always the same
 * object. It ends when the checksum has been found right.
 *
 * @param taker makes what takes the levels of a weight, of so many rows and columns.
 */
export async function* arrivingFile<L extends LevelTaker>(
  chunks: AsyncIterable<Uint8Array>,
  taker: (rows: number, columns: number) => L,
): AsyncGenerator<ArrivingFile<L>, undefined> {
  let bytes = new Uint8Array(HEAD_BYTES);
  let [filled, checked, sum] = [0, 0, 0];
  let [head, body]: [Head?, Body<L>?] = [];
  const advance = async (isEnd: boolean): Promise<ArrivingFile<L> | undefined> => {
    if (filled >= HEAD_BYTES || isEnd) head ??= readHead(bytes.subarray(0, filled));
    if (!head) return undefined;
    if (filled > head.end || isEnd) expectLength(filled, head);
    const end = Math.min(filled, head.kernels.end);
    sum = checksum(bytes.subarray(checked, end), sum);
    checked = end;
    if (filled < head.outline.end) return undefined;
    bytes = withRoom(bytes, filled, head.end);
    body ??= await readBody(bytes, head, taker);
    body.kernels.decode(end - head.kernels.start, body.take);
    return body;
  };
  for await (const chunk of chunks) {
    bytes = withRoom(bytes, filled, filled + chunk.length);
    bytes.set(chunk, filled);
    filled += chunk.length;
    const file = await advance(false);
    if (file) yield file;
  }
  const whole = (await advance(true))!;
  if (sum !== new DataView(bytes.buffer, checked).getUint32(0, true)) {
    throw new CompressedFileError('its checksum is wrong; it was altered');
  }
  yield whole;
}

function withRoom(bytes: Uint8Array<ArrayBuffer>, filled: number, wanted: number): Uint8Array<ArrayBuffer> {
  if (bytes.length >= wanted) return bytes;
  const larger = new Uint8Array(Math.max(wanted, 2 * bytes.length));
  larger.set(bytes.subarray(0, filled));
  return larger;
}

function expectLength(length: number, {end}: Head): void {
  if (length === end) return;
  throw new CompressedFileError(
    length < end ? `it ends after ${length} of ${end} bytes` : `it goes on after its ${end} bytes`,
  );
}
