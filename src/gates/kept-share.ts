import * as tf from '@tensorflow/tfjs-core';
import type {LayerWithGates} from './gated-layers.js';
import type {GatedTensor} from './gated-tensor.js';
import type {WeightGate} from './weight-gate.js';

/** What gates can save. */
export interface GatedCosts {
  /** The kernels with gated slices, and what each costs if all of its groups are open. */
  readonly kernels: readonly {readonly tensors: readonly GatedTensor[]; readonly cost: number}[];
  /** What is not gated costs. */
  readonly fixed: number;
}

/** The kernels with gated slices of some layers, at the cost of one for each weight unless `costOf` says otherwise. */
export function gatedKernels(
  layers: readonly LayerWithGates[],
  costOf: (kernelId: number, size: number) => number = (_, size) => size,
): GatedCosts['kernels'] {
  return layers.flatMap(({maskedWeights, gatedTensors}) =>
    maskedWeights.flatMap(({kernel}) => {
      const tensors = gatedTensors.filter(({variable}) => variable.id === kernel.id);
      return tensors.length === 0
        ? []
        : [{tensors, cost: costOf(kernel.id, tf.util.sizeFromShape(kernel.shape as number[]))}];
    }),
  );
}

/**
 * The fraction of the costs that is left when each group is as open as given: for a kernel whose inputs and outputs are
 * both gated, the product of what is left of them.
 *
 * @param opennessOf one value for each group of a gate, in [0, 1].
 */
export function keptShare({kernels, fixed}: GatedCosts, opennessOf: (gate: WeightGate) => tf.Tensor): tf.Scalar {
  const known = new Map<WeightGate, tf.Tensor>();
  const openness = (gate: WeightGate) => {
    const own = known.get(gate) ?? opennessOf(gate);
    known.set(gate, own);
    return own;
  };
  const left = kernels.map(({tensors, cost}) =>
    tensors.reduce<tf.Tensor>((share, tensor) => tf.mul(share, tensor.mean(openness)), tf.scalar(cost)),
  );
  const total = kernels.reduce((sum, {cost}) => sum + cost, fixed);
  return tf.div(tf.add(tf.addN(left), fixed), total);
}
