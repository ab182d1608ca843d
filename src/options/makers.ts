const makers = new WeakSet<object>();

/**
 * Notes functions that make what an option takes, as `filters` makes a structure. What they make is a function, too, so
 * that nothing else tells `structure: filters` from `structure: filters()` before a fit calls it.
 */
export function noteMakers(...functions: readonly object[]): void {
  functions.forEach(maker => makers.add(maker));
}

/** Whether a value is a noted maker, which was meant to be called. */
export function isMaker(value: unknown): boolean {
  return typeof value === 'function' && makers.has(value);
}

/** The end of an error about a function that was handed over uncalled: `; call it: filters()`. */
export function callIt(maker: unknown): string {
  const {name, length} = maker as {name: unknown; length: number};
  if (typeof name !== 'string' || name === '') return '; call it, where that is what makes one';
  return `; call it: ${name}(${length > 0 ? '...' : ''})`;
}
