/** A configuration with its names in camelCase, in which tf.js has them in memory; files have underscores. */
export function inCamelCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inCamelCase);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [camelCase(key), inCamelCase(inner)]));
}

function camelCase(name: string): string {
  return name.replace(/_+(\w|$)/g, (_, first: string) => first.toUpperCase());
}
