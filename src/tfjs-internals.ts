import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {isPlainObject} from './options/expect.js';

/**
 * The only file that touches what tfjs-layers 4.22 does not document, each time with the reason. The rest of the
 * library uses only the names from here.
 */

/** A layer; tfjs-layers exports the class only inside a namespace. */
export type Layer = tfl.layers.Layer;
/** A variable of a layer. */
export type LayerVariable = tfl.LayerVariable;
/** A model or nested model: both kinds hold layers. */
export type Model = tfl.LayersModel;
/** A layer's configuration, as `getConfig` returns it. */
export type Config = tf.serialization.ConfigDict;

/** A class name and its configuration: how tf.js writes a layer into another one's configuration. */
export interface Serialized {
  className: string;
  config: Config;
}

/**
 * A layer or an optimizer whose fields are read by name: kernels, cells, inner layers and the slots of an optimizer are
 * private in the type declarations.
 */
export function fieldsOf(object: Layer | tf.Optimizer): Record<string, unknown> {
  return object as unknown as Record<string, unknown>;
}

/**
 * A copy of a configuration that is safe to edit: lists and plain objects are copied at any depth, all else is kept.
 */
export function copyOf<T>(config: T): T {
  if (Array.isArray(config)) return config.map(copyOf) as T;
  if (!isPlainObject(config)) return config;
  return Object.fromEntries(Object.entries(config as object).map(([key, value]) => [key, copyOf(value)])) as T;
}

/**
 * Edits the configuration that a layer writes from now on, by a method of its own that replaces its class's.
 */
export function editConfig(layer: Layer, edit: (config: Config) => void): void {
  const written = layer.getConfig.bind(layer);
  const getConfig = () => {
    const config = written();
    edit(config);
    return config;
  };
  Object.defineProperty(layer, 'getConfig', {value: getConfig, configurable: true, writable: true});
}

/** Whether a layer is built with zeros, since its weights are about to be loaded or copied: a private field tells. */
export function isFilledLater(layer: Layer): boolean {
  return fieldsOf(layer)['fastWeightInitDuringBuild'] === true;
}

/** The class registered under a name with `tf.serialization.registerClass`, or undefined. */
export function registeredClass(className: string): RegisteredClass | undefined {
  const entry = tf.serialization.SerializationMap.getMap().classNameMap[className];
  return entry?.[0] as unknown as RegisteredClass | undefined;
}

/**
 * The base class of regularizers: tf.js accepts only its instances, but does not export it. It is the superclass of a
 * class in the registry.
 */
export const RegularizerBase = Object.getPrototypeOf(registeredClass('L1L2')) as abstract new () => ReturnType<
  typeof tfl.regularizers.l1l2
>;

interface RegisteredClass {
  readonly prototype: object;
  fromConfig(cls: unknown, config: Config, customObjects?: Config, fastWeightInit?: boolean): Layer;
}

/**
 * Creates a layer or model from its configuration. `fastWeightInit` saves models the cost of initializers whose values
 * are about to be overwritten; tfjs-layers passes it in the same way when it loads a file.
 */
export function deserialize({className, config}: Serialized, {fastWeightInit = false} = {}): Layer {
  const cls = registeredClass(className);
  if (!cls) throw unregistered(className);
  if (!(cls.prototype instanceof tfl.layers.Layer)) {
    throw new TypeError(`Expected the class of a layer, got "${className}", which is not one`);
  }
  return withoutRemains(() => cls.fromConfig(cls, copyOf(config), {}, fastWeightInit));
}

/** A model that fails to be built leaves the variables of the layers that were; only the engine still knows them. */
function withoutRemains<T>(make: () => T): T {
  const known = new Set(Object.keys(tf.engine().registeredVariables));
  try {
    return make();
  } catch (error) {
    for (const [name, variable] of Object.entries(tf.engine().registeredVariables)) {
      if (!known.has(name)) variable.dispose();
    }
    throw error;
  }
}

