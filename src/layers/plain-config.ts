import {isPlainObject} from '../options/expect.js';
import {registeredClass, type Config, type Serialized} from '../tfjs-internals.js';

/** A class of ours that is written into configurations. */
export interface OursInConfigs {
  /** What a plain model has in its place; null where it needs nothing there. */
  inPlainModel(config: Config): Serialized | null;
}

/**
 * A configuration without anything of ours, at any depth: wrappers, regularizers, and whatever else says by
 * {@link OursInConfigs} what a plain model has in its place.
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
