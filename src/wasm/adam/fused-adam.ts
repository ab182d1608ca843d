import type {Tensor, TensorInfo, Variable} from '@tensorflow/tfjs-core';
import {AdamOptimizer, engine, getBackend, mul, serialization, tidy, util, zerosLike} from '@tensorflow/tfjs-core';
import {expectNumber, expectPositive} from '../../options/expect.js';
import {noteStepsEachAlone} from '../../optimizers/steps-each-alone.js';
import {compiledKernels} from '../backend/compiled-kernels.js';
import {addressesOf, freeingOnError} from '../backend/heap.js';
import type {CompiledKernels} from '../backend/kernel-binary.js';
import {asTensor} from '../backend/override-gradient.js';
import {startedWasmBackend} from '../backend/wasm-backend.js';
import type {WasmBackend} from '../backend/wasm-backend.js';
import {stateOf} from './adam-state.js';
import type {Moment} from './adam-state.js';

type Gradients = Parameters<AdamOptimizer['applyGradients']>[0];

interface NamedTensor {
  name: string;
  tensor: Tensor;
}

/**
 * `tf.train.adam` with one kernel per weight instead of about fourteen, on the completed wasm backend; on others it is
 * `tf.train.adam` itself. The results are the same up to the rounding of single precision. Models are saved and loaded
 * with it as with Adam, under the class name 'FusedAdam'.
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
   * @param beta1 - the decay of the running mean of gradients, in [0, 1). Defaults to 0.9.
   * @param beta2 - the decay of the running mean of their squares, in [0, 1). Defaults to 0.999.
   * @param epsilon - added to the divisor to keep it above 0. Defaults to that of the backend (1e-7 on wasm).
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
    const compiled = backend && compiledKernels(backend);
    const list: NamedTensor[] = Array.isArray(gradients)
      ? gradients
      : Object.entries(gradients).map(([name, tensor]) => ({name, tensor}));
    if (!backend || !compiled || !list.every((gradient, i) => this.#canFuse(gradient, i))) {
      super.applyGradients(gradients);
      return;
    }
    const {accBeta1, accBeta2} = stateOf(this);
    const [power1, power2] = [accBeta1, accBeta2].map(power => power.dataSync()[0]!) as [number, number];
    tidy(() => {
      list.forEach((gradient, i) =>
        freeingOnError(backend, view => this.#step(view, compiled, gradient, i, 1 / (1 - power1), 1 / (1 - power2))),
      );
      accBeta1.assign(mul(accBeta1, this.beta1));
      accBeta2.assign(mul(accBeta2, this.beta2));
    });
    this.incrementIterations();
  }

  /** Whether weight, gradient and moments have the same shape, as the kernel requires. If not, Adam throws. */
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
    compiled: CompiledKernels,
    {name, tensor}: NamedTensor,
    i: number,
    inverse1: number,
    inverse2: number,
  ): void {
    const weight = engine().registeredVariables[name]!;
    const {accumulatedFirstMoment, accumulatedSecondMoment} = stateOf(this);
    const first = momentOf(accumulatedFirstMoment, i, `${name}/m`, weight);
    const second = momentOf(accumulatedSecondMoment, i, `${name}/v`, weight);
    // Write to new tensors: others may share the data of the old ones (tf.clone does).
    const results = [0, 1, 2].map(() => backend.makeOutput(weight.shape, 'float32')) as [
      TensorInfo,
      TensorInfo,
      TensorInfo,
    ];
    const addresses = addressesOf(backend, weight, tensor, first, second, ...results);
    const {beta1, beta2, epsilon, learningRate} = this;
    compiled.adamStep(...addresses, tensor.size, beta1, beta2, inverse1, inverse2, epsilon, learningRate);
    [weight, first, second].forEach((variable, k) => variable.assign(asTensor(results[k]!)));
  }
}

function momentOf(moments: (Moment | undefined)[], i: number, originalName: string, weight: Variable): Variable {
  const moment = (moments[i] ??= {originalName, variable: tidy(() => zerosLike(weight).variable(false))});
  return moment.variable;
}

serialization.registerClass(FusedAdam);
noteStepsEachAlone(FusedAdam);
