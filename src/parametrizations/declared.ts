import {isCallable, isList, isPlainObject, received} from '../options/expect.js';
import {option, type Option} from '../options/option.js';
import type {Config, Serialized} from '../tfjs-internals.js';
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
export type Factory<Args extends object> = (
  ...args: Partial<Args> extends Args ? [args?: Args] : [args: Args]
) => DeclaredParametrization;

const factories = new Map<string, Factory<object>>();

/**
 * Declares a parametrization under a name.
 *
 * @param make checks the options, and refuses those that can't be saved.
 */
export function declared<Args extends object>(name: string, make: (args: Args) => Parametrize): Factory<Args> {
  const factory = (args: object = {}): DeclaredParametrization => {
    const parametrize = make(args as Args);
    return {name, args: JSON.parse(JSON.stringify(args)) as object, parametrize};
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
      `got ${received(list[wrong])}${isCallable(list[wrong]) ? '; call it' : ''}`,
  );
}

function isDeclared(value: Partial<DeclaredParametrization> | undefined): boolean {
  return isPlainObject(value) && factories.has(value?.name ?? '') && typeof value?.parametrize === 'function';
}
