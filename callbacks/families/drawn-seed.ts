/** A seed for those who give none. */
export function drawnSeed(): number {
  return Math.floor(Math.random() * 2 ** 31);
}
