import type {Tensor} from '@tensorflow/tfjs-core';
import {addressesOf, areFloats} from './heap.js';
import {asTensor} from './override-gradient.js';
import type {CompiledGradient, GradientArgs} from './override-gradient.js';

/** Writes the gradient, given dy and the saved tensor; `addresses` are of these three: dy, saved, gradient. */
type Compute = (args: GradientArgs, addresses: [dy: number, saved: number, dx: number], saved: Tensor) => void;

/** The gradient for `input` of a kernel that saves one tensor of the shape of its output. */
export function elementwiseGradient(input: string, compute: Compute): CompiledGradient {
  return args => {
    const {
      dy,
      saved: [saved],
      backend,
    } = args;
    if (!saved || !areFloats(dy, saved)) return undefined;
    const out = backend.makeOutput(saved.shape, 'float32');
    compute(args, addressesOf(backend, dy, saved, out), saved);
    const gradient = asTensor(out);
    return {[input]: () => gradient};
  };
}
