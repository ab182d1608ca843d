import {FUNCTIONS, type MapEach} from '../graph/nodes.js';
import {runsOf} from './emit-softmax.js';
import type {Emit} from './emitter.js';

export const emitMap: Emit<MapEach> = ({input, output, apply, alpha}, emission) => {
  const numbers = [...runsOf(input, output, emission), FUNCTIONS.indexOf(apply)];
  return {steps: [{kernel: 'map', numbers, floats: [alpha]}], kernel: apply};
};
