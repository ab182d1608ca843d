/** The lines already said to each hearer. */
const heard = new WeakMap<object, Set<string>>();

/**
 * Prints a line on the console for something that is not an error, but that the user must know: `Owner: sentence.`
 *
 * @param owner the function or callback, by its public name.
 * @param sentence one or more sentences, without the last full stop.
 */
export function say(owner: string, sentence: string): void {
  // eslint-disable-next-line no-console -- the user must know what is left undone, though nothing throws
  console.warn(lineOf(owner, sentence));
}

/** Like {@link say}, but only once for each hearer: a callback or a model. */
export function sayOnce(hearer: object, owner: string, sentence: string): void {
  const lines = heard.get(hearer) ?? new Set();
  if (lines.has(lineOf(owner, sentence))) return;
  heard.set(hearer, lines.add(lineOf(owner, sentence)));
  say(owner, sentence);
}

function lineOf(owner: string, sentence: string): string {
  return `${owner}: ${sentence}.`;
}
