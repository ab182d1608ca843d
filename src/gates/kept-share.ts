import * as tf from '@tensorflow/tfjs-core';
import type {LayerWithGates} from './gated-layers.js';
import type {GatedTensor} from './gated-tensor.js';
import {sliceShares} from './slice-shares.js';
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

/** A mean over the groups of a gate. */
export interface GroupMean {
  readonly gate: WeightGate;
  /** What each group weighs in it, 1 together; undefined if all weigh the same. */
  readonly weights: Float32Array | undefined;
}

/** What is left of a kernel along some of its axes: of the part `share` of its slices as much as a mean says. */
interface Factor {
  readonly always: number;
  readonly gated: readonly {readonly mean: number; readonly share: number}[];
}

/** What a kernel costs, of which the product of some factors is left. */
interface FactoredCost {
  readonly cost: number;
  readonly factors: readonly Factor[];
}

/**
 * The fraction of the costs that is left when each group is as open as given: for a kernel whose inputs and outputs are
 * both gated, the product of what is left of them. A few means over groups decide it, which are all that is read from
 * the backend.
 */
export class KeptShare {
  /** The means that decide it: first that of each gate, then those that weigh groups by their slices of some tensor. */
  readonly means: readonly GroupMean[];
  /** All costs if every gate is open. */
  readonly total: number;
  readonly #fixed: number;
  readonly #kernels: readonly FactoredCost[];

  private constructor(means: readonly GroupMean[], kernels: readonly FactoredCost[], fixed: number) {
    this.means = means;
    this.total = kernels.reduce((sum, {cost}) => sum + cost, fixed);
    this.#fixed = fixed;
    this.#kernels = kernels;
  }

  /** Reads from the groups of tensors how many slices each group has. */
  static async of(gates: readonly WeightGate[], {kernels, fixed}: GatedCosts): Promise<KeptShare> {
    const means: GroupMean[] = gates.map(gate => ({gate, weights: undefined}));
    const numberOf = (gate: WeightGate, weights: Float32Array | undefined) =>
      weights ? means.push({gate, weights}) - 1 : gates.indexOf(gate);
    const factorOf = async (tensor: GatedTensor): Promise<Factor> => {
      const gated = (await sliceShares(tensor)).map(({gate, share, among}) => ({mean: numberOf(gate, among), share}));
      return {gated, always: 1 - gated.reduce((sum, {share}) => sum + share, 0)};
    };
    const read = [];
    for (const {tensors, cost} of kernels) {
      const factors: Factor[] = [];
      for (const tensor of tensors) factors.push(await factorOf(tensor));
      read.push({cost, factors});
    }
    return new KeptShare(means, read, fixed);
  }

  /** The fraction that is left, from the value of each mean. */
  at(means: readonly number[]): number {
    const left = this.#kernels.map(({cost, factors}) => cost * leftOf(factors, means));
    return left.reduce((a, b) => a + b, this.#fixed) / this.total;
  }

  /** The same times a strength, as a term of the loss that moves some gates. */
  loss(strength: number, means: readonly number[], gates: readonly WeightGate[]): tf.Scalar {
    return tf.customGrad(() => ({
      value: tf.scalar(strength * this.at(means)),
      gradFunc: dy => gates.map(gate => tf.mul(dy, this.#slopesOf(gate, means, strength))),
    }))(...gates.map(gate => gate.openness()));
  }

  /** The slope for each group of a gate. */
  #slopesOf(gate: WeightGate, means: readonly number[], strength: number): tf.Tensor {
    const slopes = new Float32Array(gate.count);
    this.means.forEach((mean, i) => {
      if (mean.gate !== gate) return;
      const slope = strength * this.#slope(i, means);
      if (mean.weights) mean.weights.forEach((weight, group) => (slopes[group]! += slope * weight));
      else slopes.fill(slope / gate.count);
    });
    return tf.tensor(slopes, [...gate.shape]);
  }

  /** The slope for one of the means. */
  #slope(mean: number, means: readonly number[]): number {
    let slope = 0;
    for (const {cost, factors} of this.#kernels) {
      for (const factor of factors) {
        const others = factors.filter(other => other !== factor);
        for (const part of factor.gated) if (part.mean === mean) slope += cost * part.share * leftOf(others, means);
      }
    }
    return slope / this.total;
  }
}

/** The mean of the values of a gate's groups. */
export function meanOf({gate, weights}: GroupMean, values: tf.Tensor): tf.Tensor {
  return weights ? tf.sum(tf.mul(values, tf.tensor(weights, [...gate.shape]))) : tf.mean(values);
}

function leftOf(factors: readonly Factor[], means: readonly number[]): number {
  return factors.reduce(
    (product, {always, gated}) => product * gated.reduce((sum, {mean, share}) => sum + share * means[mean]!, always),
    1,
  );
}
