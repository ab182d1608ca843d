import {bytesOfHex} from '../../math/bytes-of-hex.js';
import type {LevelShape} from '../coder/level-coder.js';
import {decodeLevels, type Outline} from '../coder/coded-levels.js';
import {DECODER_BINARY, type CompiledDecoder} from './decoder-binary.js';

/** Decodes levels while their bytes arrive. */
export interface LevelDecoder {
  /** Decodes what the bytes up to `available` suffice for, and returns the kernels that are complete with it. */
  decode(available: number): Int16Array[];
}

/** The coded levels of a file. */
export interface LevelStream extends Outline {
  /** All bytes; those behind what is available are not there yet. */
  readonly bits: Uint8Array;
  /** How many bytes a row takes at most. */
  readonly rowBytes: number;
}

/** The compiled decoder, or its twin in JavaScript where a page forbids compilation. */
export function levelDecoder(stream: LevelStream): LevelDecoder {
  const decoder = compiledDecoder();
  return decoder ? new FastDecoder(decoder, stream) : new PlainDecoder(stream);
}

/** Waits for all bytes. */
export class PlainDecoder implements LevelDecoder {
  readonly #stream: LevelStream;

  constructor(stream: LevelStream) {
    this.#stream = stream;
  }

  decode(available: number): Int16Array[] {
    return available < this.#stream.bits.length ? [] : decodeLevels(this.#stream.bits, this.#stream);
  }
}

const PAGE = 65536;
/** What is kept of each column: two densities, mean, least, drift. */
const COLUMN_TABLES = 5;

type Decoder = CompiledDecoder & {readonly memory: WebAssembly.Memory};

/** Decodes in a memory of its own: tables, the bytes, what is known of each column, the levels of one kernel. */
export class FastDecoder implements LevelDecoder {
  readonly #decoder: Decoder;
  readonly #stream: LevelStream;
  readonly #from: number;
  readonly #columnTables: number;
  readonly #levels: number;
  #copied = 0;
  #kernel = -1;

  constructor(decoder: Decoder, stream: LevelStream) {
    const {bits, shapes} = stream;
    const most = (of: (shape: LevelShape) => number) => shapes.reduce((max, shape) => Math.max(max, of(shape)), 0);
    this.#decoder = decoder;
    this.#stream = stream;
    this.#from = decoder.tablesEnd();
    this.#columnTables = Math.ceil((this.#from + bits.length) / 4) * 4;
    this.#levels = this.#columnTables + COLUMN_TABLES * 4 * most(({columns}) => columns);
    const end = this.#levels + 2 * most(({rows, columns}) => rows * columns);
    const missing = end - decoder.memory.buffer.byteLength;
    if (missing > 0) decoder.memory.grow(Math.ceil(missing / PAGE));
  }

  decode(available: number): Int16Array[] {
    const {bits, rowBytes, shapes} = this.#stream;
    const memory = this.#decoder.memory.buffer;
    new Uint8Array(memory, this.#from).set(bits.subarray(this.#copied, available), this.#copied);
    this.#copied = available;
    if (this.#kernel < 0 && available < Math.min(bits.length, FIRST_BYTES)) return [];
    if (this.#kernel < 0) this.#start();
    const done: Int16Array[] = [];
    for (; this.#kernel < shapes.length; this.#kernel++) {
      const {rows, columns} = shapes[this.#kernel]!;
      if (this.#decoder.decodeRows(this.#from + available, rowBytes) < rows) break;
      done.push(new Int16Array(memory, this.#levels, rows * columns).slice());
      this.#startKernel(this.#kernel + 1);
    }
    return done;
  }

  #start(): void {
    const {bits, start, shapes} = this.#stream;
    const {density, shift, hasRawSigns, mean} = start;
    const most = shapes.reduce((max, {columns}) => Math.max(max, columns), 0);
    const from = this.#from;
    this.#decoder.start(from, from + bits.length, density, shift, Number(hasRawSigns), mean, this.#columnTables, most);
    this.#kernel = 0;
    this.#startKernel(0);
  }

  #startKernel(kernel: number): void {
    const shape = this.#stream.shapes[kernel];
    if (!shape) return;
    const {rows, columns, lags = {near: 0, far: 0}, isLinked} = shape;
    const hasLags = Number(shape.lags !== undefined);
    this.#decoder.startLayer(rows, columns, hasLags, lags.near, lags.far, Number(isLinked), this.#levels);
  }
}

/** The bytes that the range decoder begins with. */
const FIRST_BYTES = 4;

/** A new instance, with a memory of its own. Undefined where a page forbids compilation. */
function compiledDecoder(): Decoder | undefined {
  if (typeof WebAssembly === 'undefined') return undefined;
  try {
    const module = new WebAssembly.Module(bytesOfHex(DECODER_BINARY));
    return new WebAssembly.Instance(module).exports as unknown as Decoder;
  } catch (error) {
    // A RangeError: Chromium before version 115 compiles no more than 4 kB at once in a page.
    if ([WebAssembly.CompileError, EvalError, RangeError].some(kind => error instanceof kind)) return undefined;
    throw error;
  }
}
