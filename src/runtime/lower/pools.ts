import type {GraphBuilder} from '../graph/graph-builder.js';
import type {Value} from '../graph/value.js';
import {inImages} from './kernels.js';
import {pairOf, wordOf, type LayerToLower, type Lowering} from './layer-to-lower.js';
import {permuted} from './moves.js';
import {windowsAlong} from './windows.js';

export function pooled(
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

/** The channels of the result are the only axis that is left, wherever they came. */
const poolAll2d =
  (isMax: boolean): Lowering =>
  ({config}, [x], graph) => {
    const isFirst = wordOf(config['dataFormat'], 'channelslast') === 'channelsfirst';
    const input = isFirst ? permuted(graph, x!, [1, 2, 0]) : x!;
    return graph.add([input.channels], {kind: 'poolAll', input, isMax});
  };

export const POOL_LAYERS: Readonly<Record<string, Lowering>> = {
  MaxPooling2D: pool2d(true),
  AveragePooling2D: pool2d(false),
  GlobalMaxPooling2D: poolAll2d(true),
  GlobalAveragePooling2D: poolAll2d(false),
};
