import {checksum} from './checksum.js';
import {CompressedFileError} from './compressed-file-error.js';
import {CHECKSUM_BYTES, HEAD_BYTES, readHead, type Head} from './head.js';
import type {ModelFile} from './model-file.js';
import {readBody, type Body} from './read-body.js';

/** Reads a file that is there. @throws CompressedFileError if it is truncated, altered, or something else. */
export function readModelFile(bytes: Uint8Array): ModelFile {
  const head = readHead(bytes);
  expectLength(bytes.length, head);
  expectChecksum(bytes);
  const body = readBody(bytes, head);
  return {model: body.model, weights: body.assemble(body.kernels.decode(head.kernels.end - head.kernels.start))};
}

/**
 * Reads a file while it arrives: kernels are decoded as soon as their bytes are there.
 *
 * @throws CompressedFileError if it is truncated, altered, or something else.
 */
export async function readModelStream(chunks: AsyncIterable<Uint8Array>): Promise<ModelFile> {
  const kernels: Int16Array[] = [];
  let [bytes, filled] = [new Uint8Array(HEAD_BYTES), 0];
  let [head, body]: [Head?, Body?] = [];
  for await (const chunk of chunks) {
    bytes = withRoom(bytes, filled, filled + chunk.length);
    bytes.set(chunk, filled);
    filled += chunk.length;
    if (!head && filled >= HEAD_BYTES) head = readHead(bytes.subarray(0, filled));
    if (head && filled > head.end) expectLength(filled, head);
    if (!head || filled < head.outline.end) continue;
    if (!body) {
      bytes = withRoom(bytes, filled, head.end);
      body = readBody(bytes, head);
    }
    kernels.push(...body.kernels.decode(Math.min(filled, head.kernels.end) - head.kernels.start));
  }
  if (!head || !body) return readModelFile(bytes.subarray(0, filled));
  expectLength(filled, head);
  expectChecksum(bytes.subarray(0, head.end));
  return {model: body.model, weights: body.assemble(kernels)};
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

function expectChecksum(bytes: Uint8Array): void {
  const end = bytes.length - CHECKSUM_BYTES;
  const said = new DataView(bytes.buffer, bytes.byteOffset + end).getUint32(0, true);
  if (said !== checksum(bytes.subarray(0, end))) throw new CompressedFileError('its checksum is wrong; it was altered');
}
