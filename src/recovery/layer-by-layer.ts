import * as tf from '@tensorflow/tfjs-core';
import type {LongWork} from '../display/long-work.js';
import {layersWithin} from '../layers/inner-layers.js';
import {reportBatches} from '../passes/batch-steps.js';
import type {DataArgs} from '../passes/data.js';
import {eachBatch, type FittingBatch} from '../passes/each-batch.js';
import {weightIn} from '../layers/prunable-weights.js';
import {OwnStates, type Model} from '../tfjs-internals.js';
import {commit, type Found} from './commit.js';
import {Draft} from './draft.js';
import {LayerCalls} from './layer-calls.js';
import {fromMatrices, productIn, toMatrices, type LinearWeight} from './linear-weight.js';
import {MomentSums, type Moments} from './moments.js';
import type {Pair} from './pair-with-teacher.js';
import {rememberValues} from './remember-values.js';
import {constantChanges, type Change, type RecoveredWeight} from './weight-change.js';

/** A weight as it is, as matrices `[parts, inputs, outputs]`. */
export interface Current {
  /** The values that its layer computes with. */
  readonly values: Float32Array;
  /** 1 for what its mask keeps; without a mask, for what is not zero. */
  readonly kept: Uint8Array;
}

/** What to do, layer after layer. */
export interface LayerByLayer extends DataArgs {
  /** The function that asks, for errors. */
  readonly owner: string;
  readonly model: Model;
  /** Undefined if each weight is its own teacher. */
  readonly teacher: Model | undefined;
  readonly pairs: readonly Pair[];
  readonly work: LongWork;
  /** How many batches there are, if that is known. */
  readonly batches: number;
  /** Whether `solve` needs more than the residuals. */
  readonly hasInputs: boolean;
  /** Finds what to change of a weight, from its inputs and from what the teacher computes beyond it. */
  readonly solve: (weight: LinearWeight, moments: Moments, current: Current) => Promise<Change>;
}

/**
 * Changes weights one after the other, in the order of the data: each sees the inputs that the changed weights before
 * it make. All or nothing: until the end, the model is as it was at every pause.
 *
 * @throws Error if the weights were changed meanwhile, or what is seen is not finite.
 */
export async function layerByLayer(task: LayerByLayer): Promise<RecoveredWeight[]> {
  const {owner, pairs, work, batches} = task;
  const expectSameValues = rememberValues(owner, pairs);
  const draft = new Draft();
  const found: Found[] = [];
  work.total = pairs.length * (batches + 1);
  try {
    for (const [i, pair] of pairs.entries()) {
      const {weight} = pair;
      const from = i * (batches + 1);
      const moments = await gather(task, pair, draft, reportBatches(work, batches, {from, label: `${weight.name}, `}));
      expectFinite(weight, moments);
      const current = await currentOf(weight);
      const change = await task.solve(weight, moments, current);
      found.push({weight, change, recovered: await drafted(draft, weight, moments, current, change)});
      await work.reach(from + batches + 1, weight.name);
    }
    expectSameValues();
    commit(found, draft);
  } finally {
    draft.dispose();
  }
  return found.map(({recovered}) => recovered);
}

/** Sums up what a layer gets and what it lacks, over all data. */
async function gather(
  {model, teacher, data, batchSize, hasInputs}: LayerByLayer,
  pair: Pair,
  draft: Draft,
  report: (count: number) => void | Promise<void>,
): Promise<Moments> {
  const {weight} = pair;
  const sums = new MomentSums({hasInputs, isCentered: weight.constant !== undefined});
  const [calls, teacherCalls] = [weight, pair.teacher ?? weight].map(({computes}) => new LayerCalls(computes));
  const states = new OwnStates(teacher ? layersWithin(teacher) : []);
  const see = ({xs}: FittingBatch) => {
    const wanted: tf.Tensor3D[] = [];
    try {
      if (teacher && pair.teacher) {
        const pass = () => void teacher.call(xs, {training: false});
        const keep = (input: tf.Tensor) => void wanted.push(tf.keep(productIn(pair.teacher!, input).product));
        states.during(() => teacherCalls!.during(pass, keep));
      }
      const pass = () => void model.call(xs, {training: false});
      const note = (input: tf.Tensor, call: number) => {
        const {features, product} = productIn(weight, input);
        sums.note(features, teacher && lacking(weight, wanted[call], product));
      };
      draft.during(() => calls!.during(pass, note));
    } finally {
      tf.dispose(wanted);
    }
  };
  try {
    await eachBatch(model, {data, batchSize}, see, [], async count => {
      await sums.add();
      await report(count);
    });
    return await sums.moments();
  } finally {
    sums.dispose();
    states.dispose();
  }
}

/** What a product lacks to be the teacher's. */
function lacking({path}: LinearWeight, wanted: tf.Tensor3D | undefined, product: tf.Tensor3D): tf.Tensor3D {
  if (wanted && tf.util.arraysEqual(wanted.shape, product.shape)) return tf.sub(wanted, product);
  throw new RangeError(
    `Expected \`teacher\` to use "${path}" as the model does, but the outputs there are of shapes ` +
      `[${wanted?.shape.join() ?? 'none'}] and [${product.shape.join()}]; pass the dense model that was pruned`,
  );
}

async function currentOf({computes, steps, index, masked}: LinearWeight): Promise<Current> {
  const step = steps[index]!;
  const values = await downloaded(() => toMatrices(weightIn(computes, step.field).read(), step));
  const mask = masked && (await downloaded(() => toMatrices(masked.mask.read(), step)));
  return {values, kept: Uint8Array.from(mask ?? values, value => (value === 0 ? 0 : 1))};
}

/** Drafts what was found, so that the layers behind see it. */
async function drafted(
  draft: Draft,
  weight: LinearWeight,
  moments: Moments,
  current: Current,
  change: Change,
): Promise<RecoveredWeight> {
  const {computes, steps, index, constant} = weight;
  const {values, kept = current.kept} = change;
  if (values) {
    const exact = Float32Array.from(values, (value, i) => (kept[i] === 1 ? value : 0));
    tf.tidy(() => draft.set(computes, steps[index]!.field, fromMatrices(exact, weight)));
  }
  const before = constant && (await constant.variable.read().data<'float32'>());
  const {constants, recovered} = constantChanges(weight, moments, {...current, kept}, change, before);
  if (constant && before) {
    const shifted = Float32Array.from(before, (value, i) => value + constant.sign * constants[i]!);
    draft.set(constant.layer, constant.field, tf.tensor1d(shifted));
  }
  return recovered;
}

async function downloaded(compute: () => tf.Tensor): Promise<Float32Array> {
  const tensor = tf.tidy(compute);
  try {
    return (await tensor.data<'float32'>()).slice();
  } finally {
    tensor.dispose();
  }
}

function expectFinite({path}: LinearWeight, moments: Moments): void {
  const {gram, cross, squares, inputs} = moments;
  if ([gram, cross, squares, inputs].every(list => list.every(Number.isFinite))) return;
  throw new Error(
    `Expected finite inputs and outputs of layer "${path}", got NaN or infinity; check the data, and the weights of ` +
      'both models',
  );
}
