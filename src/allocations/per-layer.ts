import {expectSparsity, isList, isPlainObject, received} from '../options/expect.js';
import {noteMakers} from '../options/makers.js';
import {sparsity} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import type {LayerScores} from '../structures/structure.js';
import type {Allocation} from './allocation.js';
import {LIMITS} from './limits.js';
import {pruneInProportion} from './proportional.js';

/**
 * A sparsity for each layer name (`conv1`, in a nested model `base/conv1`), weight name (`lstm/recurrent_kernel`) or
 * nested model; or pairs, which also allow patterns on weight names.
 */
export type LayerSparsities = Readonly<Record<string, number>> | readonly (readonly [string | RegExp, number])[];

const OPTIONS = {
  /** The sparsity of all layers that are not named. Defaults to 0: they stay dense. */
  default: sparsity(0),
};

/** Options of {@link perLayer}. */
export type PerLayerArgs = Args<typeof OPTIONS & typeof LIMITS>;

/**
 * A sparsity for each layer by name, in the given proportions.
 *
 * The target sparsity, of a schedule or of one shot, applies to the sparsest layers; all others keep their proportion
 * to it. With a schedule that ends at the largest value, each layer ends at its own value:
 *
 *     s_layer = s * value_layer / max(values)
 *
 * If several entries match a weight, the first one counts. Where a limit protects groups, other layers lose more, in
 * the same proportions.
 *
 * @param sparsities each in [0, 1), at least one above 0.
 * @throws TypeError or RangeError if a value is not a sparsity, none is above 0, or an option is wrong; RangeError, at
 *     an update, if a name matches none of the pruned weights, or the limits leave too little to prune.
 *
 * @example
 * await pruneOnce(model, {sparsity: 0.9, allocation: perLayer({conv1: 0.5, hidden: 0.9})}); // conv1 50 %, hidden 90 %
 * perLayer([[/^block\d+_conv/, 0.8], ['head', 0.3]], {default: 0.5});
 */
export function perLayer(sparsities: LayerSparsities, args: PerLayerArgs = {}): Allocation {
  const {default: others, ...limits} = read('perLayer', args, {...OPTIONS, ...LIMITS});
  const entries = entriesOf(sparsities, WORDING);
  const largest = Math.max(others, ...entries.map(([, value]) => value));
  if (largest === 0) throw new RangeError('Expected perLayer to give at least one layer a sparsity above 0');
  return (layers, sparsity) =>
    pruneInProportion(
      layers,
      // At the largest, each layer gets exactly its own value: the product would round.
      valuesByName(layers, entries, others, WORDING.owner).map(value =>
        sparsity === largest ? value : sparsity * (value / largest),
      ),
      limits,
    );
}

noteMakers(perLayer);

/** How errors speak of what the user gave. */
export interface EntriesWording {
  readonly owner: string;
  /** What the values are. */
  readonly what: string;
  /** The name of one value, as options are named. */
  readonly valueOf: (key: string) => string;
}

const WORDING: EntriesWording = {owner: 'perLayer', what: 'sparsity', valueOf: key => `perLayer's value for ${key}`};

/** Pairs of name or pattern and sparsity, each checked. */
export function entriesOf(
  sparsities: LayerSparsities,
  {owner, what, valueOf}: EntriesWording,
): (readonly [string | RegExp, number])[] {
  if (!isList(sparsities) && !isPlainObject(sparsities)) {
    throw new TypeError(
      `Expected ${owner} to get {name: ${what}} or pairs [name, ${what}], got ${received(sparsities)}`,
    );
  }
  const entries = isList(sparsities)
    ? [...(sparsities as readonly (readonly [string | RegExp, number])[])]
    : Object.entries(sparsities as Readonly<Record<string, number>>);
  return entries.map(entry => {
    if (!isList(entry)) throw new TypeError(`Expected ${owner} to get pairs [name, ${what}], got ${received(entry)}`);
    const [key, value] = entry;
    if (typeof key !== 'string' && !(key instanceof RegExp)) {
      throw new TypeError(`Expected ${owner} to get names and patterns, got ${received(key)}`);
    }
    return [key, expectSparsity(valueOf(shown(key)), value)];
  });
}

/**
 * The value of each layer: of the first entry that matches its name, or that of all others.
 *
 * @throws RangeError if an entry matches no layer.
 */
export function valuesByName(
  layers: readonly LayerScores[],
  entries: readonly (readonly [string | RegExp, number])[],
  others: number,
  owner: string,
): number[] {
  const known = entries.map(([key, value]) => [expectMatch(owner, key, layers), value] as const);
  return layers.map(({name}) => known.find(([key]) => matches(key, name))?.[1] ?? others);
}

/** The key as it matches the layers' names. */
function expectMatch(owner: string, key: string | RegExp, layers: readonly LayerScores[]): string | RegExp {
  // In `fit`, a Sequential that begins with a model shows that model's layers as its own: their names lack the
  // beginning.
  const found = withoutBeginnings(key).find(known => layers.some(({name}) => matches(known, name)));
  if (found !== undefined) return found;
  const names = layers.map(({name}) => `"${name}"`).join(', ');
  throw new RangeError(
    `Expected ${owner} to name layers that are pruned, but ${shown(key)} matches none; there are ${names || 'none'}`,
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
