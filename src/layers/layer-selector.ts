import {isCallable, isClass, isList, received} from '../options/expect.js';
import {option, type Option} from '../options/option.js';
import type {Layer} from '../tfjs-internals.js';

/**
 * Chooses layers: by name, by a pattern on the name, by a list of these, or by a predicate. The path of a layer in a
 * nested model (`block1/conv`) is matched as well as its plain name.
 */
export type LayerSelector = string | RegExp | readonly (string | RegExp)[] | ((layer: Layer, path: string) => boolean);

/** An option that chooses layers; without it, who reads it says which. */
export function layerSelector(): Option<LayerSelector, undefined> {
  return option(expectSelector<LayerSelector>, undefined);
}

/** A layer and where it is: its name, behind the names of the models that it is nested in. */
export interface PlacedLayer {
  readonly layer: Layer;
  readonly path: string;
  /** The names of the models that it is nested in, each with a slash behind it: `base/`. */
  readonly within: string;
}

/**
 * The candidates that a selector chooses, in their order; all of them without a selector.
 *
 * @param what names the candidates in errors: "layers with prunable weights".
 * @param option names the selector in errors.
 * @throws TypeError where the selector is of no known form; RangeError where it, or a part of it, matches nothing, as
 *     an empty list does.
 */
export function selectLayers<T extends PlacedLayer>(
  candidates: readonly T[],
  selector: LayerSelector | undefined,
  what: string,
  option = 'layers',
): T[] {
  if (expectSelector(option, selector) === undefined) return [...candidates];
  const parts = [selector as LayerSelector].flat() as Part[];
  if (parts.length === 0) throw noMatch(candidates, 'an empty array', what, option);
  const chosen = new Set(parts.flatMap(part => matching(candidates, part, what, option)));
  return candidates.filter(candidate => chosen.has(candidate));
}

/** What a list of them is made of, or a selector that is none. */
type Part = Exclude<LayerSelector, readonly unknown[]>;

/**
 * Expects a selector of a known form, where there are no layers yet that it could match.
 *
 * @throws TypeError where it, or an element of its list, is of another form.
 */
export function expectSelector<T extends LayerSelector | undefined>(option: string, selector: T): T {
  if (selector === undefined) return selector;
  const parts: unknown[] = isList(selector) ? [...(selector as readonly unknown[])] : [selector];
  const wrong = parts.findIndex(part => !isPart(part));
  if (wrong < 0) return selector;
  throw new TypeError(
    `Expected \`${option}\` to be a name, a RegExp, an array of these, or a function, got ${described(parts[wrong])}` +
      (parts.length > 1 ? ` at index ${wrong}` : ''),
  );
}

function isPart(part: unknown): boolean {
  return (typeof part === 'string' && part !== '') || isCallable(part) || part instanceof RegExp;
}

/** Layers of a class are chosen by a function that looks at them. */
function described(part: unknown): string {
  const hint = isClass(part) ? "; for the layers of a class use layer => layer.getClassName() === 'Dense'" : '';
  return received(part) + hint;
}

function matching<T extends PlacedLayer>(candidates: readonly T[], part: Part, what: string, option: string): T[] {
  const matches = matcher(part, option);
  const found = candidates.filter(candidate => matches(candidate));
  if (found.length > 0) return found;
  // In `fit` a Sequential that begins with a model shows that model's layers as its own: the path has lost its
  // beginning.
  const shortened = candidates.filter(({path}) => typeof part === 'string' && part.endsWith(`/${path}`));
  if (shortened.length > 0) return shortened;
  throw noMatch(candidates, describe(part), what, option);
}

function noMatch(candidates: readonly PlacedLayer[], selector: string, what: string, option: string): RangeError {
  return new RangeError(
    `Expected \`${option}\` to match at least one of the ${what}, but ${selector} matches none; ` +
      `there ${candidates.length === 1 ? 'is' : 'are'} ${candidates.map(({path}) => `"${path}"`).join(', ') || 'none'}`,
  );
}

function matcher(part: Part, option: string): (candidate: PlacedLayer) => boolean {
  if (typeof part === 'string') return ({layer, path}) => layer.name === part || path === part;
  if (typeof part === 'function') return ({layer, path}) => expectAnswer(option, part(layer, path));
  return ({layer, path}) => layer.name.search(part) >= 0 || path.search(part) >= 0;
}

/** A promise or a generator counts as true, whatever comes of it. */
function expectAnswer(option: string, answer: unknown): boolean {
  const {then, next} = Object(answer) as {then?: unknown; next?: unknown};
  if (typeof then !== 'function' && typeof next !== 'function') return Boolean(answer);
  throw new TypeError(`Expected the function of \`${option}\` to return true or false, got ${received(answer)}`);
}

function describe(part: string | RegExp | object): string {
  if (typeof part === 'string') return `"${part}"`;
  return part instanceof RegExp ? String(part) : 'the function';
}
