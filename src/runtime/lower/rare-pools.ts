import {numberOf, type Lowering} from './layer-to-lower.js';
import {pooled} from './pools.js';

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

export const RARE_POOL_LAYERS: Readonly<Record<string, Lowering>> = {
  MaxPooling1D: pool1d(true),
  AveragePooling1D: pool1d(false),
  GlobalMaxPooling1D: poolAll1d(true),
  GlobalAveragePooling1D: poolAll1d(false),
};
