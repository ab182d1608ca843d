/** A name that tf.js makes up: the kind of a layer, and a number that counts such layers in the process. */
const MADE_UP = /^([a-z0-9_]+_[A-Z][A-Za-z0-9]*?|input|model|functional|sequential_)(\d+)((?:_[a-z]+)*)$/;

/**
 * Returns a function that renames layers and weights (`block/dense_Dense7/kernel`) so that two models made by the same
 * code can be compared: it renumbers the names that tf.js made up in order of first appearance.
 */
export function renumbering(): (name: string) => string {
  const known = new Map<string, string>();
  const counts = new Map<string, number>();
  const renamed = (part: string): string => {
    const [, kind, number, rest = ''] = MADE_UP.exec(part) ?? [];
    if (kind === undefined || number === undefined) return part;
    if (!known.has(kind + number)) {
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
      known.set(kind + number, `${kind}${counts.get(kind)}`);
    }
    return known.get(kind + number)! + rest;
  };
  return name => name.split('/').map(renamed).join('/');
}
