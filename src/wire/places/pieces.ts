import {received} from '../../options/expect.js';
import type {BytesSource} from './bytes-store.js';

/** Bytes as pieces that arrive one after the other. @throws TypeError if they are something else. */
export async function* piecesOf(source: BytesSource): AsyncGenerator<Uint8Array> {
  for await (const piece of parts(source)) {
    if (tagOf(piece) !== 'Uint8Array') throw notBytes(piece);
    yield piece;
  }
}

function parts(source: BytesSource): AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
  if (tagOf(source) === 'Uint8Array') return [source as Uint8Array];
  if (tagOf(source) === 'ArrayBuffer') return [new Uint8Array(source as ArrayBuffer)];
  const object = Object(source) as object;
  if ('getReader' in object) return piecesOfStream(object as ReadableStream<Uint8Array>);
  if (Symbol.asyncIterator in object) return object as AsyncIterable<Uint8Array>;
  throw notBytes(source);
}

/** The kind of a value, of whatever realm. */
function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1);
}

function notBytes(source: unknown): TypeError {
  return new TypeError(
    `Expected \`load\` to give a Uint8Array, an ArrayBuffer, or pieces that are Uint8Arrays, got ${received(source)}`,
  );
}

/** Not every browser can iterate over a stream. */
async function* piecesOfStream(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const {done, value} = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel();
  }
}
