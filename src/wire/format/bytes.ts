import {CompressedFileError} from './compressed-file-error.js';

/** Writes numbers of varying length and bytes one behind the other. */
export class ByteWriter {
  readonly #parts: Uint8Array[] = [];

  /** A whole number >= 0: seven bits a byte, the lowest first. */
  number(value: number): void {
    const bytes: number[] = [];
    let rest = value;
    for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
    this.bytes(Uint8Array.of(...bytes, rest));
  }

  bytes(bytes: Uint8Array): void {
    this.#parts.push(bytes);
  }

  /** All of it. */
  finish(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.#parts.reduce((sum, {length}) => sum + length, 0));
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }
}

/** Reads what a {@link ByteWriter} wrote, and never beyond its end. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** @param most what it may be. @throws CompressedFileError if it is more, or the bytes end. */
  number(what: string, most: number): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.bytes(what, 1)[0]!;
      value += factor * (byte & 127);
      if (value > most || factor > most * 128) {
        throw new CompressedFileError(`${what} is ${value}, more than ${most}`);
      }
      if (byte < 128) return value;
    }
  }

  /** @throws CompressedFileError if the bytes end. */
  bytes(what: string, length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) {
      throw new CompressedFileError(`it ends after ${this.#bytes.length} bytes, in ${what}`);
    }
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }

  /** @throws CompressedFileError if bytes are left. */
  expectEnd(what: string): void {
    const left = this.#bytes.length - this.#at;
    if (left > 0) throw new CompressedFileError(`${left} bytes follow ${what}`);
  }

  /** How many bytes are read. */
  get position(): number {
    return this.#at;
  }
}
