import * as tf from '@tensorflow/tfjs-core';
import type {MaskedWeight} from '../layers/masked-weight.js';
import {withLinearOutputs} from '../passes/linear-outputs.js';
import {Observer} from '../passes/observer.js';
import {assign, differentiating, rested, type LayerVariable, type Model} from '../tfjs-internals.js';
import {prunableLayers} from '../layers/model-layers.js';
import {layersWithin} from '../layers/prunable-weights.js';
import {unchanged} from '../layers/unchanged.js';

/** Single precision ends at 2^-126 and 2^128: what all flows are together is to stay well within. */
const [LEAST, MOST] = [2 ** -60, 2 ** 60];
/**
 * Less than this part of all flow is lost where cells saturate: in a net that is linear all layers on one path share it
 * alike.
 */
const TRACE = 2 ** -24;

/** By what the parts of a model are multiplied, so that single precision can hold what flows through. */
interface Scales {
  /** The input, and all that is added on the way: biases, shifts, means. */
  readonly input: number;
  /** The sum of the outputs. */
  readonly output: number;
  /** Recurrent kernels: what comes back over many steps. */
  readonly recurrence: number;
}

/** As it is; with less and less input, where cells saturate or numbers grow; then with more, where they vanish. */
const UNDAMPED = [0, -10, -20, -40, -80, -110, 40, 80, 110].map(exponent => ({input: 2 ** exponent, recurrence: 1}));
/** What still grows beyond all numbers over many steps is damped. */
const DAMPED = [1, 2, 3, 4, 6, 8].flatMap(halvings =>
  [0, -20, -60].map(exponent => ({input: 2 ** exponent, recurrence: 2 ** -halvings})),
);

const FLOW = {
  observe: (weight: tf.Tensor, gradient: tf.Tensor) => tf.abs(tf.mul(weight, gradient)),
  score: (_weight: tf.Tensor, flow: tf.Tensor | undefined) => flow!,
};

/**
 * How much of the signal flows through each weight when a model passes on nothing but sizes:
 *
 *     S(w) = |w| * dR/d|w|,  R the sum of all outputs to an input of ones, all variables by their absolute values
 *
 * Afterwards the model is what it was. Where single precision can't hold the flow, or cells saturate so far that none
 * is left of it in some weights, input, biases and R are scaled, down or up, which changes no ranking in nets of linear
 * layers and rectifiers; where that is not enough, recurrent kernels are, too. The first scale goes at which flow is
 * left in all weights, or in the most.
 *
 * @returns one tensor a weight, yours to dispose.
 * @throws RangeError where an input has no fixed shape, or where no signal, or one without measure, comes out.
 */
export async function synapticFlow(model: Model, weights: readonly MaskedWeight[]): Promise<tf.Tensor[]> {
  const tries = model.weights.some(isRecurrent) ? [...UNDAMPED, ...DAMPED] : UNDAMPED;
  let best: MeasuredFlow | undefined;
  for (const scales of tries) {
    const measured = await measuredAt(model, weights, scales);
    const isBetter = !best || measured.alive > best.alive;
    tf.dispose(isBetter ? (best?.flows ?? []) : measured.flows);
    if (isBetter) best = measured;
    if (best!.alive === weights.length) return best!.flows;
  }
  if (best!.alive > 0) return best!.flows;
  tf.dispose(best!.flows);
  throw new RangeError(
    `Expected a signal to flow through model "${model.name}" that single precision can measure, got ${best!.total} in all; ` +
      'a layer lets nothing through, or what it makes of an input of ones grows without bounds',
  );
}

/** Flows, and how far they can be told. */
interface MeasuredFlow {
  readonly flows: tf.Tensor[];
  /** In how many weights some is left. */
  readonly alive: number;
  readonly total: number;
}

/** At an output scale, to which flows are proportional, that keeps them in the middle of single precision. */
async function measuredAt(
  model: Model,
  weights: readonly MaskedWeight[],
  scales: Omit<Scales, 'output'>,
): Promise<MeasuredFlow> {
  const output = Math.max(1, scales.input);
  const first = await measure(flowsAt(model, weights, {...scales, output}));
  if (first.total === 0 || (first.total >= LEAST && first.total <= MOST)) return first;
  tf.dispose(first.flows);
  const better = Number.isFinite(first.total) ? output * 2 ** -Math.round(Math.log2(first.total)) : scales.input;
  return measure(flowsAt(model, weights, {...scales, output: better}));
}

async function measure(flows: tf.Tensor[]): Promise<MeasuredFlow> {
  const sums = tf.tidy(() => tf.stack(flows.map(flow => tf.sum(flow))));
  const values = Array.from(await sums.data<'float32'>());
  sums.dispose();
  const total = values.reduce((sum, value) => sum + value, 0);
  const alive = Number.isFinite(total) ? values.filter(value => value > total * TRACE).length : 0;
  return {flows, alive, total};
}

/** In one pass. */
function flowsAt(model: Model, weights: readonly MaskedWeight[], scales: Scales): tf.Tensor[] {
  const inputs = inputShapes(model);
  const observer = new Observer(weights, FLOW);
  observer.start();
  const putBack = rested(layersWithin(model));
  try {
    return unchanged(model.weights, () => {
      for (const variable of sizesIn(model)) {
        assign(variable, tf.mul(tf.abs(variable.read()), scaleOf(variable, scales)));
      }
      const flow = () => {
        const ones = inputs.map(shape => tf.fill(shape, scales.input));
        const outputs = [model.call(ones, {training: false})].flat();
        return tf.addN(outputs.map(output => tf.sum(tf.mul(output, scales.output))));
      };
      const kernels = weights.map(({kernel}) => kernel.read());
      withLinearOutputs(model, () => differentiating(() => tf.grads(flow)(kernels)));
      observer.endPass();
      return weights.map(weight => tf.clone(observer.observed(weight) ?? tf.zerosLike(weight.kernel.read())));
    });
  } finally {
    putBack();
    observer.dispose();
  }
}

/** All variables that signals are multiplied with or added to: not what parametrizations compute weights by. */
function sizesIn(model: Model): LayerVariable[] {
  const masked = prunableLayers(model).flatMap(({layer}) => layer.maskedWeights);
  const auxiliary = new Set(masked.flatMap(weight => weight.auxiliary.map(({variable}) => variable)));
  return model.weights.filter(variable => !auxiliary.has(variable));
}

function scaleOf(variable: LayerVariable, {input, recurrence}: Scales): number {
  if (isRecurrent(variable)) return recurrence;
  return /(bias|beta|moving_mean)$/.test(variable.originalName) ? input : 1;
}

function isRecurrent({originalName}: LayerVariable): boolean {
  return originalName.endsWith('recurrent_kernel');
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
