import {util} from '@tensorflow/tfjs-core';
import {asTensor} from './override-gradient.js';
import type {CompiledGradient, GradientArgs} from './override-gradient.js';
import {addressOf, areFloats} from './prefer-compiled.js';
import {spread} from './reductions.js';

/** The gradient of Relu: `dx = x > 0 ? dy : 0`. */
export const reluGradient: CompiledGradient = ({dy, saved: [x], backend, kernels}) => {
  if (!x || !areFloats(dy, x)) return undefined;
  const out = backend.makeOutput(x.shape, 'float32');
  const addresses = [dy, x, out].map(tensor => addressOf(backend, tensor));
  kernels.reluGrad(...addresses, x.size);
  const dx = asTensor(out);
  return {x: () => dx};
};

/** The gradient of Sum: dy, repeated along the axes that were summed. */
export const sumGradient: CompiledGradient = args => spreadGradient(args, () => 1);

/** The gradient of Mean: as that of Sum, by the number of what was averaged. */
export const meanGradient: CompiledGradient = args => spreadGradient(args, count => 1 / count);

function spreadGradient({dy, saved: [x], attrs, backend, kernels}: GradientArgs, scaleOf: (count: number) => number) {
  if (!x || !areFloats(dy, x)) return undefined;
  const axes = util.parseAxisParam(attrs['axis'] as number[], x.shape);
  const scale = scaleOf(util.sizeFromShape(axes.map(axis => x.shape[axis]!)));
  const dx = asTensor(spread(backend, kernels, dy, {shape: x.shape, axes, scale}));
  return {x: () => dx};
}
