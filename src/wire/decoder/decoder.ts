import type {Outline} from '../coder/outline.js';

/** Numbers of a file: how many there are, and of how many bits. */
export interface NumberRun {
  readonly count: number;
  readonly bits: 16 | 32;
}

/** The coded levels of a file. */
export interface LevelStream extends Outline {
  /** All bytes; those behind what is available are not there yet. */
  readonly bits: Uint8Array;
  /** How many bytes a row takes at most. */
  readonly rowBytes: number;
}

/** Takes whole rows of a kernel, one call after the other. The levels belong to the decoder. */
export type TakeRows = (kernel: number, levels: Int16Array) => void;

/** Decodes levels while their bytes arrive. */
export interface LevelDecoder {
  /** Decodes what the bytes up to `available` suffice for. */
  decode(available: number, take: TakeRows): void;
}

/** Decodes the parts of a file, one after the other. */
export interface Decoder {
  /** @param length in bytes. @throws CompressedFileError if there is not so much. */
  text(bits: Uint8Array, length: number): string;
  /** The bits of numbers. */
  numbers(bits: Uint8Array, runs: readonly NumberRun[]): Uint32Array<ArrayBuffer>[];
  levels(stream: LevelStream): LevelDecoder;
}