/** The error for a class that is not registered. */
export function unregistered(className: string): TypeError {
  return new TypeError(
    `Expected layers whose classes are registered, got "${className}"; ` +
      `call tf.serialization.registerClass(${className}) once, so that tf.js can build it from its configuration`,
  );
}

/** Whether a layer or model was disposed: the object remains, without its weights. */
export function isDisposed(layer: Layer): boolean {
  return fieldsOf(layer)['_refCount'] === 0;
}

/**
 * Disposes a model that nothing else uses, with all of its weights: `dispose` counts the uses of a layer and leaves the
 * weights of layers that are used twice.
 */
export function disposeWholly(model: Model): void {
  const {weights} = model;
  model.dispose();
  weights.forEach(freeWeight);
}

/** Disposes a weight unless it is disposed already, which only a private field tells. */
export function freeWeight(weight: Model['weights'][number]): void {
  if (!(weight as unknown as {val: tf.Variable}).val.isDisposed) weight.dispose();
}

/** Whether a layer is a model, which holds layers of its own. */
export function isModel(layer: Layer): layer is Model {
  return layer instanceof tfl.LayersModel;
}

/** Whether a model is a plain stack, whose configuration lists no input layer. */
export function isSequential(model: Model): boolean {
  return model instanceof tfl.Sequential;
}

/** Whether a value is a layer. */
export function isLayer(value: unknown): value is Layer {
  return value instanceof tfl.layers.Layer;
}

/**
 * Whether options are unchanged after tf.js has saved and loaded them in a configuration: it writes names and strings
 * in snake_case and reads them in camelCase.
 */
export function survivesSaving(value: unknown, key = ''): boolean {
  if (typeof value === 'string') return key === 'name' || keepsCase(value);
  if (Array.isArray(value)) return value.every(each => survivesSaving(each));
  if (isPlainObject(value)) {
    return Object.entries(value as object).every(([name, inner]) => keepsCase(name) && survivesSaving(inner, name));
  }
  return value === null || typeof value === 'boolean' || Number.isFinite(value);
}

function keepsCase(name: string): boolean {
  const words = name.replace(/(.)([A-Z][a-z0-9]+)/g, '$1_$2').replace(/([a-z])([A-Z])/g, '$1_$2');
  return words.toLowerCase().replace(/_+(\w|$)/g, (_, first: string) => first.toUpperCase()) === name;
}

/** Makes the initial values of a weight. */
export interface Initializer extends tf.serialization.Serializable {
  apply(shape: tfl.Shape, dtype?: tf.DataType): tf.Tensor;
}

/**
 * The initializer of a weight, from the layer's private field for it (`kernelInitializer` for `kernel`,
 * `pointwiseInitializer` for `pointwiseKernel`). Returns a copy for each seed, which replaces the configured one.
 *
 * @throws TypeError if the layer has none there.
 */
export function initializerOf(layer: Layer, weightField: string): (seed: number) => Initializer {
  const field = `${weightField.replace(/Kernel$/, '')}Initializer`;
  const initializer = fieldsOf(layer)[field] as Initializer | undefined;
  if (typeof initializer?.apply !== 'function') {
    throw new TypeError(
      `Expected layer "${layer.name}" (${layer.getClassName()}) to have an initializer in its field \`${field}\`, ` +
        `for its weight in \`${weightField}\`; choose other layers by \`layers\``,
    );
  }
  return seed => reseeded(initializer, seed);
}

/** A copy of an initializer with another seed. */
export function reseeded(initializer: Initializer, seed: number): Initializer {
  const cls = initializer.constructor as tf.serialization.SerializableConstructor<Initializer>;
  return cls.fromConfig(cls, {...initializer.getConfig(), seed});
}

/** The identity of a tensor's values: equal for clones, and for a variable that has these values now. */
export function identityOf(tensor: tf.Tensor): object {
  return (tensor as tf.Tensor & {dataId: object}).dataId;
}

/** The identity of a variable's current value: any assignment changes it. */
export function valueIdentity(variable: LayerVariable): object {
  return identityOf(variable.read());
}

