import {renumbering} from '../layers/made-up-names.js';

type Json = Record<string, unknown>;

/**
 * The first difference between two saved topologies, in words; undefined if there is none. Names that tf.js has
 * generated may differ in their numbers, as for two models made in one process; initializers may differ, since their
 * weights are overwritten.
 */
export function topologyDifference(before: unknown, now: unknown): string | undefined {
  return differenceAt('the model', withoutNumbers(before), withoutNumbers(now));
}

/** The first difference between two JSON values, in words; undefined if there is none. */
export function differenceAt(where: string, before: unknown, now: unknown): string | undefined {
  if (before === now) return undefined;
  if (Array.isArray(before) && Array.isArray(now)) return differenceInList(where, before, now);
  if (!isObject(before) || !isObject(now)) return `${where} is ${shown(now)}, and was ${shown(before)}`;
  if (before['class_name'] !== now['class_name'] || nameOf(before) !== nameOf(now)) {
    return `where there was ${shown(before)} there is ${shown(now)}`;
  }
  const owner = before['class_name'] === undefined ? where : shown(now);
  for (const key of new Set([...Object.keys(before), ...Object.keys(now)])) {
    const inside = key === 'config' ? owner : `\`${key}\` of ${owner}`;
    const difference = differenceAt(inside, before[key] ?? null, now[key] ?? null);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

function differenceInList(where: string, before: unknown[], now: unknown[]): string | undefined {
  for (let i = 0; i < Math.max(before.length, now.length); i++) {
    const difference =
      i < Math.min(before.length, now.length)
        ? differenceAt(`entry ${i} of ${where}`, before[i], now[i])
        : lengthDifference(`entry ${i} of ${where}`, before[i], now[i]);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

function lengthDifference(entry: string, before: unknown, now: unknown): string {
  return now === undefined ? `${entry} is missing: it was ${shown(before)}` : `${entry} is new: it is ${shown(now)}`;
}

function shown(value: unknown): string {
  if (!isObject(value)) return JSON.stringify(value);
  const {class_name: className} = value;
  if (className === undefined) return JSON.stringify(value);
  const name = nameOf(value);
  return name === undefined ? `a ${className as string}` : `layer "${name}" (${className as string})`;
}

function nameOf(layer: Json): string | undefined {
  const {config, name} = layer as {config?: {name?: string}; name?: string};
  return config?.name ?? name;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A topology without initializers, with generated names numbered in order of appearance. */
function withoutNumbers(topology: unknown): unknown {
  const renamed = renumbering();
  const walk = (value: unknown): unknown => {
    if (typeof value === 'string') return renamed(value);
    if (Array.isArray(value)) return value.map(walk);
    if (!isObject(value)) return value;
    const kept = Object.entries(value).filter(([key]) => !/initializer$/i.test(key));
    return Object.fromEntries(kept.map(([key, inner]) => [key, walk(inner)]));
  };
  return walk(topology);
}
