import type {GraphBuilder} from '../graph/graph-builder.js';
import type {Value} from '../graph/value.js';
import {inImages} from './kernels.js';
import {numberOf, pairOf, wordOf, type LayerToLower, type Lowering} from './layer-to-lower.js';
import {permuted} from './moves.js';
import {windowsAlong} from './windows.js';

function pooled(
  {config}: LayerToLower,
  graph: GraphBuilder,
  input: Value,
  isMax: boolean,
  sizes: readonly [number, number],
  strides: readonly [number, number],
): Value {
  const padding = wordOf(config['padding'], 'valid');
  const along = (length: number, i: 0 | 1) => {
    const axis = {size: sizes[i], stride: strides[i], dilation: 1, padding};
    return {...axis, ...windowsAlong(length, axis)};
  };
  const [down, right] = [along(input.height, 0), along(input.width, 1)];
  const shape = [...(input.shape.length === 3 ? [down.outputs] : []), right.outputs, input.channels];
  return graph.add(shape, {kind: 'pool', input, isMax, down, right});
}

const pool2d =
  (isMax: boolean): Lowering =>
  (layer, [x], graph) => {
    const sizes = pairOf(layer.config['poolSize'], 2);
    const strides = pairOf(layer.config['strides'], sizes);
    return inImages(layer, graph, x!, image => pooled(layer, graph, image, isMax, sizes, strides));
  };

const pool1d =
  (isMax: boolean): Lowering =>
  (layer, [x], graph) => {
    const size = numberOf(layer.config['poolSize'], 2);
    const stride = numberOf(layer.config['strides'], size);
    return pooled(layer, graph, x!, isMax, [1, size], [1, stride]);
  };

const poolAll1d =
  (isMax: boolean): Lowering =>
  (_, [x], graph) =>
    graph.add([x!.channels], {kind: 'poolAll', input: x!, isMax});

/** The channels of the result are the only axis that is left, wherever they came. */
const poolAll2d =
  (isMax: boolean): Lowering =>
  ({config}, [x], graph) => {
    const isFirst = wordOf(config['dataFormat'], 'channelslast') === 'channelsfirst';
    const input = isFirst ? permuted(graph, x!, [1, 2, 0]) : x!;
    return graph.add([input.channels], {kind: 'poolAll', input, isMax});
  };

export const POOL_LAYERS: Readonly<Record<string, Lowering>> = {
  MaxPooling1D: pool1d(true),
  MaxPooling2D: pool2d(true),
  AveragePooling1D: pool1d(false),
  AveragePooling2D: pool2d(false),
  GlobalMaxPooling1D: poolAll1d(true),
  GlobalMaxPooling2D: poolAll2d(true),
  GlobalAveragePooling1D: poolAll1d(false),
  GlobalAveragePooling2D: poolAll2d(false),
};
