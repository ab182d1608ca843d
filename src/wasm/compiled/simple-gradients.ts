import {util} from '@tensorflow/tfjs-core';
import {asTensor} from './override-gradient.js';
import type {CompiledGradient, GradientArgs} from './override-gradient.js';
import {addressOf, areFloats} from './prefer-compiled.js';
import {spread} from './reductions.js';

/** The gradient of Relu: `dx = x > 0 ? dy : 0`. */
export const reluGradient: CompiledGradient = args => {
  const {kernels, saved} = args;
  return elementwise(args, 'x', addresses => {
    kernels.reluGrad(...addresses, saved[0]!.size);
  });
};

/** The gradient of ClipByValue: `dx = low <= x <= high ? dy : 0`. */
export const clipGradient: CompiledGradient = args => {
  const {kernels, saved, attrs} = args;
  return elementwise(args, 'x', addresses => {
    kernels.clipGrad(...addresses, saved[0]!.size, Number(attrs['clipValueMin']), Number(attrs['clipValueMax']));
  });
};

/** The gradient of Softmax, from its output y: `dx = y (dy - sum of dy y)`, the sum along the last axis. */
export const softmaxGradient: CompiledGradient = args => {
  const {kernels, saved} = args;
  return elementwise(args, 'logits', addresses => {
    const [columns, size] = [saved[0]!.shape.at(-1)!, saved[0]!.size];
    kernels.softmaxGrad(...addresses, size / columns, columns);
  });
};

/** A gradient of the shape of dy and of what was saved; `run` gets the addresses of both and of the gradient. */
function elementwise(
  {dy, saved: [kept], backend}: GradientArgs,
  input: string,
  run: (addresses: number[]) => void,
): ReturnType<CompiledGradient> {
  if (!kept || !areFloats(dy, kept)) return undefined;
  const out = backend.makeOutput(kept.shape, 'float32');
  run([dy, kept, out].map(tensor => addressOf(backend, tensor)));
  const gradient = asTensor(out);
  return {[input]: () => gradient};
}

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
