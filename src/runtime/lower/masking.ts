import type {GraphBuilder} from '../graph/graph-builder.js';
import type {Value} from '../graph/value.js';
import {unsupported, type Lowering} from './layer-to-lower.js';
import {reshaped} from './moves.js';

/** So large that it makes something of at least 1 of any number but 0, if it is multiplied twice. */
const HUGE = 1e30;
const ONE_BY_ONE = {size: 1, stride: 1, before: 0};

/** `x m`, where `m` is 1 for steps with a number that is not the mask value, else 0. */
const masking: Lowering = (layer, [x], graph) => {
  if (x!.shape.length !== 2) throw unsupported(layer, `its input has ${x!.shape.length} axes beside the batch`);
  const {width: steps, channels} = x!;
  const fill = (value: number) => new Float32Array(channels).fill(value);
  const away = graph.scaled(x!, fill(1), fill(-((layer.config['maskValue'] as number | null | undefined) ?? 0)));
  const distance = graph.add(x!.shape, {
    kind: 'combine',
    inputs: [away, graph.scaled(away, fill(-1))],
    apply: 'maximum',
  });
  const input = reshaped(graph, distance, [steps, channels, 1]);
  const right = {size: channels, stride: 1, before: 0};
  const largest = graph.add([steps, 1, 1], {kind: 'pool', input, isMax: true, down: ONE_BY_ONE, right});
  const mask = oneIfAny(graph, oneIfAny(graph, largest, Infinity), 1);
  const masked = graph.add(x!.shape, {
    kind: 'combine',
    inputs: [x!, reshaped(graph, mask, [steps, 1])],
    apply: 'multiply',
  });
  graph.masks.set(masked, reshaped(graph, mask, [steps]));
  return masked;
};

function oneIfAny(graph: GraphBuilder, value: Value, most: number): Value {
  return graph.clamped(graph.scaled(value, [HUGE]), 0, most);
}

export const MASK_LAYERS: Readonly<Record<string, Lowering>> = {Masking: masking};
