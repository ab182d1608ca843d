import type {Tensor, TensorInfo, _FusedMatMulAttrs, _FusedMatMulInputs} from '@tensorflow/tfjs-core';
import {add, elu, leakyRelu, matMul, prelu, relu, relu6, sigmoid, tidy, util} from '@tensorflow/tfjs-core';
import {refuse} from '../backend/install-kernel.js';
import type {KernelArgs} from '../backend/install-kernel.js';

type Args = KernelArgs<_FusedMatMulInputs, _FusedMatMulAttrs>;

/**
 * _FusedMatMul, a product with bias and activation. The stock kernel is right for two matrices, neither transposed, as
 * in a dense layer. For a transposed matrix or a batch of them it silently adds other numbers than the bias, and for an
 * empty matrix it returns whatever the heap holds.
 */
function fusedMatMul({inputs, attrs, stock}: Args): TensorInfo {
  const [a, b] = [inputs.a as Tensor, inputs.b as Tensor];
  // tf.js allows both to be missing, unlike the type of our inputs.
  const {bias, preluActivationWeights} = inputs as Partial<typeof inputs>;
  const {transposeA, transposeB, activation, leakyreluAlpha} = attrs;
  const isPlain = !transposeA && !transposeB && isFull(a) && isFull(b);
  if (isPlain || a.dtype !== 'float32' || b.dtype !== 'float32') return stock();
  const activations: Record<string, (x: Tensor) => Tensor> = {
    linear: x => x,
    relu,
    relu6,
    elu,
    sigmoid,
    leakyrelu: x => leakyRelu(x, leakyreluAlpha),
    prelu: x => prelu(x, preluActivationWeights as Tensor),
  };
  const activate = activations[activation];
  if (!activate) refuse('_FusedMatMul', Object.keys(activations).join(' or '), activation, 'apply it afterwards');
  return tidy(() => {
    const product = matMul(a, b, transposeA, transposeB);
    return activate(bias ? add(product, bias as Tensor) : product);
  });
}

/** Whether a tensor is a single matrix, and not empty. */
function isFull({shape}: TensorInfo): boolean {
  return util.sizeFromShape(shape.slice(0, -2)) === 1 && util.sizeFromShape(shape) > 0;
}

export const kernels = {_FusedMatMul: fusedMatMul};
