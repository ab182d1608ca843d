import type {Softmax} from '../graph/nodes.js';
import type {Value} from '../graph/value.js';
import type {Emission, Emit} from './emitter.js';

/** Both layouts, channel by channel and run by run; a vector is one run. */
export function runsOf(input: Value, output: Value, {layouts}: Emission): number[] {
  const [from, to] = [layouts.get(input)!, layouts.get(output)!];
  if (to.isDense) return [from.address, to.address, 1, 0, 0, 1, 0, output.channels];
  const {channelStep, imageStep, runs, runLength} = to;
  return [from.address, to.address, output.channels, from.channelStep, channelStep, runs, imageStep, runLength];
}

export const emitSoftmax: Emit<Softmax> = ({input, output, isLog}, emission) => {
  const [from, to] = [emission.layouts.get(input)!, emission.layouts.get(output)!];
  const kernel = isLog ? 'log softmax' : 'softmax';
  if (to.isDense) {
    const numbers = [from.address, to.address, output.channels, Number(isLog)];
    return {steps: [{kernel: 'softmaxOfVector', numbers}], kernel};
  }
  return {steps: [{kernel: 'softmax', numbers: [...runsOf(input, output, emission), Number(isLog)]}], kernel};
};
