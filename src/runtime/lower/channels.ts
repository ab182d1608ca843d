import {axisOf, unsupported, weightOf, type Lowering} from './layer-to-lower.js';
import {withAxisLast} from './moves.js';

/** `gamma (x - mean) / sqrt(variance + epsilon) + beta`, which is a factor and a term for each channel. */
const batchNorm: Lowering = (layer, [x], graph) => {
  const {config} = layer;
  const mean = weightOf(layer, 'moving_mean').values;
  const variance = weightOf(layer, 'moving_variance').values;
  const gamma = config['scale'] === false ? undefined : weightOf(layer, 'gamma').values;
  const beta = config['center'] === false ? undefined : weightOf(layer, 'beta').values;
  const epsilon = (config['epsilon'] as number | null | undefined) ?? 1e-3;
  const scale = Float64Array.from(variance, (value, i) => (gamma?.[i] ?? 1) / Math.sqrt(value + epsilon));
  const shift = mean.map((value, i) => (beta?.[i] ?? 0) - value * scale[i]!);
  return withAxisLast(graph, x!, axisOf(layer, x!.shape.length), value => graph.scaled(value, scale, shift));
};

const rescaling: Lowering = ({config}, [x], graph) => {
  const fill = (value: unknown) => new Float32Array(x!.channels).fill(value as number);
  return graph.scaled(x!, fill(config['scale']), fill(config['offset'] ?? 0));
};

const embedding: Lowering = (layer, [x], graph) => {
  const {shape, values} = weightOf(layer, 'embeddings');
  const [rows, columns] = shape as [number, number];
  if (x!.shape.length > 1) throw unsupported(layer, 'its input has more than one axis');
  const looked = graph.add([x!.channels, columns], {kind: 'lookUp', input: x!, rows, table: values});
  if (layer.config['maskZero']) graph.masks.set(looked, graph.clamped(x!, 0, 1));
  return looked;
};

export const CHANNEL_LAYERS: Readonly<Record<string, Lowering>> = {
  BatchNormalization: batchNorm,
  Rescaling: rescaling,
  Embedding: embedding,
};
