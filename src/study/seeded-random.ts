import {randomNumbers} from '../math/random-numbers.js';

const BLOCK = 1024;

/**
 * Runs a function while `Math.random`, from which tf.js draws dropout, shuffles and initial weights without a seed,
 * gives numbers determined by a text.
 */
export async function withSeededRandom<T>(text: string, work: () => Promise<T>): Promise<T> {
  const stop = seedRandom(text);
  try {
    return await work();
  } finally {
    stop();
  }
}

/** What `Math.random` gives now, the last one on top; below all, its own numbers. */
const sources: (() => number)[] = [];

/** The same until the returned function is called. Others may have begun, and go on. */
export function seedRandom(text: string): () => void {
  if (sources.length === 0) sources.push(Math.random);
  let block: Float32Array = new Float32Array(0);
  let drawn = 0;
  const source = () => {
    const place = drawn++ % BLOCK;
    if (place === 0) block = randomNumbers(BLOCK, `${text} ${drawn}`);
    return block[place]!;
  };
  sources.push(source);
  Math.random = source;
  return () => {
    sources.splice(sources.lastIndexOf(source), 1);
    Math.random = sources.at(-1)!;
    if (sources.length === 1) sources.pop();
  };
}
