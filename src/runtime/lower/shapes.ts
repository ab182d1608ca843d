import type {GraphBuilder} from '../graph/graph-builder.js';
import type {Piece} from '../graph/nodes.js';
import {sizeOfValue, type Value} from '../graph/value.js';
import {inImages} from './kernels.js';
import {pairOf, unsupported, wordOf, type Lowering} from './layer-to-lower.js';
import {permuted, reshaped, START} from './moves.js';

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

const permute: Lowering = ({config}, [x], graph) => {
  const dims = config['dims'] as readonly number[];
  return permuted(graph, x!, dims.map(dim => dim - 1)); // prettier-ignore
};

/** Each copy of a position is a piece of its own. */
function repeated(graph: GraphBuilder, input: Value, down: number, right: number, shape: readonly number[]): Value {
  const {height, width, channels} = input;
  const loops: Piece['loops'] = [
    {count: height, from: {...START, y: 1}, to: {...START, y: down}},
    {count: width, from: {...START, x: 1}, to: {...START, x: right}},
    {count: channels, from: {...START, channel: 1}, to: {...START, channel: 1}},
  ];
  const pieces = Array.from({length: down * right}, (_, i) => {
    const to = {...START, y: Math.floor(i / right), x: i % right};
    return {input, from: START, to, loops};
  });
  return graph.add(shape, {kind: 'move', pieces, hasZeros: false});
}

const upSampling: Lowering = (layer, [x], graph) => {
  const interpolation = wordOf(layer.config['interpolation'], 'nearest');
  if (interpolation !== 'nearest') throw unsupported(layer, `its interpolation is ${interpolation}`);
  const [down, right] = pairOf(layer.config['size'], 2);
  return inImages(layer, graph, x!, image =>
    repeated(graph, image, down, right, [image.height * down, image.width * right, image.channels]),
  );
};

const repeatVector: Lowering = ({config}, [x], graph) => {
  const n = config['n'] as number;
  return repeated(graph, x!, 1, n, [n, x!.channels]);
};

const nothing: Lowering = (_, [x]) => x!;

export const SHAPE_LAYERS: Readonly<Record<string, Lowering>> = {
  Flatten: flatten,
  Reshape: reshape,
  Permute: permute,
  UpSampling2D: upSampling,
  RepeatVector: repeatVector,
  Dropout: nothing,
  SpatialDropout1D: nothing,
  GaussianNoise: nothing,
  GaussianDropout: nothing,
  AlphaDropout: nothing,
};
