import {COMBINATIONS, type Combine} from '../graph/nodes.js';
import type {Layout} from '../plan/layout.js';
import type {Emit} from './emitter.js';
import {fourLoops, mergedLoops, type Loop} from './loops.js';

export const emitCombine: Emit<Combine> = ({inputs, output, apply}, {layouts, batch}) => {
  const to = layouts.get(output)!;
  const [a, b] = inputs.map(value => layouts.get(value)!) as [Layout, Layout];
  const along = (field: 'height' | 'width' | 'channels', step: keyof Layout & `${string}Step`): Loop => {
    const steps = inputs.map(value => (value[field] === 1 ? 0 : layouts.get(value)![step]));
    return {count: output[field], steps: [...steps, to[step]]};
  };
  const loops = mergedLoops([
    along('channels', 'channelStep'),
    {count: batch, steps: [a.imageStep, b.imageStep, to.imageStep]},
    along('height', 'lineStep'),
    along('width', 'columnStep'),
  ]);
  const words = fourLoops(loops, 3).flatMap(({count, steps}) => [count, ...steps]);
  const numbers = [COMBINATIONS.indexOf(apply), a.address, b.address, to.address, ...words];
  return {steps: [{kernel: 'combine', numbers}], kernel: apply};
};
