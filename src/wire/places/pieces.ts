import type {BytesSource} from './bytes-store.js';

/** Bytes as pieces that arrive one after the other. */
export async function* piecesOf(source: BytesSource): AsyncGenerator<Uint8Array> {
  if (source instanceof Uint8Array) yield source;
  else if (source instanceof ArrayBuffer) yield new Uint8Array(source);
  else if ('getReader' in source) yield* piecesOfStream(source);
  else yield* source;
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
