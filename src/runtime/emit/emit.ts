import type {Node} from '../graph/nodes.js';
import type {Value} from '../graph/value.js';
import type {Plan} from '../plan/plan.js';
import {emitLinear} from './emit-linear.js';
import {emitMap, emitPool, emitPoolAll, emitSoftmax} from './emit-maps.js';
import {emitCombine, emitLookUp, emitMove} from './emit-moves.js';
import {emitRecurrent} from './emit-recurrent.js';
import type {Emission, Emit, Emitted} from './emitter.js';
import {FixedMemory} from './fixed-memory.js';
import {bytesOf, programOf, type Step} from './step.js';

/** What a program does for a layer. */
export interface ProgramPart extends Omit<Emitted, 'steps'> {
  readonly layer: string;
  /** Its steps, by address. */
  readonly begin: number;
  readonly end: number;
}

/** A program in memory. */
export interface Program {
  readonly fixed: FixedMemory;
  readonly parts: readonly ProgramPart[];
  readonly begin: number;
  readonly end: number;
}

/** Writes the program of a graph whose values have their places. */
export function emitted(plan: Plan, constants: ReadonlyMap<Value, Float32Array>, emit: Emit<Node> = emitNode): Program {
  const {nodes, layouts, batch} = plan;
  const fixed = new FixedMemory(plan.end);
  for (const [value, numbers] of constants) {
    const layout = layouts.get(value);
    if (layout) fixed.putAt(layout.address, numbers);
  }
  const emission: Emission = {batch, layouts, fixed};
  const written = nodes.map(node => {
    const {steps, ...about} = emit(node, emission);
    return {layer: node.layer, steps, about};
  });
  const begin = fixed.put(programOf(written.flatMap(({steps}) => steps)));
  let at = begin;
  const parts = written.map(({layer, steps, about}): ProgramPart => {
    const from = at;
    for (const step of steps) at += bytesOf(step);
    return {...about, layer, begin: from, end: at};
  });
  return {fixed, parts, begin, end: at};
}

/** The steps of a node of floats. */
export function emitNode(node: Node, emission: Emission): Emitted {
  const made = emitWithoutGaps(node, emission);
  return {...made, steps: [...made.steps, ...clearedGaps(node, emission)]};
}

function emitWithoutGaps(node: Node, emission: Emission): Emitted {
  switch (node.kind) {
    case 'linear':
      return emitLinear(node, emission);
    case 'move':
      return emitMove(node, emission);
    case 'pool':
      return emitPool(node, emission);
    case 'poolAll':
      return emitPoolAll(node, emission);
    case 'map':
      return emitMap(node, emission);
    case 'combine':
      return emitCombine(node, emission);
    case 'softmax':
      return emitSoftmax(node, emission);
    case 'recurrent':
      return emitRecurrent(node, emission);
    case 'lookUp':
      return emitLookUp(node, emission);
  }
}

/** The memory around planes is used by others, too: it must be zero again before a kernel reads there. */
export function clearedGaps({output}: Node, {layouts, batch}: Emission): Step[] {
  const {address, imageStep, channelStep, lineStep, zerosBefore} = layouts.get(output)!;
  if (zerosBefore === undefined) return [];
  const {channels, height, width} = output;
  const step = batch === 1 ? channelStep : imageStep;
  return [{kernel: 'clearGaps', numbers: [address, channels * batch, step, height, lineStep, 4 * width, zerosBefore]}];
}
