import {expectFunction, isList, isPlainObject, received} from '../options/expect.js';
import {option, type Option} from '../options/option.js';
import {survivesSaving, type Config, type Serialized} from '../tfjs-internals.js';
import type {Parametrize} from './parametrization.js';

/** A parametrization with its options, to be put on layers: what a declared factory returns. */
export interface DeclaredParametrization {
  /** The name it was declared by, which files hold. */
  readonly name: string;
  /** The options, as files hold them. */
  readonly args: object;
  /** Makes the parametrization of a weight. */
  readonly parametrize: Parametrize;
}

/** Options may be left out if all of them may. */
type Factory<Args extends object> = (
  ...args: Partial<Args> extends Args ? [args?: Args] : [args: Args]
) => DeclaredParametrization;

const factories = new Map<string, Factory<object>>();

/**
 * Declares a parametrization of your own: what wrapped layers compute from their masked weights. Also declare it
 * wherever saved models that use it are loaded.
 *
 * @param name the name it is saved under.
 * @param make checks the options, its `args`, and returns a function that makes the parametrization of one weight.
 *     Options must survive `model.save`: numbers, booleans, camelCase strings, and lists and objects of these.
 * @returns the factory: it takes the options, and returns what `prunable` and `PrunableLayer` take as
 *     `parametrizations`.
 * @throws TypeError if the name is empty or `make` is not a function.
 *
 * @example
 * const scaled = declareParametrization('Scaled', ({by = 1}: {by?: number}) => (weight, addVariable) => {
 *   const initializer = tf.initializers.constant({value: by});
 *   const scale = addVariable('scale', {axes: weight.outputAxes, initializer});
 *   return {apply: w => tf.mul(w, scale.read())};
 * });
 * const model = prunable(net, {layers: /conv/, parametrizations: [scaled({by: 2})]});
 */
export function declareParametrization<Args extends object>(
  name: string,
  make: (args: Args) => Parametrize,
): Factory<Args> {
  if (typeof name !== 'string' || name === '') {
    throw new TypeError(`declareParametrization expects a name, got ${received(name)}`);
  }
  expectFunction('make', make, 'of the options');
  const factory = (args: object = {}): DeclaredParametrization => {
    const own = saveable(name, args);
    return {name, args: own, parametrize: expectFunction(name, make(own as Args), 'of a weight and addVariable')};
  };
  factories.set(name, factory);
  return factory;
}

/** Parametrizations as a layer's configuration holds them. */
export function serializedParametrizations(list: readonly DeclaredParametrization[]): Serialized[] {
  return list.map(({name, args}) => ({className: name, config: args as Config}));
}

/**
 * The parametrizations that a layer's configuration holds.
 *
 * @throws TypeError if one of them is not declared.
 */
export function deserializedParametrizations(list: readonly Serialized[]): DeclaredParametrization[] {
  return list.map(({className, config}) => {
    const factory = factories.get(className);
    if (factory) return factory(config);
    throw new TypeError(
      `Expected the parametrization "${className}" to be declared; call declareParametrization('${className}', ...), ` +
        'or import what does, before the model is loaded',
    );
  });
}

/** An option that lists what declared factories return. Defaults to none. */
export function parametrizationList(): Option<readonly DeclaredParametrization[], readonly DeclaredParametrization[]> {
  return option(expectParametrizations, []);
}

function expectParametrizations(
  name: string,
  list: readonly DeclaredParametrization[],
): readonly DeclaredParametrization[] {
  if (!isList(list)) throw new TypeError(`Expected \`${name}\` to be an array, got ${received(list)}`);
  const wrong = [...list].findIndex(each => !isDeclared(each));
  if (wrong < 0) return list;
  throw new TypeError(
    `Expected \`${name}[${wrong}]\` to be what a factory of declareParametrization returns, ` +
      `got ${received(list[wrong])}`,
  );
}

function isDeclared(value: Partial<DeclaredParametrization> | undefined): boolean {
  return isPlainObject(value) && factories.has(value?.name ?? '') && typeof value?.parametrize === 'function';
}

/** A copy of options that can be saved.
 *
 * @throws TypeError if they can't.
 */
export function saveable(name: string, args: object): object {
  if (!isPlainObject(args)) throw new TypeError(`${name} expects an object, got ${received(args)}`);
  const given = args as Record<PropertyKey, unknown>;
  const survives = (key: string | symbol) => typeof key === 'string' && survivesSaving({[key]: given[key]});
  const lost = Reflect.ownKeys(given).find(key => given[key] !== undefined && !survives(key));
  if (lost === undefined) return JSON.parse(JSON.stringify(args)) as object;
  throw new TypeError(
    `${name} expects options that can be saved, finite numbers, booleans and camelCase strings; ` +
      `got ${received(given[lost])} as \`${String(lost)}\``,
  );
}
