import {isPrunableClass} from '../layers/kinds.js';
import {isList, received} from '../options/expect.js';

/** An unchecked object of a JSON file. */
export type Json = Readonly<Record<string, unknown>>;

/** A layer as listed in a model file. */
export interface LayerEntry {
  /** The name that other layers of the model refer to; undefined in a plain stack. */
  readonly name: string | undefined;
  /** The name that the layer will have. */
  readonly ownName: string | undefined;
  readonly className: string;
  readonly config: unknown;
  readonly inboundNodes: unknown;
}

/** A field that tf.js writes with underscores and reads with or without. */
export function field(object: Json, name: string): unknown {
  return object[name] ?? object[name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)];
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !isList(value);
}

/** The layers in the configuration of a model; undefined if it configures something else. */
export function listedLayers(config: unknown): readonly unknown[] | undefined {
  const list = isObject(config) ? config['layers'] : config;
  return isList(list) && (isGraph(config) || (list as unknown[]).some(isLayer)) ? (list as unknown[]) : undefined;
}

/** Whether a configuration is that of a graph of layers, not of a stack. */
export function isGraph(config: unknown): config is Json {
  return (
    isObject(config) && isList(config['layers']) && ['inputLayers', 'outputLayers'].some(name => field(config, name))
  );
}

function isLayer(value: unknown): boolean {
  return isObject(value) && field(value, 'className') !== undefined && 'config' in value;
}

/**
 * The layers of a model, with their required fields checked.
 *
 * @throws TypeError that names the layer and what is missing.
 */
export function entriesOf(layers: readonly unknown[], where: string): readonly LayerEntry[] {
  return layers.map((layer, i) => entryOf(layer, `layer ${i} of ${where}`));
}

function entryOf(layer: unknown, where: string): LayerEntry {
  if (!isObject(layer)) throw new TypeError(`Expected ${where} to be an object, got ${received(layer)}`);
  const {config} = layer;
  const ownName = ownNameOf(field(layer, 'className'), config);
  const name = textOf(layer['name'] ?? ownName);
  const named = name === undefined ? where : `${where}, "${name}",`;
  const className = field(layer, 'className');
  if (typeof className !== 'string') {
    throw new TypeError(`Expected ${named} to have the name of its class as class_name, got ${received(className)}`);
  }
  if (typeof config !== 'object' || config === null) {
    throw new TypeError(`Expected ${named} to have a configuration as its config, got ${received(config)}`);
  }
  return {
    name: textOf(layer['name']),
    ownName: textOf(ownName),
    className,
    config,
    inboundNodes: field(layer, 'inboundNodes'),
  };
}

/** A wrapper of ours has the name of the layer it wraps. */
function ownNameOf(className: unknown, config: unknown): unknown {
  if (!isObject(config)) return undefined;
  const wrapped = wrappedIn(className, config);
  return wrapped ? ownNameOf(field(wrapped, 'className'), wrapped['config']) : config['name'];
}

/** The layer inside a wrapper of ours, from the wrapper's configuration. */
export function wrappedIn(className: unknown, config: unknown): Json | undefined {
  const wrapped =
    isObject(config) && typeof className === 'string' && isPrunableClass(className) ? config['layer'] : undefined;
  return isObject(wrapped) ? wrapped : undefined;
}

function textOf(name: unknown): string | undefined {
  return typeof name === 'string' || typeof name === 'number' ? String(name) : undefined;
}

/**
 * Expects names that are unique and that tf.js can use.
 *
 * @throws TypeError with the offending name.
 */
export function expectDifferentNames(names: readonly (string | undefined)[], where: string): void {
  const given = names.filter(name => name !== undefined);
  const seen = new Set<string>();
  const twice = given.find(name => seen.size === seen.add(name).size);
  if (twice !== undefined) throw new TypeError(`Expected layers of different names in ${where}, got "${twice}" twice`);
  const taken = given.find(name => name in Object.prototype);
  if (taken !== undefined) {
    throw new TypeError(
      `Expected names of layers in ${where} that tf.js can tell from fields of objects, got "${taken}"`,
    );
  }
}
