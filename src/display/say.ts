/** The lines already said to each subject. */
const said = new WeakMap<object, Set<string>>();

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

/** Like {@link say}, but only once for each subject: a callback or a model. */
export function sayOnce(subject: object, owner: string, sentence: string): void {
  const lines = said.get(subject) ?? new Set();
  if (lines.has(lineOf(owner, sentence))) return;
  said.set(subject, lines.add(lineOf(owner, sentence)));
  say(owner, sentence);
}

function lineOf(owner: string, sentence: string): string {
  return `${owner}: ${sentence}.`;
}
