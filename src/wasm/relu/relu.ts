import {elementwiseGradient} from '../backend/elementwise-gradient.js';

/** The gradient of Relu, which tf.js composes of three ops: `dx = x > 0 ? dy : 0`. */
const reluGrad = elementwiseGradient('x', ({compiled}, addresses, {size}) => compiled.reluGrad(...addresses, size));

export const gradients = {Relu: reluGrad};
