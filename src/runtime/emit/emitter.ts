import type {ForeignLayer, Node} from '../graph/nodes.js';
import type {Value} from '../graph/value.js';
import type {Layout} from '../plan/layout.js';
import type {FixedMemory} from './fixed-memory.js';
import type {Packer} from './packer.js';
import type {Step} from './step.js';

/** What turns nodes into steps. */
export interface Emission {
  readonly batch: number;
  readonly layouts: ReadonlyMap<Value, Layout>;
  readonly fixed: FixedMemory;
  readonly packer: Packer;
}

/** The steps of a node, and what a report says of it. */
export interface Emitted {
  readonly steps: readonly Step[];
  readonly kernel: string;
  /** The share of weights that are not zero; of the whole kernel if it has no weights. */
  readonly density?: number;
  /** Multiplications of weights that are not zero. */
  readonly multiplications?: number;
  /** Of weights, as they are packed. */
  readonly bytes?: number;
  /** What it keeps from run to run: states that begin as zeros. */
  readonly state?: readonly {readonly address: number; readonly bytes: number}[];
  /** What tf.js computes instead of steps. */
  readonly island?: Island;
}

/** A layer that tf.js computes, and where its inputs and outputs are. */
export interface Island {
  readonly by: ForeignLayer;
  readonly inputs: readonly number[];
  readonly output: number;
}

/** Turns one kind of node into steps. */
export type Emit<N extends Node> = (node: N, emission: Emission) => Emitted;

/** What turns nodes into steps, by their kinds. */
export type Emitters = {readonly [K in Node['kind']]?: Emit<Extract<Node, {kind: K}>>};
