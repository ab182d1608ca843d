import {expectFunction, isPlainObject, received} from '../options/expect.js';
import {survivesSaving} from '../tfjs-internals.js';
import {declared, type Factory} from './declared.js';
import type {Parametrize} from './parametrization.js';
import {parametrizeWeight} from './parametrize-weight.js';
import {defineParametrizing} from './parametrized-weight.js';

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
  defineParametrizing(parametrizeWeight);
  return declared(name, (args: Args) => {
    return expectFunction(name, make(saveable(name, args) as Args), 'of a weight and addVariable');
  });
}

/**
 * A copy of options that can be saved.
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
