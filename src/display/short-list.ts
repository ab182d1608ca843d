/** Joins as many names as fit into a number of characters, at least one, and says how many more there are. */
export function shortList(names: readonly string[], separator: string, most = 32): string {
  const fits = (count: number) => names.slice(0, count).join(separator).length <= most;
  let shown = names.length;
  while (shown > 1 && !fits(shown)) shown--;
  const list = names.slice(0, shown).join(separator);
  return shown < names.length ? `${list} + ${names.length - shown} more` : list;
}
