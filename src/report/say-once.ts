const said = new WeakMap<object, Set<string>>();

/** A line on the console, to each hearer once. */
export function sayOnce(hearer: object, line: string): void {
  const lines = said.get(hearer) ?? new Set();
  if (lines.has(line)) return;
  said.set(hearer, lines.add(line));
  // eslint-disable-next-line no-console -- what is left undone throws nothing, and must not pass in silence
  console.warn(line);
}
