import {FUNCTIONS, type MapEach, type Pool, type PoolAll, type Softmax} from '../graph/nodes.js';
import type {Value} from '../graph/value.js';
import type {Emission, Emit} from './emitter.js';

/** Both layouts, channel by channel and run by run; a vector is one run. */
export function runsOf(input: Value, output: Value, {layouts}: Emission): number[] {
  const [from, to] = [layouts.get(input)!, layouts.get(output)!];
  if (to.isDense) return [from.address, to.address, 1, 0, 0, 1, 0, output.channels];
  const {channelStep, imageStep, runs, runLength} = to;
  return [from.address, to.address, output.channels, from.channelStep, channelStep, runs, imageStep, runLength];
}

export const emitMap: Emit<MapEach> = ({input, output, apply, alpha}, emission) => {
  const numbers = [...runsOf(input, output, emission), FUNCTIONS.indexOf(apply)];
  return {steps: [{kernel: 'map', numbers, floats: [alpha]}], kernel: apply};
};

export const emitSoftmax: Emit<Softmax> = ({input, output, isLog}, emission) => {
  const [from, to] = [emission.layouts.get(input)!, emission.layouts.get(output)!];
  const kernel = isLog ? 'log softmax' : 'softmax';
  if (to.isDense) {
    const numbers = [from.address, to.address, output.channels, Number(isLog)];
    return {steps: [{kernel: 'softmaxOfVector', numbers}], kernel};
  }
  return {steps: [{kernel: 'softmax', numbers: [...runsOf(input, output, emission), Number(isLog)]}], kernel};
};

export const emitPool: Emit<Pool> = ({input, output, isMax, down, right}, {layouts, batch, fixed}) => {
  const [from, to] = [layouts.get(input)!, layouts.get(output)!];
  const scratch = fixed.room(4 * input.width + 16);
  const numbers = [
    ...[from.address, to.address, output.channels, from.channelStep, to.channelStep],
    ...[batch, from.imageStep, to.imageStep, from.lineStep, to.lineStep],
    ...[input.height, output.height, down.size, down.stride, down.before],
    ...[input.width, output.width, right.size, right.stride, right.before],
    ...[Number(isMax), scratch],
  ];
  return {steps: [{kernel: 'pool', numbers}], kernel: isMax ? 'max pool' : 'mean pool'};
};

export const emitPoolAll: Emit<PoolAll> = ({input, output, isMax}, {layouts, batch}) => {
  const [from, to] = [layouts.get(input)!, layouts.get(output)!];
  const numbers = [
    ...[from.address, to.address, output.channels, from.channelStep, to.channelStep],
    ...[batch, from.imageStep, to.imageStep, input.height, from.lineStep, input.width],
    Number(isMax),
  ];
  return {steps: [{kernel: 'poolAll', numbers}], kernel: isMax ? 'max' : 'mean'};
};
