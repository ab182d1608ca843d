import type {Node} from '../graph/nodes.js';
import {emitLinear} from './emit-linear.js';
import {emitPool, emitPoolAll} from './emit-pools.js';
import {emitSoftmax} from './emit-softmax.js';
import {emitMove} from './emit-moves.js';
import type {Emitters} from './emitter.js';

const USUAL = {
  linear: emitLinear,
  move: emitMove,
  pool: emitPool,
  poolAll: emitPoolAll,
  softmax: emitSoftmax,
} satisfies Emitters;

/** The emitters of some nodes; pages load rare ones when a graph needs them. */
export async function emittersOf(nodes: readonly Node[]): Promise<Emitters> {
  if (nodes.every(({kind}) => kind in USUAL)) return USUAL;
  return {...USUAL, ...(await import('./rare-emitters.js')).RARE};
}
