import {elementwiseGradient} from '../backend/elementwise-gradient.js';

/** The gradient of Softmax, from its output y: `dx = y (dy - sum of dy y)`, summed along the last axis. */
const softmaxGrad = elementwiseGradient('logits', ({compiled}, addresses, {shape, size}) => {
  const columns = shape.at(-1)!;
  compiled.softmaxGrad(...addresses, size / columns, columns);
});

export const gradients = {Softmax: softmaxGrad};
