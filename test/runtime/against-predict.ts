import * as tf from '@tensorflow/tfjs';
import {built} from '../../src/runtime/built.js';
import type {MachineKind} from '../../src/runtime/machine.js';
import {sourceOfModel} from '../../src/runtime/source/layers-model.js';
import {randomInputs} from '../support/surgery-oracle.js';
import type {Model} from '../../src/tfjs-internals.js';

const MACHINES: readonly MachineKind[] = ['SIMD', 'JavaScript'];

/** What a model predicts, and the shapes. */
export function predicted(model: Model, inputs: tf.Tensor[]): Float32Array[] {
  return tf.tidy(() => [model.predict(inputs)].flat().map(output => output.dataSync<'float32'>()));
}

/**
 * Expects the compiled model to compute what `model.predict` does, in each of two runs, on each kind of machine; with
 * `others` tf.js may run layers.
 */
export async function expectPredicted(
  model: Model,
  {batch = 2, inputs = randomInputs(model, batch), tolerance = 1e-4, machines = MACHINES, others = false} = {},
): Promise<void> {
  const expected = predicted(model, inputs);
  const source = await sourceOfModel(model);
  const shapes = inputs.map(({shape}) => shape.slice(1));
  for (const machine of machines) {
    const fast = await built(source, {batch, inputShapes: shapes, machines: [machine], ...(others && {tf})});
    const numbers = inputs.map(input => input.dataSync() as Float32Array);
    for (let run = 0; run < 2; run++) expectClose([fast.run(numbers)].flat(), expected, tolerance);
    fast.dispose();
  }
  tf.dispose(inputs);
}

/** Expects numbers that differ by at most a share of the largest. */
export function expectClose(got: readonly Float32Array[], expected: readonly Float32Array[], tolerance: number): void {
  expect(got.map(({length}) => length)).toEqual(expected.map(({length}) => length));
  expected.forEach((output, i) => {
    const scale = output.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const error = output.reduce((most, value, j) => Math.max(most, Math.abs(value - got[i]![j]!)), 0);
    expect(got[i]!.every(Number.isFinite)).toBe(output.every(Number.isFinite));
    expect(error).toBeLessThanOrEqual(tolerance * scale + 1e-7);
  });
}

/** Makes a share of the weights zero, at random. */
export function thinOut(model: Model, sparsity: number): void {
  tf.tidy(() => {
    model.setWeights(
      model.getWeights().map((weight, i) => {
        if (weight.rank < 2) return weight;
        return tf.where(tf.less(tf.randomUniform(weight.shape, 0, 1, 'float32', i), sparsity), 0, weight);
      }),
    );
  });
}