/**
 * The values of the tensor that `compute` returns. They are not returned through `tf.tidy`, which would look for
 * tensors in each element of a typed array: seconds for millions of weights.
 */
export function valuesNow(compute: () => tf.Tensor): Float32Array {
  const values: Float32Array[] = [];
  tf.tidy(() => {
    values.push(dataNow(compute()) as Float32Array);
  });
  return values[0]!;
}

/**
 * The tape on which ops are being recorded, whose identity tells passes apart; undefined outside of gradients, and
 * within an op: only private fields tell.
 */
export function currentTape(): object | undefined {
  const {activeTape, gradientDepth, kernelDepth} = tf.engine().state;
  return gradientDepth > 0 && kernelDepth === 0 ? activeTape : undefined;
}

/** Whether a backend was found to read what it has computed at once. */
const readsAtOnce = new WeakMap<tf.KernelBackend, boolean>();
const downloaded = new WeakSet();

/**
 * The values of a tensor, read at once. Not every backend can: webgpu reads through a canvas, and where that fails its
 * values are zeros, or `dataSync` throws. What was downloaded before can be read anywhere.
 *
 * @throws Error if the backend can't.
 */
export function dataNow(tensor: tf.Tensor): tf.TypedArray {
  if (downloaded.has(identityOf(tensor)) || canReadAtOnce()) return tensor.dataSync();
  throw new Error(
    `Expected a backend that can read tensors at once (dataSync), which "${tf.getBackend()}" can't here; ` +
      "set another one for this call, as by await tf.setBackend('cpu'), and set it back afterwards",
  );
}

/** Whether the backend reads what it has computed at once, and right. Tried once for each. */
export function canReadAtOnce(): boolean {
  const backend = tf.backend();
  let can = readsAtOnce.get(backend);
  if (can === undefined) {
    can = readsRight();
    readsAtOnce.set(backend, can);
  }
  return can;
}

/** Adds more numbers than backends add without their device. */
function readsRight(): boolean {
  try {
    return tf.tidy(() => tf.add(tf.fill([4096], 1.5), tf.fill([4096], 1)).dataSync()[4095] === 2.5);
  } catch {
    return false;
  }
}

/**
 * Downloads variables, so that reading them synchronously afterwards does not block: backends keep downloaded values.
 */
export async function download(variables: readonly LayerVariable[]): Promise<void> {
  for (const variable of variables) {
    const value = variable.read();
    await value.data();
    downloaded.add(identityOf(value));
  }
}

/** The values of the tensor that `compute` returns, without blocking until the backend has them. */
export async function valuesLater(compute: () => tf.Tensor): Promise<Float32Array> {
  const tensor = tf.tidy(() => tf.clone(compute()));
  try {
    return (await tensor.data()) as Float32Array;
  } finally {
    tensor.dispose();
  }
}

/**
 * Writes a value directly into the variable that optimizers step. `LayerVariable.write` would also apply the layer's
 * constraint, which tf.js never does in training.
 */
export function assign(variable: LayerVariable, value: tf.Tensor): void {
  (variable.read() as tf.Variable).assign(value);
}

/** Whether a value is a variable of a layer. */
export function isVariable(value: unknown): value is LayerVariable {
  return value instanceof tfl.LayerVariable;
}

/** What is applied to a weight whenever it is written, but never in training. */
export interface Constraint extends tf.serialization.Serializable {
  apply(weight: tf.Tensor): tf.Tensor;
}

/** The constraint of a variable, from a private field. */
export function constraintOf(variable: LayerVariable): Constraint | null {
  return (variable as unknown as {constraint: Constraint | null}).constraint;
}

/** A stand-in for a variable: it reads what `read` returns, and otherwise is that variable. */
export function viewOf(variable: LayerVariable, read: () => tf.Tensor): LayerVariable {
  return Object.create(variable, {read: {value: read}}) as LayerVariable;
}

/** A use of a layer: its inputs and its outputs. */
export type LayerNode = Layer['inboundNodes'][number];

