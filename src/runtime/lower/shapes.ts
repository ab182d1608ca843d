import {sizeOfValue} from '../graph/value.js';
import {unsupported, wordOf, type Lowering} from './layer-to-lower.js';
import {permuted, reshaped} from './moves.js';

const flatten: Lowering = (layer, [x], graph) => {
  const rank = x!.shape.length;
  const isFirst = wordOf(layer.config['dataFormat'], 'channelslast') === 'channelsfirst' && rank > 1;
  if (isFirst && rank > 3) throw unsupported(layer, 'its channels come first');
  const axes = Array.from({length: rank}, (_, i) => (i + 1) % rank);
  return reshaped(graph, isFirst ? permuted(graph, x!, axes) : x!, [sizeOfValue(x!)]);
};

const reshape: Lowering = ({config}, [x], graph) => {
  const target = config['targetShape'] as readonly (number | null)[];
  const known = target.reduce<number>((product, size) => product * (size !== null && size > 0 ? size : 1), 1);
  const shape = target.map(size => (size !== null && size > 0 ? size : sizeOfValue(x!) / known));
  return reshaped(graph, x!, shape);
};

export const nothing: Lowering = (_, [x]) => x!;

export const SHAPE_LAYERS: Readonly<Record<string, Lowering>> = {
  Flatten: flatten,
  Reshape: reshape,
  Dropout: nothing,
};
