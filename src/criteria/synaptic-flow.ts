import * as tf from '@tensorflow/tfjs-core';
import {BackwardPass} from '../layers/backward-pass.js';
import type {MaskedWeight} from '../layers/masked-weight.js';
import {prunableLayers} from '../layers/model-layers.js';
import {layersWithin} from '../layers/inner-layers.js';
import {unchanged} from '../layers/unchanged.js';
import {withWholeNorms} from '../layers/with-whole-norms.js';
import {assign, differentiating, OwnStates, type LayerVariable, type Model} from '../tfjs-internals.js';
import {withLinearOutputs} from './linear-outputs.js';

/** Float32 ranges from 2^-126 to 2^128: the sum of all flows must stay well within. */
const [LEAST, MOST] = [2 ** -60, 2 ** 60];
/**
 * A weight with less than this fraction of all flow has lost it to saturated cells: in a linear network, all layers on
 * a path carry the same flow.
 */
const TRACE = 2 ** -24;

/** Factors for the parts of a model that keep its flow within float32. */
interface Scales {
  /** For the input and everything that is added on the way: biases, shifts, means. */
  readonly input: number;
  /** For the sum of the outputs. */
  readonly output: number;
  /** For recurrent kernels, which multiply at every time step. */
  readonly recurrence: number;
}

/**
 * First unscaled; then with ever less input, for cells that saturate or values that grow; then with more, for values
 * that vanish.
 */
const UNDAMPED = [0, -10, -20, -40, -80, -110, 40, 80, 110].map(exponent => ({input: 2 ** exponent, recurrence: 1}));
/** Finally with recurrent kernels scaled down, for values that still overflow over many time steps. */
const DAMPED = [1, 2, 3, 4, 6, 8].flatMap(halvings =>
  [0, -20, -60].map(exponent => ({input: 2 ** exponent, recurrence: 2 ** -halvings})),
);

/**
 * How much signal flows through each weight of a model that passes on absolute values:
 *
 *     S(w) = |w| * dR/d|w|,  R the sum of all outputs for an input of ones, with the absolute values of all variables
 *
 * The model is restored afterwards. If float32 can't hold the flow, or cells saturate so far that some weights get
 * none, then input, biases and R are scaled down or up, which changes no ranking in networks of linear layers and
 * rectifiers. If that is not enough, recurrent kernels are scaled, too. The result is that of the first scale at which
 * all weights get some flow, or else of the one at which most do.
 *
 * @returns one tensor per weight, yours to dispose.
 * @throws RangeError if an input has no fixed shape, or no finite signal comes out.
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
    `Expected a signal to flow through model "${model.name}" that float32 can hold, got ${best!.total} in total; ` +
      'a layer lets nothing through, or its values overflow for an input of ones',
  );
}

/** Flows, and how many of them are valid. */
interface MeasuredFlow {
  readonly flows: tf.Tensor[];
  /** How many weights get some flow. */
  readonly alive: number;
  readonly total: number;
}

/**
 * The flows, with the output scaled so that they are in the middle of the float32 range: they are proportional to it.
 */
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

/** The flows of one pass. */
function flowsAt(model: Model, weights: readonly MaskedWeight[], scales: Scales): tf.Tensor[] {
  const inputs = inputShapes(model);
  const pass = new BackwardPass();
  const stops = weights.map(weight => pass.watch(weight));
  const states = new OwnStates(layersWithin(model));
  try {
    return unchanged(model.weights, () => {
      for (const variable of sizesIn(model)) {
        assign(variable, tf.mul(tf.abs(variable.read()), scaleOf(variable, scales)));
      }
      const flow = () => {
        const ones = inputs.map(shape => tf.fill(shape, scales.input));
        const outputs = [withWholeNorms(model, () => model.call(ones, {training: false}))].flat();
        return tf.addN(outputs.map(output => tf.sum(tf.mul(output, scales.output))));
      };
      const kernels = weights.map(({kernel}) => kernel.read());
      withLinearOutputs(model, () => states.during(() => differentiating(() => tf.grads(flow)(kernels))));
      return weights.map(weight => flowThrough(weight, pass));
    });
  } finally {
    states.dispose();
    stops.forEach(stop => stop());
    pass.clear();
  }
}

function flowThrough(weight: MaskedWeight, pass: BackwardPass): tf.Tensor {
  const seen = pass.of(weight);
  return seen ? tf.abs(tf.mul(seen.kernel, seen.gradient)) : tf.zerosLike(weight.kernel.read());
}

/** All variables that signals are multiplied with or added to; not those that parametrizations compute weights from. */
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

/** The shapes of one sample, or of a batch of fixed size. */
function inputShapes({inputs}: Model): number[][] {
  return inputs.map(({name, shape: [batch, ...sizes]}) => {
    if (!sizes.includes(null)) return [batch ?? 1, ...(sizes as number[])];
    throw new RangeError(
      `Expected input "${name}" to have a fixed shape for a pass of its own, got ` +
        `[${sizes.map(size => size ?? 'any').join()}]`,
    );
  });
}
