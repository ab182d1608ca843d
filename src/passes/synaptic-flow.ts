import * as tf from '@tensorflow/tfjs-core';
import type {MaskedWeight} from '../layers/masked-weight.js';
import {withLinearOutputs} from './linear-outputs.js';
import {Observer} from './observer.js';
import {assign, differentiating, type Model} from '../tfjs-internals.js';
import {unchanged} from '../layers/unchanged.js';

/** Single precision ends at 2^-126 and 2^128: what all flows are together is to stay well within. */
const [LEAST, MOST] = [2 ** -60, 2 ** 60];
const RESCALE = 2 ** 40;
const MOST_TRIES = 4;

const FLOW = {
  observe: (weight: tf.Tensor, gradient: tf.Tensor) => tf.abs(tf.mul(weight, gradient)),
  score: (_weight: tf.Tensor, flow: tf.Tensor | undefined) => flow!,
};

/**
 * How much of the signal flows through each weight when a model passes on nothing but sizes:
 *
 *     S(w) = |w| * dR/d|w|,  R the sum of all outputs to an input of ones, all variables by their absolute values
 *
 * Afterwards the model is what it was. Where the flow leaves single precision, the input and R are scaled, which changes no
 * ranking where there are no biases.
 *
 * @returns one tensor a weight, yours to dispose.
 * @throws RangeError where an input has no fixed shape, or where no signal, or one without measure, comes out.
 */
export async function synapticFlow(model: Model, weights: readonly MaskedWeight[]): Promise<tf.Tensor[]> {
  let scale = 1;
  let total = NaN;
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const flows = flowsAt(model, weights, scale);
    total = await sumOf(flows);
    if (total >= LEAST && total <= MOST) return flows;
    tf.dispose(flows);
    scale *= total < LEAST ? RESCALE : 1 / RESCALE;
  }
  throw new RangeError(
    `Expected a signal to flow through model "${model.name}" that single precision can measure, got ${total} in all; ` +
      'a layer lets nothing through, or what it makes of an input of ones grows without bounds',
  );
}

/** In one pass; the scale is the input's and that of R. */
function flowsAt(model: Model, weights: readonly MaskedWeight[], scale: number): tf.Tensor[] {
  const inputs = inputShapes(model);
  const observer = new Observer(weights, FLOW);
  observer.start();
  try {
    return unchanged(model.weights, () => {
      for (const variable of model.weights) assign(variable, tf.abs(variable.read()));
      const flow = () => {
        const outputs = [
          model.call(
            inputs.map(shape => tf.fill(shape, scale)),
            {training: false},
          ),
        ].flat();
        return tf.addN(outputs.map(output => tf.sum(tf.mul(output, scale))));
      };
      differentiating(() => withLinearOutputs(model, () => tf.grads(flow)(weights.map(({kernel}) => kernel.read()))));
      observer.endPass();
      return weights.map(weight => tf.clone(observer.observed(weight) ?? tf.zerosLike(weight.kernel.read())));
    });
  } finally {
    observer.dispose();
  }
}

/** Of one sample, where the batch has no fixed size. */
function inputShapes({inputs}: Model): number[][] {
  return inputs.map(({name, shape: [batch, ...sizes]}) => {
    if (!sizes.includes(null)) return [batch ?? 1, ...(sizes as number[])];
    throw new RangeError(
      `Expected input "${name}" to have a fixed shape for a pass of its own, got [${sizes.map(size => size ?? 'any').join()}]`,
    );
  });
}

async function sumOf(tensors: readonly tf.Tensor[]): Promise<number> {
  const sum = tf.tidy(() => tf.addN(tensors.map(tensor => tf.sum(tensor))));
  const [value] = await sum.data();
  sum.dispose();
  return value!;
}
