import {clearedGaps} from '../emit/emit.js';
import type {Emit, Emitted} from '../emit/emitter.js';
import type {Node} from '../graph/nodes.js';
import {inputsOf} from '../graph/nodes.js';
import type {Value} from '../graph/value.js';
import type {ByteEmission} from './byte-emission.js';
import type {ByteValue} from './byte-value.js';
import {emitByteLinear} from './emit-linear.js';
import {emitBytePool, emitBytePoolAll, emitDequantize, emitQuantize, emitWordMove, filledGaps} from './emit-others.js';

/** Turns nodes into steps: those that take or make bytes into steps of their own kernels. */
export function emitterOf(bytes: ReadonlyMap<Value, ByteValue>, floats: Emit<Node>): Emit<Node> {
  return (node, emission) => {
    const made = bytes.get(node.output);
    if (!made && !inputsOf(node).some(input => bytes.has(input))) return floats(node, emission);
    const emitted = emitBytes(node, {...emission, bytes});
    const layout = emission.layouts.get(node.output)!;
    const gaps = made ? filledGaps(node.output, layout, made, emission.batch) : clearedGaps(node, emission);
    return {...emitted, steps: [...emitted.steps, ...gaps]};
  };
}

function emitBytes(node: Node, emission: ByteEmission): Emitted {
  const {bytes} = emission;
  switch (node.kind) {
    case 'linear':
      return emitByteLinear(node, emission);
    case 'move':
      return emitWordMove(node, bytes.get(node.output)!, emission);
    case 'pool':
      return emitBytePool(node, emission);
    case 'poolAll':
      return emitBytePoolAll(node, bytes.get(node.input)!, emission);
    case 'map': {
      const made = bytes.get(node.output);
      return made ? emitQuantize(node, made, emission) : emitDequantize(node, bytes.get(node.input)!, emission);
    }
    default:
      throw new Error(`No kernel computes ${node.kind} of bytes`);
  }
}
