import type {ModelConfig} from '../../layers/rebuild.js';
import {isSequential, type Config, type Layer, type Model} from '../../tfjs-internals.js';

type Origin = [name: string, use: number, output: number, kwargs: object | undefined];

/**
 * Leaves layers out of a model's configuration that are used once and have one input: what they took goes to what took
 * their output. One that makes an output of the model becomes an identity, since outputs are named after their layers.
 */
export function withoutLayers(model: Model, config: ModelConfig, gone: ReadonlySet<Layer>): void {
  if (isSequential(model)) leaveOutOfStack(model, config, gone);
  else leaveOutOfGraph(model, config, gone);
}

function leaveOutOfStack(model: Model, config: ModelConfig, gone: ReadonlySet<Layer>): void {
  const entries = config.layers;
  const left = entries.filter((_, i) => !gone.has(model.layers[i]!));
  const {batchInputShape} = entries[0]!['config'] as Config; // only the first layer has it
  const first = left[0]!;
  if (batchInputShape !== undefined) first['config'] = {...(first['config'] as Config), batchInputShape};
  config.layers = left;
}

function leaveOutOfGraph(model: Model, config: ModelConfig, gone: ReadonlySet<Layer>): void {
  const origins = new Map<string, Origin>();
  const left = config.layers.filter((entry, i) => {
    const layer = model.layers[i]!;
    if (!gone.has(layer)) return true;
    if (model.outputs.some(({sourceLayer}) => sourceLayer === layer)) {
      Object.assign(entry, {className: 'Activation', config: {name: layer.name, activation: 'linear'}});
      return true;
    }
    origins.set(layer.name, (entry['inboundNodes'] as unknown as Origin[][])[0]![0]!);
    return false;
  });
  const originOf = ([name, use, output, kwargs]: Origin): Origin => {
    const other = origins.get(name);
    return other ? originOf([other[0], other[1], other[2], kwargs]) : [name, use, output, kwargs];
  };
  for (const entry of left) {
    const nodes = entry['inboundNodes'] as unknown as Origin[][];
    entry['inboundNodes'] = nodes.map(node => node.map(originOf)) as unknown as Config[];
  }
  config.layers = left;
}
