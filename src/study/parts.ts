import type * as tfl from '@tensorflow/tfjs-layers';
import {expectModel} from '../layers/model-layers.js';
import {expectFunction, received} from '../options/expect.js';
import {boolean, option} from '../options/option.js';
import {expectExactlyOne, read} from '../options/read.js';
import type {Examples} from './examples.js';
import {expectNet, expectStudyData, expectTraining} from './expect-made.js';
import type {JsonObject} from './json.js';
import {idOf, NAMED, part, type PartId} from './named.js';
import {DENSE} from './run.js';
import type {Target} from './target.js';

/** Data that nets are trained and tested on. */
export interface StudyData {
  /** What nets are trained on. */
  readonly train: Examples;
  /** What they are tested on. */
  readonly test: Examples;
}

/** What every part of a study is given. */
export interface PartArgs<O extends JsonObject> {
  /** Letters, digits, `.`, `_`, `-`. Runs and reports name the part by it. */
  readonly name: string;
  /** A whole number >= 0. Change it when the function computes something else: older results no longer count then. */
  readonly version: number;
  /** What the function is given, as JSON: other options make other runs. Defaults to {}. */
  readonly options?: O;
}

/** Options of {@link dataSet}. */
export interface DataSetArgs<O extends JsonObject> extends PartArgs<O> {
  /**
   * Loads or makes the data: the same at each call. The study disposes the tensors.
   *
   * @param options those of the data set.
   */
  readonly load: (options: O) => Promise<StudyData> | StudyData;
}

/** A data set of a study. */
export interface DataSet extends PartId {
  /** Loads the data. */
  readonly load: () => Promise<StudyData>;
}

/**
 * A data set, by a name under which results are found again.
 *
 * @throws TypeError or RangeError if an option is unknown or wrong; when it loads, if `load` returns something else.
 *
 * @example
 * const digits = dataSet({name: 'digits', version: 1, load: () => ({train: {xs, ys}, test: {xs: testX, ys: testY}})});
 */
export function dataSet<O extends JsonObject>(args: DataSetArgs<O>): DataSet {
  const given = read('dataSet', args as never, {...NAMED, load: required<DataSetArgs<JsonObject>['load']>()});
  return part('dataSet', {
    ...idOf(given),
    load: async () => expectStudyData(given.name, await given.load(given.options)),
  });
}

/** What a net is made for. */
export interface NetCall<O extends JsonObject> {
  /** Determines the initial weights: the net of a seed is always the same. */
  readonly seed: number;
  /** The shape of one example: that of the first input, if there are several. */
  readonly inputShape: number[];
  /** The shape of one example for each input. */
  readonly inputShapes: number[][];
  /** The shape of one target: `[10]` for ten classes. */
  readonly outputShape: number[];
  /** The options of the net. */
  readonly options: O;
}

/** Options of {@link net}. */
export interface NetArgs<O extends JsonObject> extends PartArgs<O> {
  /** Makes a new net with initial weights by the seed; it is compiled by the study. */
  readonly make: (call: NetCall<O>) => tfl.LayersModel;
}

/** A net of a study. */
export interface Net extends PartId {
  /**
   * Makes the net.
   *
   * @param call its seed and its shapes.
   */
  readonly make: (call: Omit<NetCall<JsonObject>, 'options'>) => tfl.LayersModel;
}

/**
 * A net, by a name under which results are found again. Give each initializer the seed. Each layer with weights needs a
 * `name`: what is drawn follows from the names, and tf.js counts those without one through the whole process.
 *
 * @throws TypeError or RangeError if an option is unknown or wrong.
 *
 * @example
 * const mlp = net({name: 'mlp', version: 1, options: {units: 100}, make: ({seed, inputShape, options: {units}}) => {
 *   const kernelInitializer = tf.initializers.heNormal({seed});
 *   return tf.sequential({layers: [
 *     tf.layers.dense({name: 'hidden', units, activation: 'relu', kernelInitializer, inputShape}),
 *     tf.layers.dense({name: 'output', units: 10, activation: 'softmax', kernelInitializer}),
 *   ]});
 * }});
 */
export function net<O extends JsonObject>(args: NetArgs<O>): Net {
  const given = read('net', args as never, {...NAMED, make: required<NetArgs<JsonObject>['make']>()});
  return part('net', {
    ...idOf(given),
    make: call => expectNet(given.name, given.make({...call, options: given.options})),
  });
}

/** What a method prunes. */
export interface MethodCall<O extends JsonObject = JsonObject> {
  /** The net: with its initial weights for `train`, trained for `prune`. It belongs to the method. */
  readonly net: tfl.LayersModel;
  /** What was asked for. */
  readonly target: Target;
  /**
   * The fraction of zeros among the weights of {@link layers} that meets the target if all of these layers have it, in
   * [0, 1).
   */
  readonly sparsity: number;
  /** The names of the layers to prune: all with kernels, without the classifier if the study leaves it out. */
  readonly layers: readonly string[];
  /** The seed of the run. */
  readonly seed: number;
  /** What the net is trained on, for methods that look at it. */
  readonly data: Examples;
  /** How many epochs `train` or fine-tuning is given. */
  readonly epochs: number;
  /** Examples a batch. */
  readonly batchSize: number;
  /** The options of the method. */
  readonly options: O;
}

/** A model to train, and what prunes it meanwhile. */
export interface Training {
  /** The model; it is compiled by the study. */
  readonly model: tfl.LayersModel;
  /** The callbacks of its `fit`. */
  readonly callbacks: readonly tfl.Callback[];
}

