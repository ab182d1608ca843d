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

/** Whether the layer of a weight is chosen, by the name of the weight: all are by default. */
export function chosenBy(layers: LayerNames | undefined): (weight: string) => boolean {
  if (layers === undefined) return () => true;
  const names: readonly (string | RegExp)[] = [layers].flat();
  return weight => {
    const path = weight.replace(/\/[^/]*$/, '');
    return names.some(name => (typeof name === 'string' ? path === name : path.search(name) >= 0));
  };
}
