import type {Sequential} from '@tensorflow/tfjs-layers';
import {modelCost, shrink, stripPruning} from 'tfjs-pruning';
import type {CutLayer} from '../protocol.js';

/** A model without the channels that are pruned, and without masks. */
export async function cutOut(model: Sequential): Promise<Sequential> {
  const small = await shrink(model);
  const plain = stripPruning(small);
  small.dispose();
  return plain;
}

/** What was cut, layer by layer. */
export function cutLayers(before: Sequential, after: Sequential): CutLayer[] {
  const [large, small] = [modelCost(before).layers, modelCost(after).layers];
  return large.flatMap(({layer, parameters}) => {
    if (parameters === 0) return [];
    const left = small.find(other => other.layer === layer)?.parameters ?? 0;
    return [{name: layer, channels: [channels(before, layer), channels(after, layer)], parameters: [parameters, left]}];
  });
}

function channels(model: Sequential, layer: string): number {
  const shape = model.layers.find(({name}) => name === layer)?.outputShape as number[] | undefined;
  return shape?.at(-1) ?? 0;
}
