import {isPlainObject} from '../options/expect.js';
import {registeredClass, type Config, type Serialized} from '../tfjs-internals.js';

/** A class of this library that appears in configurations. */
export interface OursInConfigs {
  /** What replaces it in a plain model; null for nothing. */
  inPlainModel(config: Config): Serialized | null;
}

/**
 * A configuration without the classes of this library, at any depth. Each is replaced as {@link OursInConfigs} says.
 */
export function plainConfig<T>(value: T): T {
  return plain(value) as T;
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!isPlainObject(value)) return value;
  const {className, config} = value as Partial<Serialized>;
  const ours =
    typeof className === 'string' ? (registeredClass(className) as Partial<OursInConfigs> | undefined) : undefined;
  if (ours?.inPlainModel) return plain(ours.inPlainModel(config!));
  return Object.fromEntries(Object.entries(value as object).map(([key, inner]) => [key, plain(inner)]));
}
