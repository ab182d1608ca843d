import * as tf from '@tensorflow/tfjs';
import {prunable, type DeclaredGate, type Structure} from 'tfjs-pruning';
import {gatedLayers} from '../../src/gates/gated-layers.js';
import type {WeightGate} from '../../src/gates/weight-gate.js';
import {assign} from '../../src/tfjs-internals.js';
import {wrapper} from './masks.js';

/** The gates of a model, in the order of its layers. */
export const gatesIn = (model: tf.LayersModel): WeightGate[] =>
  gatedLayers(model).flatMap(({weightGates}) => weightGates);

/** A Dense layer `d` without bias, its kernel given by rows, with a gate; what it computes with; its variables. */
export class GatedKernel {
  readonly model: tf.Sequential;
  readonly gate: WeightGate;

  constructor(rows: number[][], gate: DeclaredGate, structure?: Structure) {
    const [inputs, units] = [rows.length, rows[0]!.length];
    const layer = tf.layers.dense({name: 'd', units, useBias: false, inputShape: [inputs], weights: [tf.tensor(rows)]});
    this.model = prunable(tf.sequential({layers: [layer]}), {gate, ...(structure && {structure})});
    [this.gate] = gatesIn(this.model) as [WeightGate];
  }

  get kernel() {
    return wrapper(this.model, 'd').maskedWeights[0]!.kernel;
  }

  /** The first variable of the gate. */
  get variable() {
    return this.gate.auxiliary[0]!.variable;
  }

  set(values: number[]): this {
    tf.tidy(() => assign(this.variable, tf.tensor(values, this.variable.shape as number[])));
    return this;
  }

  async drive({step = 0, progress = 0, sparsity = 0}: {step?: number; progress?: number; sparsity?: number} = {}) {
    await this.gate.drive({step, progress, sparsity});
    return this;
  }

  values(training: boolean): number[] {
    return tf.tidy(() => [...this.gate.values(training).dataSync()]);
  }

  openness(): number[] {
    return tf.tidy(() => [...this.gate.openness().dataSync()]);
  }

  /** The kernel that the layer computes with. */
  computed(training: boolean): number[] {
    return tf.tidy(() => [...this.#read(training).dataSync()]);
  }

  /** The gradients of the kernel's sum, weighted by `factors`, for the kernel and for the gate's first variable. */
  gradients(factors: number[], training = true): {kernel: number[]; gate: number[]} {
    return this.#gradientsOf(() => tf.sum(tf.mul(this.#read(training), this.#like(factors))));
  }

  /** The gradients of the openness, weighted by `factors`. */
  opennessGradient(factors: number[]): number[] {
    return this.#gradientsOf(() => tf.sum(tf.mul(tf.reshape(this.gate.openness(), [-1]), factors))).gate;
  }

  /** The slopes of a function of one of its variables, from differences. */
  slopes(variable: 'kernel' | 'gate', f: () => number[], factors: number[], step = 1e-2): number[] {
    const target = variable === 'kernel' ? this.kernel : this.variable;
    const first = [...target.read().dataSync()];
    const at = (values: number[]) => {
      tf.tidy(() => assign(target, tf.tensor(values, target.shape as number[])));
      return f().reduce((sum, value, i) => sum + value * factors[i]!, 0);
    };
    const slopes = first.map((_, i) => {
      const moved = (by: number) => at(first.map((value, j) => (i === j ? value + by : value)));
      return (moved(step) - moved(-step)) / (2 * step);
    });
    at(first);
    return slopes;
  }

  #read(training: boolean): tf.Tensor {
    return wrapper(this.model, 'd').maskedWeights[0]!.read({training});
  }

  #like(values: number[]): tf.Tensor {
    return tf.tensor(values, this.kernel.shape as number[]);
  }

  #gradientsOf(f: () => tf.Scalar): {kernel: number[]; gate: number[]} {
    return tf.tidy(() => {
      const variables = [this.kernel, this.variable].map(variable => variable.read() as tf.Variable);
      const {grads} = tf.variableGrads(
        f,
        variables.filter(({trainable}) => trainable),
      );
      const [kernel, gate] = variables.map(({name}) => [...(grads[name]?.dataSync() ?? [])]);
      return {kernel: kernel!, gate: gate!};
    });
  }
}

/** Expects two lists of numbers to be equal to some digits. */
export function expectClose(values: number[], expected: number[], digits = 4): void {
  expect(values).toHaveLength(expected.length);
  values.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, digits));
}