/**
 * The uses that a model makes of a layer. A layer's nodes are those of all models that it is part of, and only the
 * model's private set tells which are its own. A Sequential has that set once it is built; until then its layers have a
 * single node.
 */
export function usesIn(model: Model, layer: Layer): LayerNode[] {
  const own = fieldsOf(model)['containerNodes'] as Set<string>;
  return layer.inboundNodes.filter((_, i) => own.size === 0 || own.has(`${layer.name}_ib-${i}`));
}

/** The input shapes with which a model uses a layer, one for each use. */
export function inputShapesIn(model: Model, layer: Layer): tfl.Shape[] {
  return usesIn(model, layer).map(inputShapeOf);
}

/** The shape of the first input of a use. */
function inputShapeOf({inputShapes}: LayerNode): tfl.Shape {
  return (inputShapes[0] ?? []) as tfl.Shape;
}

/**
 * Changes what models return as their weights, which `getWeights` and `setWeights` use. It patches the prototype that
 * all models share: a model that is loaded from a file is created by tf.js alone.
 *
 * @param weightsOf returns the weights, given those that tf.js itself returns.
 */
export function overrideWeights(weightsOf: (model: Model, weights: LayerVariable[]) => LayerVariable[]): void {
  const container = Object.getPrototypeOf(tfl.LayersModel.prototype) as object;
  const descriptor = Object.getOwnPropertyDescriptor(container, 'weights')!;
  Object.defineProperty(container, 'weights', {
    ...descriptor,
    get(this: Model) {
      return weightsOf(this, descriptor.get!.call(this) as LayerVariable[]);
    },
  });
}

/**
 * Adds terms to the loss of models, in the prototype that they share. Each term counts once per step: the losses of a
 * layer count once per use of it, those of a nested model once per use of that model.
 *
 * @param termsOf returns the terms of a model, including those of models nested in it.
 */
export function overrideLosses(termsOf: (model: Model) => tf.Scalar[]): void {
  const container = Object.getPrototypeOf(tfl.LayersModel.prototype) as Model;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called on the model below
  const {calculateLosses} = container;
  let isNested = false;
  container.calculateLosses = function (this: Model) {
    if (isNested) return calculateLosses.call(this);
    isNested = true;
    try {
      return tf.tidy(() => [...calculateLosses.call(this), ...termsOf(this)]);
    } finally {
      isNested = false;
    }
  };
}

/**
 * The model that `fit` trains: for a Sequential, the private model inside it, which alone has the optimizer and the
 * losses.
 */
export function innerModel(model: Model): Model {
  return (fieldsOf(model)['model'] as Model | undefined) ?? model;
}

/**
 * The inner model of a Sequential, even if it was not needed before: only `compile`, `build` and the first call create
 * it.
 */
export function builtInnerModel(model: Model): Model {
  if (isSequential(model) && innerModel(model) === model) (model as tfl.Sequential).build();
  return innerModel(model);
}

/** The Sequential around each inner model. */
const sequentials = new WeakMap<Model, Model>();

/**
 * Remembers, from now on, which Sequential an inner model is built in: callbacks are given that alone, and it does not
 * know where it is.
 */
export function rememberSequentials(): void {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called on the model below
  const {build} = tfl.Sequential.prototype;
  tfl.Sequential.prototype.build = function (this: tfl.Sequential, ...shape) {
    build.apply(this, shape);
    sequentials.set(innerModel(this), this);
  };
}

/** The Sequential that a model is inside of, if that is known; else the model itself. */
export function outerModel(model: Model): Model {
  return sequentials.get(model) ?? model;
}

/**
 * Whether a `fit` or `fitDataset` of exactly this model (for a Sequential, of the one inside it) is running: only a
 * private flag tells.
 */
export function isInFit(model: Model): boolean {
  return fieldsOf(model)['isTraining'] === true;
}

/**
 * Runs an action as soon as the running `fit` of a model ends, however it ends. tf.js does not tell callbacks about a
 * `fit` that failed, but clears its flag in a `finally`: until then an accessor replaces the flag. The last action that
 * was added runs first.
 */
