import * as tf from '@tensorflow/tfjs-core';
import {polynomialDecay} from '../schedules/polynomial-decay.js';
import {expectSchedule, type SparsitySchedule} from '../schedules/sparsity-schedule.js';
import {gatedLayers, isGatedLayer} from '../src/gates/gated-layers.js';
import {hardenGates} from '../src/gates/harden-gates.js';
import {gatedKernels, keptShare, type GatedCosts} from '../src/gates/kept-share.js';
import {countMasked} from '../src/masks/zero-count.js';
import {addLoss} from '../src/penalties/add-penalty.js';
import {expectNumber, expectSparsity} from '../src/options/expect.js';
import {fraction, option} from '../src/options/option.js';
import {expectExactlyOne, read} from '../src/options/read.js';
import type {Args} from '../src/options/table.js';
import type {Model} from '../src/tfjs-internals.js';
import type {Method, PrunedTraining} from './method.js';
import {FIT_LENGTH} from './parts/fit-length.js';
import {TargetController} from './parts/target-controller.js';
import {PruningCallback} from './pruning-callback.js';

const OPTIONS = {
  ...FIT_LENGTH,
  target: option((name, target: number | SparsitySchedule) => expectTarget(name, target), undefined),
  strength: option((name, strength: number) => expectNumber(name, strength, {min: 0}), undefined),
  endStep: fraction(0.75),
};

/** Options of {@link LearnedMasks}. */
export type LearnedMasksArgs = Args<typeof OPTIONS>;

export class LearnedMasks extends PruningCallback {
  constructor(args: LearnedMasksArgs) {
    super(learnedMasks(args), {...args, layers: isGatedLayer});
  }
}

function learnedMasks(args: LearnedMasksArgs): Method {
  const {target, strength, endStep} = read('LearnedMasks', args, OPTIONS);
  expectExactlyOne('LearnedMasks', args, ['target', 'strength']);
  const memory = {integral: 0, kept: 1};
  const controller = new TargetController(memory);
  let costs: GatedCosts = {kernels: [], fixed: 0};
  let [push, total] = [0, 1];
  let takeOff: (() => void) | undefined;

  const gatesOf = (model: Model) => gatedLayers(model).flatMap(({weightGates}) => weightGates);
  const isHard = (model: Model) => gatesOf(model).every(gate => gate.isHard);
  const pushed = () => costs.kernels.some(({tensors}) => tensors.some(({gates}) => gates.some(gate => gate.isPushed)));
  const measure = () => tf.tidy(() => keptShare(costs, gate => gate.open()));
  const sparsityAt = (at: number) =>
    target === undefined ? undefined : scheduleOf(target).sparsityAt(Math.min(1, at));

  const drive = async (model: Model, step: number, steps: number) => {
    const at = step / steps;
    const call = {step, progress: Math.min(1, at / endStep), sparsity: sparsityAt(at)};
    for (const gate of gatesOf(model)) await gate.drive(call);
  };

  const release = (model: Model) => {
    takeOff?.();
    takeOff = undefined;
    for (const gate of gatesOf(model)) gate.rest();
  };
  return {
    stepUnit: 'fit',
    unitOfFit: 'batch',
    masks: 'more',
    memory,
    keepsZeros: () => true,
    release,

    prepare({model}) {
      costs = {kernels: gatedKernels(gatedLayers(model)), fixed: 0};
      total = costs.kernels.reduce((sum, {cost}) => sum + cost, 0);
      takeOff = addLoss(model, () => {
        if (!pushed()) return tf.scalar(0);
        return tf.mul(
          push,
          keptShare(costs, gate => (gate.isPushed ? gate.openness() : gate.open())),
        );
      });
    },

    async atStep({model, step, stepsOfFit, weights}) {
      if (step < endStep * stepsOfFit! || isHard(model)) return undefined;
      await drive(model, step, stepsOfFit!);
      hardenGates(gatedLayers(model));
      return countMasked(weights.map(({weight}) => weight));
    },

    async batchBegin({model, step, stepsOfFit}: PrunedTraining) {
      if (isHard(model)) return;
      const sparsity = sparsityAt(step / stepsOfFit!);
      await drive(model, step, stepsOfFit!);
      const share = measure();
      memory.kept = (await share.data())[0]!;
      share.dispose();
      push = sparsity === undefined ? strength! * total : controller.next(memory.kept - (1 - sparsity));
      if (process.env['DBG'] && step % 60 === 0)
        console.log(
          step,
          'want',
          sparsity?.toFixed(3),
          'have',
          (1 - memory.kept).toFixed(3),
          'push',
          push.toFixed(2),
          'int',
          memory.integral.toFixed(2),
        );
    },
  };
}

function scheduleOf(target: number | SparsitySchedule): SparsitySchedule {
  if (typeof target !== 'number') return target;
  return polynomialDecay({finalSparsity: target, beginStep: 0.05, endStep: 0.5, frequency: 0.01});
}

function expectTarget(name: string, target: number | SparsitySchedule): number | SparsitySchedule {
  return typeof target === 'object' ? expectSchedule(name, target) : expectSparsity(name, target);
}
