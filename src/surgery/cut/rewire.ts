import type {ModelConfig} from '../../layers/rebuild.js';
import {isSequential, type Layer, type Model, type Serialized} from '../../tfjs-internals.js';
import type {Removal} from './removal.js';

/**
 * Where an input of a layer comes from: the layer, which of its uses, which of its outputs, and the call's arguments.
 */
type Origin = [name: string, use: number, output: number, kwargs: object | undefined];

interface LayerEntry {
  name: string;
  inboundNodes: Origin[][];
}

/**
 * Leaves branches out of a model's configuration. A join with a single input left is left out as well: that input takes
 * its place. A join that is an output of the model becomes an identity, since outputs are named after their layers.
 */
export function rewire(model: Model, config: ModelConfig, {dropped, dead}: Pick<Removal, 'dropped' | 'dead'>): void {
  // A stack has no joins: all of it is removed or nothing. The model around a dead model leaves it out.
  if (isSequential(model) || dead.has(model)) return;
  if (!model.layers.some(layer => dropped.has(layer) || dead.has(layer))) return;
  const entries = config.layers as unknown as LayerEntry[];
  const stays = new Map<Layer, LayerEntry>(model.layers.map((layer, i) => [layer, entries[i]!]));
  for (const layer of dead) stays.delete(layer);
  const instead = new Map<string, Origin>();
  for (const [layer, inputs] of dropped) {
    const entry = stays.get(layer);
    if (!entry) continue;
    entry.inboundNodes = entry.inboundNodes.map(node => node.filter((_, i) => !inputs.has(i)));
    if (entry.inboundNodes.some(({length}) => length > 1)) continue;
    if (isOutput(model, layer)) {
      stays.set(layer, {...entry, ...identity(layer)});
      continue;
    }
    entry.inboundNodes.forEach(([origin], use) => instead.set(`${entry.name} ${use}`, origin!));
    stays.delete(layer);
  }
  const originOf = ([name, use, output, kwargs]: Origin): Origin => {
    const other = instead.get(`${name} ${use}`);
    return other ? originOf([other[0], other[1], other[2], kwargs]) : [name, use, output, kwargs];
  };
  for (const entry of stays.values()) entry.inboundNodes = entry.inboundNodes.map(node => node.map(originOf));
  config.layers = [...stays.values()] as unknown as ModelConfig['layers'];
}

function isOutput({outputs}: Model, layer: Layer): boolean {
  return outputs.some(({sourceLayer}) => sourceLayer === layer);
}

function identity({name}: Layer): Serialized {
  return {className: 'Activation', config: {name, activation: 'linear'}};
}
