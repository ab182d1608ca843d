const {imul} = Math;
const FNV_BASIS = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
/** A single-precision number in [0, 1) holds 24 random bits. */
const BITS = 24;

/**
 * Uniform random numbers in [0, 1), determined by a text: a counter is mixed (lowbias32) with the hash of the text
 * (FNV-1a), and once more with the mixed hash, so that different texts give different sequences.
 */
export function randomNumbers(count: number, text: string): Float32Array {
  const hash = hashOf(text);
  const key = mix(hash);
  const numbers = new Float32Array(count);
  for (let i = 0; i < count; i++) numbers[i] = (mix(mix(i ^ hash) + key) >>> (32 - BITS)) / 2 ** BITS;
  return numbers;
}

/** The hash of a text (FNV-1a): a signed 32-bit integer. */
export function hashOf(text: string): number {
  let hash = FNV_BASIS;
  for (let i = 0; i < text.length; i++) hash = imul(hash ^ text.charCodeAt(i), FNV_PRIME);
  return hash;
}

/** Normally distributed random numbers of mean 0 and deviation 1, determined by a text (Box-Muller). */
export function normalNumbers(count: number, text: string): Float32Array {
  const [radii, angles] = [randomNumbers(count, `${text} radii`), randomNumbers(count, `${text} angles`)];
  return radii.map((u, i) => Math.sqrt(-2 * Math.log(1 - u)) * Math.cos(2 * Math.PI * angles[i]!));
}

/** A seed for callers who give none. */
export function drawnSeed(): number {
  return Math.floor(Math.random() * 2 ** 31);
}

function mix(word: number): number {
  let mixed = imul(word ^ (word >>> 16), 0x7feb352d);
  mixed = imul(mixed ^ (mixed >>> 15), 0x846ca68b);
  return mixed ^ (mixed >>> 16);
}
