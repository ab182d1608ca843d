import type {GraphBuilder} from '../graph/graph-builder.js';
import type {FunctionName} from '../graph/nodes.js';
import type {Value} from '../graph/value.js';
import {axisOf, unsupported, wordOf, type LayerToLower, type Lowering} from './layer-to-lower.js';
import {withAxisLast} from './moves.js';

type Activate = (graph: GraphBuilder, x: Value) => Value;

/** A function of each number. */
export const mapped =
  (apply: FunctionName, alpha = 1): Activate =>
  (graph, input) =>
    graph.add(input.shape, {kind: 'map', input, apply, alpha});

const softmax =
  (isLog: boolean): Activate =>
  (graph, input) =>
    graph.add(input.shape, {kind: 'softmax', input, isLog});

const ACTIVATIONS: Readonly<Record<string, Activate>> = {
  linear: (_, x) => x,
  relu: (graph, x) => graph.clamped(x, 0, Infinity),
  relu6: (graph, x) => graph.clamped(x, 0, 6),
  hardsigmoid: hardSigmoid,
  sigmoid: mapped('sigmoid'),
  tanh: mapped('tanh'),
  elu: mapped('elu'),
  selu: mapped('selu'),
  softplus: mapped('softplus'),
  softsign: mapped('softsign'),
  swish: mapped('swish'),
  mish: mapped('mish'),
  gelu: mapped('gelu'),
  gelunew: mapped('geluNew'),
  softmax: softmax(false),
  logsoftmax: softmax(true),
};

function hardSigmoid(graph: GraphBuilder, x: Value): Value {
  const fill = (value: number) => new Float32Array(x.channels).fill(value);
  const scaled = graph.scaled(x, fill(0.2), fill(0.5));
  return graph.clamped(scaled, 0, 1);
}

/** The name of the activation that a layer has as an option. */
function activationOf({config: {activation}}: LayerToLower): unknown {
  const name = typeof activation === 'object' ? (activation as {className?: unknown} | null)?.className : activation;
  return name ?? 'linear';
}

/** Whether the activation of a layer goes along the last axis. */
export function isAlongLastAxis(layer: LayerToLower): boolean {
  return ['softmax', 'logsoftmax'].includes(wordOf(activationOf(layer), ''));
}

/** Applies the activation that a layer has as an option. */
export function activated(layer: LayerToLower, graph: GraphBuilder, x: Value): Value {
  const name = activationOf(layer);
  const apply = ACTIVATIONS[wordOf(name, '')];
  if (!apply) throw unsupported(layer, `its activation is ${JSON.stringify(name)}`);
  return apply(graph, x);
}

/** A number that is an option, or what is meant without it. */
export const number = (value: unknown, fallback: number) => (typeof value === 'number' ? value : fallback);

export const ACTIVATION_LAYERS: Readonly<Record<string, Lowering>> = {
  Activation: (layer, [x], graph) => activated(layer, graph, x!),
  ReLU: ({config}, [x], graph) => graph.clamped(x!, 0, number(config['maxValue'], Infinity)),
  Softmax: (layer, [x], graph) =>
    withAxisLast(graph, x!, axisOf(layer, x!.shape.length, 1), value => softmax(false)(graph, value)),
};
