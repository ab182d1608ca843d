import {entriesOf, expectDifferentNames, field, isGraph, isObject, listedLayers} from './layer-entries.js';
import {expectBuildable} from './layer-graph.js';
import {received} from '../options/expect.js';

/**
 * Expects a topology that tf.js can build, including nested models and wrapped layers. Forms that tf.js does not read
 * are not checked.
 *
 * @throws TypeError that names the model, the layer and what is wrong with it.
 */
export function expectTopology(topology: unknown, file: string): void {
  const root = isObject(topology) ? (field(topology, 'modelConfig') ?? topology) : topology;
  if (!isObject(root))
    throw new TypeError(`Expected the modelTopology of ${file} to be an object, got ${received(root)}`);
  if ('config' in root) entriesOf([root], `the modelTopology of ${file}`);
  for (const waiting: unknown[] = [root]; waiting.length > 0;) {
    const value = waiting.pop();
    if (isObject(value)) expectModel(value['config'], file);
    for (const inner of Object.values(Object(value) as object)) if (typeof inner === 'object') waiting.push(inner);
  }
}

/** Checks a configuration if it is that of a model. */
function expectModel(config: unknown, file: string): void {
  const layers = listedLayers(config);
  if (!layers) return;
  const name = isObject(config) && typeof config['name'] === 'string' ? `model "${config['name']}"` : 'the model';
  const where = `${name} in ${file}`;
  const entries = entriesOf(layers, where);
  expectDifferentNames(
    entries.map(({ownName}) => ownName),
    where,
  );
  if (isGraph(config)) expectBuildable(config, entries, where);
}
