/** Names that tell things apart: those of the same name are numbered, `net (1)` and `net (2)`. */
export function distinctNames(names: readonly string[]): string[] {
  const numberAt = (i: number) => names.slice(0, i + 1).filter(name => name === names[i]).length;
  const isAlone = (i: number) => names.indexOf(names[i]!) === names.lastIndexOf(names[i]!);
  return names.map((name, i) => (isAlone(i) ? name : `${name} (${numberAt(i)})`));
}
