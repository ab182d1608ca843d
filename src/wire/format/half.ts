import {roundHalfEven} from '../../math/round-half-even.js';

const [FLOAT, BITS] = (() => {
  const buffer = new ArrayBuffer(4);
  return [new Float32Array(buffer), new Uint32Array(buffer)];
})();

const LARGEST = 65504;

/** The bits of a 32-bit float. */
export function bitsOf(value: number): number {
  FLOAT[0] = value;
  return BITS[0]!;
}

/** The 32-bit float of these bits. */
export function floatOf(bits: number): number {
  BITS[0] = bits;
  return FLOAT[0]!;
}

/** The bits of the nearest 16-bit float; ties to even, and infinity beyond 65504. */
export function halfBitsOf(value: number): number {
  const bits = bitsOf(value);
  const sign = (bits >>> 16) & 0x8000;
  const size = Math.abs(value);
  if (Number.isNaN(size)) return sign | 0x7e00;
  if (size >= 65520) return sign | 0x7c00;
  const exponent = Math.max(-14, Math.floor(Math.log2(size)));
  if (size < 2 ** -25) return sign;
  const fraction = roundHalfEven((size / 2 ** exponent) * 1024);
  return sign | (fraction + (exponent + 14) * 1024);
}

/** The value of the bits of a 16-bit float. */
export function valueOfHalf(bits: number): number {
  const [exponent, fraction] = [(bits >>> 10) & 31, bits & 1023];
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

/** The nearest values that 16-bit floats have; undefined if one is beyond them, or no number. */
export function halved(values: Float32Array): Float32Array | undefined {
  if (!values.every(value => Math.abs(value) <= LARGEST)) return undefined;
  return values.map(value => valueOfHalf(halfBitsOf(value)));
}
