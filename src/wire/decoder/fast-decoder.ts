import type {LevelShape} from '../coder/level-coder.js';
import {TYPICAL} from '../coder/typical-text.js';
import {CompressedFileError} from '../format/compressed-file-error.js';
import type {Decoder, LevelDecoder, LevelStream, NumberRun, TakeRows} from './decoder.js';
import type {DecoderExports} from './decoder-binary.js';

type Exports = DecoderExports & {readonly memory: WebAssembly.Memory};

const PAGE = 65_536;
/** Bytes of text that are decoded at once. */
const CHUNK = 16_384;
/** Zeros at the end that are left out of the coded bytes. */
const MOST_LEFT_OUT = 16;
const TREE_BYTES = 4 * 4096;
/** What is kept of each column: two densities, mean, least, drift. */
const COLUMN_TABLES = 5;
/** The bytes that the range decoder begins with. */
const FIRST_BYTES = 4;

/** Decodes in the memory of a compiled decoder: behind its tables the coded bytes, then what it needs for them. */
export class FastDecoder implements Decoder {
  readonly #exports: Exports;
  readonly #from: number;

  constructor(exports: Exports) {
    this.#exports = exports;
    this.#from = exports.tablesEnd();
    this.#reach(this.#from);
    exports.startTables();
  }

  text(bits: Uint8Array, length: number): string {
    const {startText, learnText, textRoom, startBits, decodeText, position, memory} = this.#exports;
    const known = new TextEncoder().encode(TYPICAL);
    const end = this.#from + bits.length;
    const tables = aligned(end + CHUNK);
    this.#reach(tables + textRoom(known.length));
    startText(tables);
    this.#put(known);
    learnText(this.#from, known.length);
    this.#put(bits);
    startBits(this.#from, end);
    const utf8 = new TextDecoder();
    let text = '';
    for (let done = 0; done < length; done += CHUNK) {
      const count = Math.min(CHUNK, length - done);
      this.#reach(tables + textRoom(known.length + done + count));
      decodeText(end, count);
      if (position() > end + MOST_LEFT_OUT) throw new CompressedFileError('its text ends too early');
      text += utf8.decode(new Uint8Array(memory.buffer, end, count), {stream: true});
    }
    return text + utf8.decode();
  }

  numbers(bits: Uint8Array, runs: readonly NumberRun[]): Uint32Array<ArrayBuffer>[] {
    const {startBits, decodeNumbers, memory} = this.#exports;
    const end = this.#from + bits.length;
    const tree = aligned(end);
    const to = tree + TREE_BYTES;
    this.#reach(to + 4 * largest(runs, ({count}) => count));
    this.#put(bits);
    startBits(this.#from, end);
    return runs.map(({count, bits: size}) => {
      decodeNumbers(count, size, tree, to);
      return new Uint32Array(memory.buffer, to, count).slice();
    });
  }

  levels(stream: LevelStream): LevelDecoder {
    const {bits, shapes} = stream;
    const columnTables = aligned(this.#from + bits.length);
    const levels = columnTables + COLUMN_TABLES * 4 * largest(shapes, ({columns}) => columns);
    this.#reach(levels + 2 * largest(shapes, ({rows, columns}) => rows * columns));
    return new FastLevels(this.#exports, stream, {from: this.#from, columnTables, levels});
  }

  #put(bytes: Uint8Array): void {
    new Uint8Array(this.#exports.memory.buffer, this.#from).set(bytes);
  }

  /** Makes the memory reach up to an address. */
  #reach(end: number): void {
    const {memory} = this.#exports;
    const missing = end - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
  }
}

interface Places {
  readonly from: number;
  readonly columnTables: number;
  readonly levels: number;
}

/** Decodes one kernel after the other, to the same place. */
class FastLevels implements LevelDecoder {
  readonly #exports: Exports;
  readonly #stream: LevelStream;
  readonly #places: Places;
  #copied = 0;
  #kernel = -1;
  /** How many of the kernel are done. */
  #rows = 0;

  constructor(exports: Exports, stream: LevelStream, places: Places) {
    this.#exports = exports;
    this.#stream = stream;
    this.#places = places;
  }

  decode(available: number, take: TakeRows): void {
    const {bits, rowBytes, shapes} = this.#stream;
    const {from, levels} = this.#places;
    const memory = this.#exports.memory.buffer;
    new Uint8Array(memory, from).set(bits.subarray(this.#copied, available), this.#copied);
    this.#copied = available;
    if (this.#kernel < 0 && available < Math.min(bits.length, FIRST_BYTES)) return;
    if (this.#kernel < 0) this.#start();
    while (this.#kernel < shapes.length) {
      const {rows, columns} = shapes[this.#kernel]!;
      const first = this.#rows;
      this.#rows = this.#exports.decodeRows(from + available, rowBytes);
      take(this.#kernel, new Int16Array(memory, levels + 2 * first * columns, (this.#rows - first) * columns));
      if (this.#rows < rows) break;
      this.#startKernel(this.#kernel + 1);
    }
  }

  #start(): void {
    const {bits, start, shapes} = this.#stream;
    const {density, shift, hasRawSigns, mean} = start;
    const {from, columnTables} = this.#places;
    const most = largest(shapes, ({columns}) => columns);
    const end = from + bits.length;
    this.#exports.startLevels(from, end, density, shift, Number(hasRawSigns), mean, columnTables, most);
    this.#startKernel(0);
  }

  #startKernel(kernel: number): void {
    [this.#kernel, this.#rows] = [kernel, 0];
    const shape = this.#stream.shapes[kernel];
    if (!shape) return;
    const {rows, columns, lags = {near: 0, far: 0}, isLinked}: LevelShape = shape;
    const hasLags = Number(shape.lags !== undefined);
    this.#exports.startLayer(rows, columns, hasLags, lags.near, lags.far, Number(isLinked), this.#places.levels);
  }
}

function aligned(address: number): number {
  return Math.ceil(address / 4) * 4;
}

function largest<T>(list: readonly T[], of: (each: T) => number): number {
  return list.reduce((most, each) => Math.max(most, of(each)), 0);
}
