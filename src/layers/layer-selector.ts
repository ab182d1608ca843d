import {isCallable, isClass, isList, received} from '../options/expect.js';
import {option, type Option} from '../options/option.js';
import type {Layer} from '../tfjs-internals.js';

/**
 * Chooses layers: by name, by a pattern on the name, by a list of these, or by a predicate. The path of a layer in a
 * nested model (`block1/conv`) is matched as well as its plain name.
 */
export type LayerSelector = string | RegExp | readonly (string | RegExp)[] | ((layer: Layer, path: string) => boolean);

/** An option that chooses layers; each function says which ones by default. */
export function layerSelector(): Option<LayerSelector, undefined> {
  return option(expectSelector<LayerSelector>, undefined);
}

/** A layer and its path: its name after those of the models it is nested in, such as `base/conv1`. */
export interface PlacedLayer {
  readonly layer: Layer;
  readonly path: string;
  /** The names of the models that it is nested in, each followed by a slash: `base/`. */
  readonly within: string;
}

/**
 * The candidates that a selector chooses, in their order; without a selector all of them.
 *
 * @param what names the candidates in errors: "layers with prunable weights".
 * @param option names the selector in errors.
 * @throws TypeError if the selector has a wrong form; RangeError if it, or an element of its list, matches nothing, or
 *     the list is empty.
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

/** An element of a list, or a selector that is no list. */
type Part = Exclude<LayerSelector, readonly unknown[]>;

/**
 * Checks the form of a selector before there are layers that it could match.
 *
 * @throws TypeError if it, or an element of its list, has another form.
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

/** What came instead of a selector; for a class, with a hint how to choose its layers. */
function described(part: unknown): string {
  const hint = isClass(part) ? "; for the layers of a class use layer => layer.getClassName() === 'Dense'" : '';
  return received(part) + hint;
}

function matching<T extends PlacedLayer>(candidates: readonly T[], part: Part, what: string, option: string): T[] {
  const matches = matcher(part, option);
  const found = candidates.filter(candidate => matches(candidate));
  if (found.length > 0) return found;
  // In `fit`, a Sequential that begins with a model shows that model's layers as its own: their paths lack the
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

/** A promise or a generator is truthy whatever it resolves to. */
function expectAnswer(option: string, answer: unknown): boolean {
  const {then, next} = Object(answer) as {then?: unknown; next?: unknown};
  if (typeof then !== 'function' && typeof next !== 'function') return Boolean(answer);
  throw new TypeError(`Expected the function of \`${option}\` to return true or false, got ${received(answer)}`);
}

function describe(part: string | RegExp | object): string {
  if (typeof part === 'string') return `"${part}"`;
  return part instanceof RegExp ? String(part) : 'the function';
}
