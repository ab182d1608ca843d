import {randomNumbers} from '../math/random-numbers.js';

const BLOCK = 1024;

/**
 * Runs a function while `Math.random`, from which tf.js draws dropout, shuffles and initial weights without a seed,
 * gives numbers determined by a text.
 */
export async function withSeededRandom<T>(text: string, work: () => Promise<T>): Promise<T> {
  const before = Math.random;
  let block: Float32Array = new Float32Array(0);
  let drawn = 0;
  Math.random = () => {
    const place = drawn++ % BLOCK;
    if (place === 0) block = randomNumbers(BLOCK, `${text} ${drawn}`);
    return block[place]!;
  };
  try {
    return await work();
  } finally {
    Math.random = before;
  }
}