export function whenFitEnds(model: Model, action: () => void): void {
  const flag = Object.getOwnPropertyDescriptor(model, 'isTraining')!;
  Object.defineProperty(model, 'isTraining', {
    configurable: true,
    enumerable: true,
    get: () => true,
    set(isTraining: boolean) {
      if (isTraining) return;
      Object.defineProperty(model, 'isTraining', flag);
      try {
        action();
      } finally {
        fieldsOf(model)['isTraining'] = false;
      }
    },
  });
}

/** Says that a training of exactly this model is running, or has ended, as `fit` does. */
export function setInFit(model: Model, isInFit: boolean): void {
  fieldsOf(model)['isTraining'] = isInFit;
}

/**
 * Gives a model another optimizer for a while.
 *
 * @returns a function that restores the first one, or none, and the ownership of it.
 */
export function lendOptimizer(model: Model, optimizer: tf.Optimizer): () => void {
  const fields = fieldsOf(model);
  const {optimizer_, isOptimizerOwned} = fields;
  Object.assign(fields, {optimizer_: optimizer, isOptimizerOwned: false});
  return () => void Object.assign(fields, {optimizer_, isOptimizerOwned});
}

/**
 * Gives a model its optimizer for good. It is disposed with the model, like one that `compile` creates by name.
 */
export function ownOptimizer(model: Model): void {
  for (const each of [model, innerModel(model)]) fieldsOf(each)['isOptimizerOwned'] = true;
}

/**
 * The weights that the optimizer of a compiled model steps, in the order of its slots: `compile` collects them once, in
 * a private field.
 */
export function steppedWeights(model: Model): readonly LayerVariable[] {
  return (fieldsOf(innerModel(model))['collectedTrainableWeights'] as LayerVariable[] | undefined) ?? [];
}

/** The arguments of `fit` and `fitDataset`. */
export type FitArgs = tfl.ModelFitArgs | tfl.ModelFitDatasetArgs<tf.TensorContainer>;
/** One step of training: takes a batch's inputs and targets, returns the loss and the metrics. */
export type TrainStep = (batch: tf.Tensor[]) => tf.Tensor[];

/** Intercepts the training of a model. */
export interface FitInterceptor {
  /**
   * Runs a fit. `data` is the dataset, which `run` may replace; it is undefined if the fit has tensors.
   */
  fit<T>(args: FitArgs, data: unknown, run: (data: unknown) => Promise<T>): Promise<T>;
  /** Runs one step of training. */
  step(batch: tf.Tensor[], train: TrainStep): tf.Tensor[];
}

/**
 * Sets the interceptor of a model's fits, in place of an earlier one. Callbacks see neither the arguments of a fit nor
 * its steps, and are not told how it ended. A Sequential passes its fits on to the model inside it.
 */
export function interceptFits(model: Model, interceptor: FitInterceptor): void {
  const inner = innerModel(model);
  const {fit, fitDataset, makeTrainFunction} = Object.getPrototypeOf(inner) as {
    fit: (x: unknown, y: unknown, args?: FitArgs) => Promise<tfl.History>;
    fitDataset: (dataset: unknown, args: FitArgs) => Promise<tfl.History>;
    makeTrainFunction: () => TrainStep;
  };
  Object.assign(inner, {
    fit: (x: unknown, y: unknown, args: FitArgs = {}) =>
      interceptor.fit(args, undefined, () => fit.call(inner, x, y, args)),
    fitDataset: (dataset: unknown, args: FitArgs) =>
      interceptor.fit(args, dataset, data => fitDataset.call(inner, data, args)),
    makeTrainFunction: () => {
      const train = makeTrainFunction.call(inner);
      return (batch: tf.Tensor[]) => interceptor.step(batch, train);
    },
  });
}

/** The names of a model's inputs and outputs, which a Sequential does not know before it is built. */
export function slotNames({inputs, outputs}: Model): {inputNames: string[]; outputNames: string[]} {
  return tfl.model({inputs, outputs});
}

