import type {Move, Piece, Place} from '../graph/nodes.js';
import type {Layout} from '../plan/layout.js';
import type {Emission, Emit} from './emitter.js';
import {fourLoops, mergedLoops, type Loop} from './loops.js';
import type {Step} from './step.js';

function bytesTo({y, x, channel}: Place, {lineStep, columnStep, channelStep}: Layout): number {
  return y * lineStep + x * columnStep + channel * channelStep;
}

export const emitMove: Emit<Move> = (node, emission) => {
  const to = emission.layouts.get(node.output)!;
  const cleared: Step[] = node.hasZeros ? [clearAll(node, to, emission)] : [];
  return {steps: [...cleared, ...node.pieces.flatMap(piece => copies(piece, to, emission))], kernel: 'copy'};
};

function clearAll(node: Move, to: Layout, emission: Emission): Step {
  return {kernel: 'clear', numbers: [to.address, bytesToClear(node, to, emission)]};
}

/** From the first number of an output to the last one. */
export function bytesToClear({output}: Move, to: Layout, {batch}: Emission): number {
  const last = (count: number, step: number) => (count - 1) * step;
  const {channels, height, width} = output;
  return last(channels, to.channelStep) + last(batch, to.imageStep) + last(height, to.lineStep) + width * to.columnStep;
}

function copies({input, from, to, loops}: Piece, out: Layout, {layouts, batch}: Emission): Step[] {
  const layout = layouts.get(input)!;
  if (loops.some(({count}) => count === 0)) return [];
  const all = mergedLoops([
    {count: batch, steps: [layout.imageStep, out.imageStep]},
    ...loops.map(loop => ({count: loop.count, steps: [bytesTo(loop.from, layout), bytesTo(loop.to, out)]})),
  ]);
  return copySteps(layout.address + bytesTo(from, layout), out.address + bytesTo(to, out), all);
}

/** Kernels know four loops: what is outside of these is written out. */
function copySteps(from: number, to: number, loops: readonly Loop[]): Step[] {
  if (loops.length <= 4) {
    const words = fourLoops(loops, 2).flatMap(({count, steps}) => [count, ...steps]);
    return [{kernel: 'copy', numbers: [from, to, ...words]}];
  }
  const [{count, steps}, ...inner] = loops as [Loop, ...Loop[]];
  return Array.from({length: count}, (_, i) => copySteps(from + i * steps[0]!, to + i * steps[1]!, inner)).flat();
}
