import {unsupported, weightOf, type Lowering} from './layer-to-lower.js';

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

export const RARE_CHANNEL_LAYERS: Readonly<Record<string, Lowering>> = {
  Rescaling: rescaling,
  Embedding: embedding,
};
