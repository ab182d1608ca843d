/** Writes a line to the output. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Prints what a command found: as JSON, in which a number that is not known is null, or as a text. */
export function printFound(found: object, text: () => string, isJson = false): void {
  print(isJson ? JSON.stringify(found, null, 2) : text());
}
