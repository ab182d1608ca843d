import {received} from '../options/expect.js';

/** Chooses weights by the name of their layer. */
export type LayerNames = string | RegExp | readonly (string | RegExp)[];

/** @throws TypeError unless it is a name, a RegExp or a list of these. */
export function expectNames(name: string, layers: LayerNames): LayerNames {
  const parts: unknown[] = [layers].flat();
  const isRight = (part: unknown) => (typeof part === 'string' && part !== '') || part instanceof RegExp;
  if (parts.length > 0 && parts.every(isRight)) return layers;
  throw new TypeError(`Expected \`${name}\` to be a name, a RegExp or a list of these, got ${received(layers)}`);
}

/**
 * Whether the layer of a weight is chosen, by the name of the weight: all are by default.
 *
 * @param weights the names of all weights that could be.
 * @throws RangeError if a name or RegExp chooses none of them.
 */
export function chosenBy(layers: LayerNames | undefined, weights: readonly string[]): (weight: string) => boolean {
  if (layers === undefined) return () => true;
  const names: readonly (string | RegExp)[] = [layers].flat();
  const unmatched = names.find(name => !weights.some(weight => isNamed(name, weight)));
  if (unmatched === undefined) return weight => names.some(name => isNamed(name, weight));
  const known = [...new Set(weights.map(layerOf))].map(layer => `"${layer}"`);
  throw new RangeError(
    `Expected \`layers\` to name layers with kernels, ${known.join(', ')}, got ${received(unmatched)}`,
  );
}

function isNamed(name: string | RegExp, weight: string): boolean {
  return typeof name === 'string' ? layerOf(weight) === name : layerOf(weight).search(name) >= 0;
}

/** `conv1` of `conv1/kernel`. */
function layerOf(weight: string): string {
  return weight.replace(/\/[^/]*$/, '');
}