/** A loss as tfjs-layers computes it, from the targets and the outputs of a batch. */
export type LossFunction = (targets: tf.Tensor, outputs: tf.Tensor) => tf.Tensor;
/** A loss in one of the forms that `compile` takes: a name or a function, for all outputs or one for each. */
export type Loss =
  string | string[] | {[output: string]: string} | LossFunction | LossFunction[] | {[output: string]: LossFunction};

/**
 * The loss functions of a model, one per output: those that `compile` would make of `loss`, or, without it, those that
 * the model was compiled with; undefined if it was not. Only `compile` knows them by name, so it is called on another
 * model with the same inputs and outputs, which leaves this one alone.
 */
export function lossFunctionsOf(model: Model, loss?: Loss): readonly LossFunction[] | undefined {
  if (loss === undefined) {
    return fieldsOf(innerModel(model))['lossFunctions'] as LossFunction[] | undefined;
  }
  const asked = tfl.model({inputs: model.inputs, outputs: model.outputs, name: model.name});
  const optimizer = tf.train.sgd(0);
  try {
    asked.compile({optimizer, loss});
  } finally {
    optimizer.dispose();
  }
  return asked.lossFunctions;
}

/**
 * Runs an action that differentiates. The engine keeps what the forward pass saves for the backward pass on its tape,
 * outside of any tidy, until the backward pass is over. If one of them throws, as a user's loss may, it would be kept
 * forever.
 */
export function differentiating<T>(action: () => T): T {
  const {state} = tf.engine();
  const isOutermost = state.gradientDepth === 0;
  try {
    return action();
  } catch (error) {
    if (isOutermost && (state.activeTape as unknown)) {
      for (const {saved} of state.activeTape) tf.dispose(saved ?? []);
      state.activeTape = [];
    }
    throw error;
  }
}

/**
 * Runs an action during which a compiled model computes no metrics. The loss that `fit` passes to an optimizer computes
 * and keeps them at each call, but disposes those of only one call per batch.
 */
export function withoutMetrics<T>(model: Model, action: () => T): T {
  const {metricsTensors} = model;
  model.metricsTensors = [];
  try {
    return action();
  } finally {
    model.metricsTensors = metricsTensors;
  }
}

/**
 * Makes `tf.loadLayersModel` throw for a topology that does not hold layers: no other loader reads this field of the
 * topology.
 */
export function refuseAsLayersModel(topology: object, message: string): void {
  Object.defineProperty(topology, 'model_config', {
    get() {
      throw new TypeError(message);
    },
  });
}

/**
 * States of stateful recurrent layers for passes that are not the user's. They begin with zeros, and the layers have
 * them only while such a pass runs.
 *
 * @example
 * const states = new OwnStates(layersWithin(model));
 * states.during(() => model.call(first, {}));
 * states.during(() => model.call(second, {})); // continues
 * states.dispose();
 */
export class OwnStates {
  readonly #layers: readonly Layer[];
  #states: readonly tf.Tensor[][];

  /** @param layers layers of any class, including those inside wrappers. */
  constructor(layers: readonly Layer[]) {
    this.#layers = layers.filter(layer => layer.stateful && Array.isArray(fieldsOf(layer)['states_']));
    this.#states = this.#read().map(states => states.map(state => tf.keep(tf.zerosLike(state))));
  }

  /** Runs an action with these states, and keeps what it makes of them. */
  during<T>(action: () => T): T {
    const users = this.#read();
    this.#write(this.#states);
    try {
      return action();
    } finally {
      this.#states = this.#read();
      this.#write(users);
    }
  }

  dispose(): void {
    tf.dispose(this.#states.flat());
  }

  #read(): readonly tf.Tensor[][] {
    return this.#layers.map(layer => fieldsOf(layer)['states_'] as tf.Tensor[]);
  }

  #write(states: readonly tf.Tensor[][]): void {
    this.#layers.forEach((layer, i) => (fieldsOf(layer)['states_'] = states[i]));
  }
}
