/** The lines that each hearer has heard. */
const heard = new WeakMap<object, Set<string>>();

/**
 * One line on the console, for what is no error and still must not pass in silence: `Owner: sentence.`
 *
 * @param owner who says it: the function or the callback, as a user calls it.
 * @param sentence one or more, without the last full stop.
 */
export function say(owner: string, sentence: string): void {
  // eslint-disable-next-line no-console -- what is left undone throws nothing, and must not pass in silence
  console.warn(lineOf(owner, sentence));
}

/** The same, but to each hearer only once: to a callback, or to a model. */
export function sayOnce(hearer: object, owner: string, sentence: string): void {
  const lines = heard.get(hearer) ?? new Set();
  if (lines.has(lineOf(owner, sentence))) return;
  heard.set(hearer, lines.add(lineOf(owner, sentence)));
  say(owner, sentence);
}

function lineOf(owner: string, sentence: string): string {
  return `${owner}: ${sentence}.`;
}
