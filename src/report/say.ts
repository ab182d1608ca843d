/** One line on the console, for what is no error and still must not pass in silence. @param owner who says it. */
export function say(owner: string, line: string): void {
  // eslint-disable-next-line no-console -- less than was asked for throws nothing, and must not pass in silence
  console.warn(`${owner}: ${line}.`);
}
