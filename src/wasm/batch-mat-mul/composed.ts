import type {BatchMatMulAttrs, BatchMatMulInputs, Tensor2D, TensorInfo} from '@tensorflow/tfjs-core';
import {broadcast_util, matMul, reshape, tidy, transpose, util, zeros} from '@tensorflow/tfjs-core';
import type {KernelArgs} from '../backend/install-kernel.js';

/**
 * The product of two matrices, one or both of them transposed, as in the gradient of a dense layer. XNNPACK is about
 * ten times as fast as the loop of the stock kernel but takes no transposed matrix, so transpose first.
 */
export function batchMatMul(args: KernelArgs<BatchMatMulInputs, BatchMatMulAttrs>): TensorInfo {
  const {inputs, attrs, stock} = args;
  const {a, b} = inputs;
  const {transposeA, transposeB} = attrs;
  if (a.dtype !== 'float32' || b.dtype !== 'float32') return stock();
  const [rows, inner] = matrixShape(a, transposeA);
  const [, columns] = matrixShape(b, transposeB);
  const batch = broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const outShape = [...batch, rows, columns];
  // XNNPACK refuses an empty matrix and returns whatever the heap holds; the stock loop traps on an empty batch.
  if (util.sizeFromShape(a.shape) * util.sizeFromShape(b.shape) === 0) return zeros(outShape);
  if (!isOneMatrix(a) || !isOneMatrix(b) || (!transposeA && !transposeB)) return stock();
  // A B = (B^T A^T)^T: take the one that moves fewer numbers, given that XNNPACK repacks its right factor.
  const [sizeA, sizeB] = [rows * inner, inner * columns];
  const straight = (transposeA ? sizeA : 0) + (transposeB ? 2 : 1) * sizeB;
  const mirrored = (transposeB ? 0 : sizeB) + (transposeA ? 1 : 2) * sizeA + rows * columns;
  return tidy(() => {
    const product =
      mirrored < straight
        ? transpose(matMul(asMatrix(b, !transposeB), asMatrix(a, !transposeA)))
        : matMul(asMatrix(a, transposeA), asMatrix(b, transposeB));
    return reshape(product, outShape);
  });
}

function isOneMatrix({shape}: TensorInfo): boolean {
  return util.sizeFromShape(shape.slice(0, -2)) === 1;
}

function matrixShape({shape}: TensorInfo, transposed: boolean): [number, number] {
  const [rows, columns] = shape.slice(-2) as [number, number];
  return transposed ? [columns, rows] : [rows, columns];
}

function asMatrix(tensor: TensorInfo, transposed: boolean): Tensor2D {
  const matrix: Tensor2D = reshape(tensor as Tensor2D, matrixShape(tensor, false));
  return transposed ? transpose(matrix) : matrix;
}
