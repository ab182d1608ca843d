/** Where bytes are kept: a store of your own for `compressed`. */
export interface BytesStore {
  /**
   * Keeps the bytes, in place of those of before.
   *
   * @param bytes a whole file.
   */
  save?(bytes: Uint8Array<ArrayBuffer>): Promise<void> | void;
  /** Gives the bytes, at once or piece by piece. */
  load?(): Promise<BytesSource> | BytesSource;
}

/** Bytes, or pieces of them that arrive one after the other. */
export type BytesSource = Uint8Array | ArrayBuffer | AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>;
