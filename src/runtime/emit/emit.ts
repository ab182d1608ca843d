import type {Node} from '../graph/nodes.js';
import type {Value} from '../graph/value.js';
import type {Plan} from '../plan/plan.js';
import type {Emission, Emit, Emitted} from './emitter.js';
import {emittersOf} from './emitters.js';
import {FixedMemory} from './fixed-memory.js';
import type {Packer} from './packer.js';
import {bytesOf, isRare, programOf, type Step} from './step.js';

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
  /** Whether it needs rare kernels. */
  readonly isRare: boolean;
}

/** How a program is written. */
export interface Writing {
  readonly packer: Packer;
  /** Where it is written to at once; by default it is kept until `fixed.writeTo`. */
  readonly memory?: WebAssembly.Memory | undefined;
  readonly emitterOf?: (floats: Emit<Node>) => Emit<Node>;
  /** Waits for some of the weights that are still to come; may try the steps that were written since the last time. */
  readonly more?: ((fixed: FixedMemory, steps: readonly Step[]) => Promise<unknown>) | undefined;
}

/** Writes the program of a graph whose values have their places. */
export async function emitted(
  plan: Plan,
  constants: ReadonlyMap<Value, Float32Array>,
  {packer, memory, emitterOf = floats => floats, more}: Writing,
): Promise<Program> {
  const {nodes, layouts, batch} = plan;
  const fixed = new FixedMemory(plan.end, memory);
  for (const [value, numbers] of constants) {
    const layout = layouts.get(value);
    if (layout) fixed.putAt(layout.address, numbers);
  }
  const emission: Emission = {batch, layouts, fixed, packer};
  const emit = emitterOf(await floatEmitter(nodes));
  const written: {layer: string; steps: readonly Step[]; about: Omit<Emitted, 'steps'>}[] = [];
  let tried = 0;
  for (const node of nodes) {
    while (isToCome(node)) {
      const untried = written.slice(tried).flatMap(({steps}) => steps);
      tried = written.length;
      await more!(fixed, untried);
    }
    const {steps, ...about} = emit(node, emission);
    written.push({layer: node.layer, steps, about});
  }
  const all = written.flatMap(({steps}) => steps);
  const begin = fixed.put(programOf(all));
  let at = begin;
  const parts = written.map(({layer, steps, about}): ProgramPart => {
    const from = at;
    for (const step of steps) at += bytesOf(step);
    return {...about, layer, begin: from, end: at};
  });
  return {fixed, parts, begin, end: at, isRare: all.some(isRare)};
}

function isToCome(node: Node): boolean {
  return node.kind === 'linear' && node.terms.some(({weights}) => weights.isToCome);
}

/** The states that recurrent layers keep from run to run. */
export function statesOf({parts}: Program, memory: ArrayBuffer): Float32Array[] {
  return parts.flatMap(({state = []}) => state.map(({address, bytes}) => new Float32Array(memory, address, bytes / 4)));
}

async function floatEmitter(nodes: readonly Node[]): Promise<Emit<Node>> {
  const emitters = await emittersOf(nodes);
  return (node, emission) => {
    const made = (emitters[node.kind] as Emit<Node>)(node, emission);
    return {...made, steps: [...made.steps, ...clearedGaps(node, emission)]};
  };
}

/** The memory around planes is used by others, too: it must be zero again before a kernel reads there. */
export function clearedGaps({output}: Node, {layouts, batch}: Emission): Step[] {
  const {address, imageStep, channelStep, lineStep, zerosBefore} = layouts.get(output)!;
  if (zerosBefore === undefined) return [];
  const {channels, height, width} = output;
  const step = batch === 1 ? channelStep : imageStep;
  return [{kernel: 'clearGaps', numbers: [address, channels * batch, step, height, lineStep, 4 * width, zerosBefore]}];
}
