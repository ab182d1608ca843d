import type {Dot, Normalize} from '../graph/nodes.js';
import type {Layout} from '../plan/layout.js';
import {runsOf} from './emit-softmax.js';
import type {Emit} from './emitter.js';

export const emitNormalize: Emit<Normalize> = ({input, output, by, epsilon}, emission) => {
  const [from, to] = [emission.layouts.get(input)!, emission.layouts.get(output)!];
  const places = to.isDense
    ? [from.address, to.address, output.channels, from.channelStep, to.channelStep, 1, 0, 1]
    : runsOf(input, output, emission);
  const numbers = [...places, Number(by === 'deviation')];
  return {steps: [{kernel: 'normalize', numbers, floats: [epsilon]}], kernel: 'normalize'};
};

export const emitDot: Emit<Dot> = ({inputs: [a, b], output}, {layouts, batch}) => {
  const [as, bs, to] = [a, b, output].map(value => layouts.get(value)!) as [Layout, Layout, Layout];
  const numbers = [
    ...[as.address, as.imageStep, as.channelStep],
    ...[bs.address, bs.imageStep, bs.columnStep, bs.channelStep],
    ...[to.address, to.imageStep, to.channelStep],
    ...[batch, a.width, b.width, a.channels],
  ];
  return {steps: [{kernel: 'dot', numbers}], kernel: 'dot'};
};
