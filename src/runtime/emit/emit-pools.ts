import type {Pool, PoolAll} from '../graph/nodes.js';
import type {Emit} from './emitter.js';

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
