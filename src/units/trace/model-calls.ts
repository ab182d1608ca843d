import type {SymbolicTensor} from '@tensorflow/tfjs-layers';
import type {Layer, Model} from '../../tfjs-internals.js';

/** One use of a layer in a model. */
export interface LayerCall {
  readonly layer: Layer;
  readonly inputs: readonly SymbolicTensor[];
  readonly outputs: readonly SymbolicTensor[];
}

/**
 * The uses of all layers that a model's outputs depend on, each after those that it depends on. Found by walking back
 * from the outputs, since a layer also lists its nodes in other models.
 *
 * @param heeds whether a layer depends on one of its inputs; by default on all.
 */
export function modelCalls({inputs, outputs}: Model, heeds?: (layer: Layer, input: number) => boolean): LayerCall[] {
  const given = new Set(inputs.map(({id}) => id));
  const calls: LayerCall[] = [];
  const entered = new Set<object>();
  const pending: (SymbolicTensor | LayerCall)[] = [...outputs].reverse();
  for (let next = pending.pop(); next; next = pending.pop()) {
    if (!('sourceLayer' in next)) {
      calls.push(next);
      continue;
    }
    const node = next.sourceLayer.inboundNodes[next.nodeIndex]!;
    if (given.has(next.id) || entered.has(node)) continue;
    entered.add(node);
    const call = {layer: node.outboundLayer, inputs: node.inputTensors, outputs: node.outputTensors};
    const heeded = heeds ? call.inputs.filter((_, i) => heeds(call.layer, i)) : [...call.inputs];
    pending.push(call, ...heeded.reverse());
  }
  return calls;
}
