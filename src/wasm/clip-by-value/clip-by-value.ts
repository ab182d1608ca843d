import {elementwiseGradient} from '../backend/elementwise-gradient.js';

/** The gradient of ClipByValue, which tf.js composes of five ops: `dx = low <= x <= high ? dy : 0`. */
const clipByValueGrad = elementwiseGradient('x', ({compiled, attrs}, addresses, {size}) => {
  compiled.clipByValueGrad(...addresses, size, Number(attrs['clipValueMin']), Number(attrs['clipValueMax']));
});

export const gradients = {ClipByValue: clipByValueGrad};
