import {expectSparsity, isList, isPlainObject, received} from '../options/expect.js';
import type {LayerScores} from '../structures/structure.js';
import type {Allocation} from './allocation.js';
import {expectLimits, type LayerLimits} from './limits.js';
import {pruneInProportion} from './proportional.js';

/**
 * A sparsity for each layer name (`conv1`, in a nested model `base/conv1`), weight name (`lstm/recurrent_kernel`) or
 * nested model. As pairs also for patterns of weight names.
 */
export type LayerSparsities = Readonly<Record<string, number>> | readonly (readonly [string | RegExp, number])[];

/** Options of {@link perLayer}. */
export interface PerLayerArgs extends LayerLimits {
  /** The sparsity of all layers that are not named. Defaults to 0: they are not pruned. */
  default?: number;
}

/**
 * Gives each layer a sparsity of its own, by its name.
 *
 * The sparsity of a schedule or of one shot is that of the sparsest layers; all others keep their proportion to it.
 * With a schedule that ends at the largest of the values, each layer ends at its own value, and has half of it half
 * way:
 *
 *     s_layer = s * value_layer / max(values)
 *
 * If several entries match a weight, the first one counts. What a limit keeps in one layer is pruned in the others, in
 * the same proportions.
 *
 * @param sparsities each in [0, 1), at least one above 0.
 * @throws TypeError or RangeError if a value is no sparsity, none is above 0, or an option is wrong; from the update a
 *     RangeError if a name matches none of the pruned weights, or the limits leave too little to prune.
 *
 * @example
 * await pruneOnce(model, {sparsity: 0.9, allocation: perLayer({conv1: 0.5, hidden: 0.9})}); // conv1 50 %, hidden 90 %
 * perLayer([[/^block\d+_conv/, 0.8], ['head', 0.3]], {default: 0.5});
 */
export function perLayer(sparsities: LayerSparsities, args: PerLayerArgs = {}): Allocation {
  const {default: others = 0, ...limits} = expectLimits('perLayer', args, ['default']);
  const entries = entriesOf(sparsities);
  const largest = Math.max(expectSparsity('default', others), ...entries.map(([, value]) => value));
  if (largest === 0) throw new RangeError('Expected perLayer to give at least one layer a sparsity above 0');
  return (layers, sparsity) => {
    const known = entries.map(([key, value]) => [expectMatch(key, layers), value] as const);
    const values = layers.map(({name}) => known.find(([key]) => matches(key, name))?.[1] ?? others);
    return pruneInProportion(
      layers,
      // At the largest each layer gets its own value, without the rounding of a product.
      values.map(value => (sparsity === largest ? value : sparsity * (value / largest))),
      limits,
    );
  };
}

/** The pairs of name or pattern and sparsity, each checked. */
export function entriesOf(sparsities: LayerSparsities, owner = 'perLayer'): [string | RegExp, number][] {
  if (!isList(sparsities) && !isPlainObject(sparsities)) {
    throw new TypeError(`Expected ${owner} to get {name: sparsity}, or pairs of these, got ${received(sparsities)}`);
  }
  const entries = isList(sparsities)
    ? [...(sparsities as readonly (readonly [string | RegExp, number])[])]
    : Object.entries(sparsities as Readonly<Record<string, number>>);
  return entries.map(entry => {
    if (!isList(entry)) throw new TypeError(`Expected ${owner} to get pairs [name, sparsity], got ${received(entry)}`);
    const [key, value] = entry;
    if (typeof key !== 'string' && !(key instanceof RegExp)) {
      throw new TypeError(`Expected ${owner} to get names and patterns, got ${received(key)}`);
    }
    return [key, expectSparsity(`perLayer's value for ${shown(key)}`, value)];
  });
}

/** The key in the form in which it matches the layers. */
function expectMatch(key: string | RegExp, layers: readonly LayerScores[]): string | RegExp {
  // In `fit` a Sequential that begins with a model shows that model's layers as its own: their names lack the
  // beginning.
  const found = withoutBeginnings(key).find(known => layers.some(({name}) => matches(known, name)));
  if (found !== undefined) return found;
  const names = layers.map(({name}) => `"${name}"`).join(', ');
  throw new RangeError(
    `Expected perLayer to name layers that are pruned, but ${shown(key)} matches none; there are ${names || 'none'}`,
  );
}

/** `a/b/c`, `b/c`, `c`. */
function withoutBeginnings(key: string | RegExp): (string | RegExp)[] {
  if (typeof key !== 'string') return [key];
  const parts = key.split('/');
  return parts.map((_, i) => parts.slice(i).join('/'));
}

function matches(key: string | RegExp, name: string): boolean {
  if (typeof key !== 'string') return name.search(key) >= 0;
  return name === key || name.startsWith(`${key}/`);
}

function shown(key: string | RegExp): string {
  return typeof key === 'string' ? `"${key}"` : String(key);
}