/** Options of {@link method}: `train` or `prune`. */
export interface MethodArgs<O extends JsonObject> extends PartArgs<O> {
  /** Prunes while it trains, in one `fit` over all epochs: those of training and of fine-tuning. */
  readonly train?: (call: MethodCall<O>) => Promise<Training> | Training;
  /** What is left to do at the end, such as cutting at a threshold. Returns the pruned model. */
  readonly finish?: (model: tfl.LayersModel, call: MethodCall<O>) => Promise<tfl.LayersModel> | tfl.LayersModel;
  /** Prunes a trained net. Returns the pruned model, which may be a new one, and the callbacks of its fine-tuning. */
  readonly prune?: (call: MethodCall<O>) => Promise<Training> | Training;
}

/** A method of a study. */
export interface StudyMethod extends PartId {
  /**
   * Prunes while it trains.
   *
   * @param call what to prune.
   */
  readonly train?: (call: Omit<MethodCall, 'options'>) => Promise<Training> | Training;
  /**
   * What is left to do at the end.
   *
   * @param model the trained model.
   * @param call what was to be pruned.
   */
  readonly finish?: (
    model: tfl.LayersModel,
    call: Omit<MethodCall, 'options'>,
  ) => Promise<tfl.LayersModel> | tfl.LayersModel;
  /**
   * Prunes a trained net.
   *
   * @param call what to prune.
   */
  readonly prune?: (call: Omit<MethodCall, 'options'>) => Promise<Training> | Training;
}

const METHOD = {
  ...NAMED,
  train: hook<NonNullable<MethodArgs<JsonObject>['train']>>(),
  finish: hook<NonNullable<MethodArgs<JsonObject>['finish']>>(),
  prune: hook<NonNullable<MethodArgs<JsonObject>['prune']>>(),
};

/**
 * A way of pruning, by a name under which results are found again: one that prunes while it trains (`train`), or one
 * that prunes a trained net (`prune`).
 *
 * @throws TypeError or RangeError if an option is unknown or wrong, or not exactly one of `train` and `prune` is given.
 *
 * @example
 * const gradual = method({name: 'GradualPruning', version: 1, train: ({net, sparsity, layers}) => ({
 *   model: prunable(net, {layers}),
 *   callbacks: [new GradualPruning({sparsity, layers})],
 * })});
 */
export function method<O extends JsonObject>(args: MethodArgs<O>): StudyMethod {
  const given = read('method', args as never, METHOD);
  expectExactlyOne('method', given, ['train', 'prune']);
  const {name, train, finish, prune, options} = given;
  if (name === DENSE) throw new RangeError(`Expected another \`name\` than "${DENSE}", which is that of the control`);
  const full = (call: Omit<MethodCall, 'options'>): MethodCall => ({...call, options});
  return part('method', {
    ...idOf(given),
    ...(train && {train: async call => expectTraining(given.name, await train(full(call)))}),
    ...(finish && {finish: async (model, call) => expectModel(`Method "${name}"`, await finish(model, full(call)))}),
    ...(prune && {prune: async call => expectTraining(given.name, await prune(full(call)))}),
  });
}

/** What a metric may compare a net with. */
export interface MetricCall extends Pick<MethodCall, 'target' | 'sparsity' | 'layers' | 'seed' | 'data'> {
  /** The method that pruned the net; undefined for the dense control. */
  readonly method: PartId | undefined;
  /** Returns the dense net of the run, trained, before fine-tuning: it is trained once for all runs of a seed. */
  readonly trained: () => Promise<tfl.LayersModel>;
}

/** Options of {@link metric}. */
export interface MetricArgs<O extends JsonObject> extends PartArgs<O> {
  /** Whether more is better. Defaults to true. */
  readonly more?: boolean;
  /**
   * Measures a model.
   *
   * @param model the model, without wrappers.
   * @param test examples that it was not trained on.
   * @param options those of the metric.
   * @param call the run, and the dense net to compare with; the study disposes that.
   */
  readonly measure: (model: tfl.LayersModel, test: Examples, options: O, call: MetricCall) => Promise<number> | number;
}

/** A metric of a study. */
export interface Metric extends PartId {
  /** Whether more is better. */
  readonly more: boolean;
  /**
   * Measures a model.
   *
   * @param model the model, without wrappers.
   * @param test examples that it was not trained on.
   * @param call the run, and the dense net to compare with.
   */
  readonly measure: (model: tfl.LayersModel, test: Examples, call: MetricCall) => Promise<number>;
}

/**
 * A figure that tells how good a net is.
 *
 * @throws TypeError or RangeError if an option is unknown or wrong.
 *
 * @example
 * const psnr = metric({name: 'psnr', version: 1, measure: (model, {xs, ys}) => ...});
 */
export function metric<O extends JsonObject>(args: MetricArgs<O>): Metric {
  const given = read('metric', args as never, {
    ...NAMED,
    more: boolean(true),
    measure: required<MetricArgs<JsonObject>['measure']>(),
  });
  return part('metric', {
    ...idOf(given),
    more: given.more,
    measure: async (model, test, call) =>
      expectValue(given.name, await given.measure(model, test, given.options, call)),
  });
}

/** @throws TypeError or RangeError unless data are examples with as many targets, to train and to test on. */
function expectValue(name: string, value: number): number {
  if (Number.isFinite(value)) return value;
  if (typeof value !== 'number') throw new TypeError(`Metric "${name}" must be a number, got ${received(value)}`);
  throw new RangeError(`Metric "${name}" is ${value}; has the training diverged?`);
}

function required<T>() {
  return option((name, value: T) => expectFunction(name, value, ''));
}

function hook<T>() {
  return option((name, value: T) => expectFunction(name, value, ''), undefined);
}
