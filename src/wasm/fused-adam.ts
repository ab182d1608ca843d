import type {Tensor, TensorInfo, Variable} from '@tensorflow/tfjs-core';
import {AdamOptimizer, engine, getBackend, mul, serialization, tidy, util, zerosLike} from '@tensorflow/tfjs-core';
import {expectNumber, expectPositive} from '../options/expect.js';
import {noteStepsEachAlone} from '../optimizers/steps-each-alone.js';
import {stateOf} from './adam-state.js';
import type {Moment} from './adam-state.js';
import type {CompiledKernels} from './compiled/compiled-kernels.js';
import {compiledKernels} from './compiled/compiled-kernels.js';
import {asTensor} from './compiled/override-gradient.js';
import {addressOf} from './compiled/prefer-compiled.js';
import {freeingOnError, startedWasmBackend} from './wasm-backend.js';
import type {WasmBackend} from './wasm-backend.js';

type Gradients = Parameters<AdamOptimizer['applyGradients']>[0];

interface NamedTensor {
  name: string;
  tensor: Tensor;
}

/**
 * Adam as `tf.train.adam`, with one kernel a weight where that takes about fourteen: on the wasm backend, completed. On
 * other backends it is tfjs's Adam. The results are the same up to the rounding of single precision; models are saved
 * and loaded with it as with Adam, under the class name 'FusedAdam'.
 *
 * @example
 * await useFastestBackend();
 * model.compile({optimizer: new FusedAdam(0.001), loss: 'meanSquaredError'});
 */
export class FusedAdam extends AdamOptimizer {
  /** The name in saved models. */
  static override get className(): string {
    return 'FusedAdam';
  }

  /**
   * @param learningRate - the step size. Defaults to 0.001.
   * @param beta1 - the decay of the mean of gradients, in [0, 1). Defaults to 0.9.
   * @param beta2 - the decay of the mean of their squares, in [0, 1). Defaults to 0.999.
   * @param epsilon - keeps the divisor from 0. Defaults to the backend's (1e-7 on wasm).
   */
  constructor(learningRate = 0.001, beta1 = 0.9, beta2 = 0.999, epsilon?: number) {
    expectNumber('learningRate', learningRate, {min: 0});
    expectNumber('beta1', beta1, {min: 0, max: 1});
    expectNumber('beta2', beta2, {min: 0, max: 1});
    if (epsilon !== undefined) expectPositive('epsilon', epsilon);
    super(learningRate, beta1, beta2, epsilon);
  }

  override applyGradients(gradients: Gradients): void {
    const backend = getBackend() === 'wasm' ? startedWasmBackend() : undefined;
    const kernels = backend && compiledKernels(backend);
    const list: NamedTensor[] = Array.isArray(gradients)
      ? gradients
      : Object.entries(gradients).map(([name, tensor]) => ({name, tensor}));
    if (!backend || !kernels || !list.every((gradient, i) => this.#canFuse(gradient, i))) {
      super.applyGradients(gradients);
      return;
    }
    const {accBeta1, accBeta2} = stateOf(this);
    const [power1, power2] = [accBeta1, accBeta2].map(power => power.dataSync()[0]!) as [number, number];
    tidy(() => {
      list.forEach((gradient, i) =>
        freeingOnError(backend, view => this.#step(view, kernels, gradient, i, 1 / (1 - power1), 1 / (1 - power2))),
      );
      accBeta1.assign(mul(accBeta1, this.beta1));
      accBeta2.assign(mul(accBeta2, this.beta2));
    });
    this.incrementIterations();
  }

  /**
   * Whether weight, gradient and moments are alike, as the kernel takes for granted; Adam has the errors for others.
   */
  #canFuse({name, tensor}: NamedTensor, i: number): boolean {
    const weight = engine().registeredVariables[name];
    const {accumulatedFirstMoment, accumulatedSecondMoment} = stateOf(this);
    const moments = [accumulatedFirstMoment, accumulatedSecondMoment].flatMap(of => of[i]?.variable ?? []);
    return [weight, tensor as Tensor | null, ...moments].every(
      each => each?.dtype === 'float32' && util.arraysEqual(each.shape, weight!.shape),
    );
  }

  #step(
    backend: WasmBackend,
    kernels: CompiledKernels,
    {name, tensor}: NamedTensor,
    i: number,
    inverse1: number,
    inverse2: number,
  ): void {
    const weight = engine().registeredVariables[name]!;
    const {accumulatedFirstMoment, accumulatedSecondMoment} = stateOf(this);
    const variables = [
      weight,
      momentOf(accumulatedFirstMoment, i, `${name}/m`, weight),
      momentOf(accumulatedSecondMoment, i, `${name}/v`, weight),
    ];
    // New tensors, never the old ones overwritten: others may hold the same data (tf.clone shares it).
    const results = variables.map(({shape}) => backend.makeOutput(shape, 'float32'));
    const [w, m, v, ...outputs] = [...variables, ...results].map((info: TensorInfo) => addressOf(backend, info));
    const numbers = [this.beta1, this.beta2, inverse1, inverse2, this.epsilon, this.learningRate];
    kernels.adamStep(w!, addressOf(backend, tensor), m!, v!, ...outputs, tensor.size, ...numbers);
    variables.forEach((variable, k) => variable.assign(asTensor(results[k]!)));
  }
}

function momentOf(moments: (Moment | undefined)[], i: number, originalName: string, weight: Variable): Variable {
  const moment = (moments[i] ??= {originalName, variable: tidy(() => zerosLike(weight).variable(false))});
  return moment.variable;
}

serialization.registerClass(FusedAdam);
noteStepsEachAlone(FusedAdam);
