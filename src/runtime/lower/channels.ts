import {axisOf, weightOf, type Lowering} from './layer-to-lower.js';
import {withAxisLast} from './moves.js';

/** `gamma (x - mean) / sqrt(variance + epsilon) + beta`, which is a factor and a term for each channel. */
const batchNorm: Lowering = (layer, [x], graph) => {
  const {config} = layer;
  const mean = weightOf(layer, 'moving_mean').values;
  const variance = weightOf(layer, 'moving_variance').values;
  const gamma = config['scale'] === false ? undefined : weightOf(layer, 'gamma').values;
  const beta = config['center'] === false ? undefined : weightOf(layer, 'beta').values;
  const epsilon = (config['epsilon'] as number | null | undefined) ?? 1e-3;
  const scale = Float64Array.from(variance);
  for (let i = 0; i < scale.length; i++) scale[i] = (gamma?.[i] ?? 1) / Math.sqrt(scale[i]! + epsilon);
  const shift = mean.map((value, i) => (beta?.[i] ?? 0) - value * scale[i]!);
  return withAxisLast(graph, x!, axisOf(layer, x!.shape.length), value => graph.scaled(value, scale, shift));
};

export const CHANNEL_LAYERS: Readonly<Record<string, Lowering>> = {
  BatchNormalization: batchNorm,
};
