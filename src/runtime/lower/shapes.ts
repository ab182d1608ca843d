import {sizeOfValue} from '../graph/value.js';
import {unsupported, wordOf, type Lowering} from './layer-to-lower.js';
import {permuted, reshaped} from './moves.js';

const flatten: Lowering = ({config}, [x], graph) => {
  const rank = x!.shape.length;
  const isFirst = wordOf(config['dataFormat'], 'channelslast') === 'channelsfirst' && rank > 1;
  const axes = Array.from({length: rank}, (_, i) => (i + 1) % rank);
  return reshaped(graph, isFirst ? permuted(graph, x!, axes) : x!, [sizeOfValue(x!)]);
};

const reshape: Lowering = (layer, [x], graph) => {
  const target = layer.config['targetShape'] as readonly (number | null)[];
  if (target.length > 3) throw unsupported(layer, `its shape has ${target.length} axes, and 3 is the most`);
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
