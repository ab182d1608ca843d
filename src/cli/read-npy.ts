import {sizeOf} from '../math/size-of.js';
import {valueOfHalf} from '../wire/format/half.js';
import {MOST_DIMENSIONS, MOST_VALUES, type NumberArray} from './number-array.js';

/** `\x93NUMPY` */
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** How many bytes a value has, and what it is. */
const KINDS: Readonly<
  Record<string, [bytes: number, read: (view: DataView, at: number, isLittle: boolean) => number]>
> = {
  b1: [1, (view, at) => view.getUint8(at)],
  u1: [1, (view, at) => view.getUint8(at)],
  i1: [1, (view, at) => view.getInt8(at)],
  u2: [2, (view, at, isLittle) => view.getUint16(at, isLittle)],
  i2: [2, (view, at, isLittle) => view.getInt16(at, isLittle)],
  u4: [4, (view, at, isLittle) => view.getUint32(at, isLittle)],
  i4: [4, (view, at, isLittle) => view.getInt32(at, isLittle)],
  u8: [8, (view, at, isLittle) => Number(view.getBigUint64(at, isLittle))],
  i8: [8, (view, at, isLittle) => Number(view.getBigInt64(at, isLittle))],
  f2: [2, (view, at, isLittle) => valueOfHalf(view.getUint16(at, isLittle))],
  f4: [4, (view, at, isLittle) => view.getFloat32(at, isLittle)],
  f8: [8, (view, at, isLittle) => view.getFloat64(at, isLittle)],
};

/** Whether bytes begin as a .npy file. */
export function isNpy(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, i) => bytes[i] === byte);
}

/**
 * Reads an array that numpy saved: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html. Pickled
 * objects are not read.
 *
 * @param what names the file in errors.
 * @throws RangeError or TypeError if it is truncated, or holds something else than numbers.
 */
export function readNpy(bytes: Uint8Array, what: string): NumberArray {
  if (!isNpy(bytes)) throw new TypeError(`Expected ${what} to be a .npy file, but it does not begin as one`);
  const {text, start} = headerOf(bytes, what);
  const {bytesEach, read, isLittle} = kindOf(fieldOf(/'descr':\s*'([<>|=])?([a-zA-Z]\d+)'/, text, 'descr', what), what);
  const isColumnMajor = fieldOf(/'fortran_order':\s*(True|False)/, text, 'fortran_order', what)[1] === 'True';
  const shape = shapeIn(fieldOf(/'shape':\s*\(([\dL,\s]*)\)/, text, 'shape', what)[1]!, what);
  const [length, view] = [sizeOf(shape), new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)];
  if (bytes.length - start !== length * bytesEach) {
    throw new RangeError(
      `Expected ${what} to have ${length * bytesEach} bytes of values for its shape [${shape.join()}], got ` +
        `${bytes.length - start}; it is damaged`,
    );
  }
  const values = Float32Array.from({length}, (_, i) => read(view, start + i * bytesEach, isLittle));
  return {shape, values: isColumnMajor ? rowMajor(values, shape) : values};
}

function headerOf(bytes: Uint8Array, what: string): {text: string; start: number} {
  const version = bytes[6] ?? 0;
  const isLong = version > 1;
  const start = isLong ? 12 : 10;
  if (version < 1 || version > 3 || bytes.length < start) throw noHeader(what);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = isLong ? view.getUint32(8, true) : view.getUint16(8, true);
  if (start + length > bytes.length) throw noHeader(what);
  return {text: new TextDecoder().decode(bytes.subarray(start, start + length)), start: start + length};
}

function fieldOf(pattern: RegExp, text: string, name: string, what: string): RegExpExecArray {
  const found = pattern.exec(text);
  if (found) return found;
  const given = new RegExp(`'${name}':\\s*(.{1,40})`).exec(text)?.[1];
  if (given === undefined) throw noHeader(what);
  throw new TypeError(`Expected ${what} to hold an array of numbers, but its ${name} is ${given}`);
}

function noHeader(what: string): TypeError {
  return new TypeError(`Expected ${what} to have the header of a .npy file of version 1 to 3; it is damaged`);
}

function kindOf([, order = '<', type = '']: RegExpExecArray, what: string) {
  const [bytesEach, read] = KINDS[type] ?? [];
  if (read) return {bytesEach: bytesEach!, read, isLittle: order !== '>'};
  throw new TypeError(
    `Expected ${what} to hold numbers or booleans, but its values are ${type}; convert it: array.astype('float32')`,
  );
}

function shapeIn(text: string, what: string): number[] {
  const sizes = text.split(',').map(part => part.trim().replace(/L$/, ''));
  const shape = sizes.filter(part => part !== '').map(Number);
  if (shape.length <= MOST_DIMENSIONS && sizeOf(shape) <= MOST_VALUES) return shape;
  throw new RangeError(`Expected ${what} to hold an array that fits into memory, but its shape is (${text})`);
}

/** Values in the order of Fortran, whose first index runs fastest, in that of C. */
function rowMajor(values: Float32Array, shape: readonly number[]): Float32Array {
  const steps = shape.map((_, axis) => sizeOf(shape.slice(0, axis)));
  return values.map((_, i) => {
    let [rest, from] = [i, 0];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += (rest % shape[axis]!) * steps[axis]!;
      rest = Math.floor(rest / shape[axis]!);
    }
    return values[from]!;
  });
}
