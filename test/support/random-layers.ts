import * as tf from '@tensorflow/tfjs';
import isEqual from 'lodash/isEqual.js';

type Layer = tf.layers.Layer;
const {layers} = tf;

/** A layer to be added to a growing model. All numbers are taken modulo what there is to choose from. */
export interface Step {
  readonly kind: string;
  /** Which of the tensors it goes on from, counted from the last, of those that it fits. */
  readonly from: number;
  /** Which of the other tensors it takes too, where it takes two. */
  readonly other: number;
  /** How many channels it makes. */
  readonly size: number;
  /** Which of its kind it is. */
  readonly variant: number;
  /** The layers inside of it, where it has some. */
  readonly inside?: readonly Step[];
}

/** One of some, by a number of any size. */
export function pick<T>(choices: readonly T[], number: number): T {
  return choices[number % choices.length]!;
}

const ACTIVATIONS = ['linear', 'relu', 'tanh', 'sigmoid', 'elu', 'relu', 'sigmoid', 'softplus', 'softmax'] as const;
/** Makes a layer for an input of that shape (without the batch); undefined where none fits. */
type Maker = (shape: readonly number[], step: Step, name: string) => Layer | undefined;

/** Windows in which padding matters to a constant, and those in which it does not. */
const WINDOWS = [
  {kernelSize: 2, padding: 'same'},
  {kernelSize: 2, padding: 'same'},
  {kernelSize: 1, padding: 'same'},
  {kernelSize: 2, padding: 'valid'},
  {kernelSize: 1, padding: 'valid'},
] as const;
const window = ({other}: Step) => pick(WINDOWS, other);
/** Of transposed convolutions only one pixel, moved by one, makes a constant of a constant. */
const pointwise = (step: Step) => (step.size % 2 ? {kernelSize: 1} : {});

/** Some layer with a window, where that finds room, whichever the axis of channels is. */
const inWindow =
  (make: (args: ReturnType<typeof window> & {name: string}, step: Step) => Layer): Maker =>
  (shape, step, name) => {
    const {kernelSize, padding} = window(step);
    return padding === 'same' || Math.min(...shape) >= kernelSize ? make({name, ...window(step)}, step) : undefined;
  };
const activation = ({variant}: Step) => pick(ACTIVATIONS, variant);
const dataFormat = ({variant}: Step) => pick(['channelsLast', 'channelsLast', 'channelsFirst'] as const, variant);

const OF_ANY_RANK: Record<string, Maker> = {
  dense: (_, step, name) => layers.dense({name, units: step.size, activation: activation(step)}),
  activation: (_, step, name) => layers.activation({name, activation: activation(step)}),
  softmax: (_, {variant}, name) => (variant % 3 === 0 ? layers.softmax({name, axis: -1}) : undefined),
  rectifier: (_, {variant}, name) =>
    pick(
      [
        layers.reLU({name, maxValue: 0.3}),
        layers.leakyReLU({name}),
        layers.elu({name}),
        layers.thresholdedReLU({name, theta: 0.2}),
      ],
      variant,
    ),
  batchNorm: (_, __, name) => layers.batchNormalization({name}),
  layerNorm: (shape, {variant}, name) => layers.layerNormalization({name, axis: 1 + (variant % shape.length)}),
  dropout: (_, __, name) => layers.dropout({name, rate: 0.5}),
  prelu(shape, {variant}, name) {
    const axes = shape.map((_, i) => i + 1);
    const sharedAxes = pick([[], axes.slice(0, -1), axes], variant);
    return layers.prelu({name, sharedAxes});
  },
};

const OF_IMAGES: Record<string, Maker> = {
  conv: inWindow((args, step) =>
    layers.conv2d({
      ...args,
      filters: step.size,
      strides: 1 + (step.variant % 2),
      activation: activation(step),
      dataFormat: dataFormat(step),
    }),
  ),
  depthwise: inWindow((args, step) =>
    layers.depthwiseConv2d({
      ...args,
      depthMultiplier: 1 + (step.size % 2),
      activation: activation(step),
      dataFormat: dataFormat(step),
    }),
  ),
  separable: inWindow((args, step) =>
    layers.separableConv2d({...args, filters: step.size, depthMultiplier: 1 + (step.variant % 2)}),
  ),
  transposed: inWindow((args, step) =>
    layers.conv2dTranspose({
      ...args,
      ...pointwise(step),
      filters: step.size,
      strides: 1 + (step.variant % 2),
      dataFormat: dataFormat(step),
    }),
  ),
  pool([height, width, depth], step, name) {
    const args = {name, poolSize: 2, dataFormat: dataFormat(step)};
    if (Math.min(height!, width!, depth!) < 2) return undefined;
    return step.size % 2 ? layers.maxPooling2d(args) : layers.averagePooling2d(args);
  },
  globalPool(_, step, name) {
    const args = {name, dataFormat: dataFormat(step)};
    return step.size % 2 ? layers.globalMaxPooling2d(args) : layers.globalAveragePooling2d(args);
  },
  upSampling: (_, step, name) => layers.upSampling2d({name, size: [2, 1], dataFormat: dataFormat(step)}),
  pad: (_, step, name) => layers.zeroPadding2d({name, padding: 1, dataFormat: dataFormat(step)}),
  crop([height, width, depth], step, name) {
    if (Math.min(height!, width!, depth!) < 3) return undefined;
    return layers.cropping2D({name, cropping: [[1, 0], [0, 1]], dataFormat: dataFormat(step)}); // prettier-ignore
  },
  flattenImage: (_, {variant}, name) =>
    layers.flatten({name, ...(variant % 2 ? {dataFormat: 'channelsFirst' as const} : {})}),
  permuteImage: (_, {variant}, name) =>
    layers.permute({name, dims: pick([[2, 1, 3], [3, 1, 2], [1, 3, 2], [3, 2, 1]], variant)}), // prettier-ignore
  lines: ([height, width, depth], {variant}, name) =>
    // prettier-ignore
    layers.reshape({name, targetShape: pick([[height! * width!, depth!], [height!, width! * depth!]], variant)}),
};

const OF_SEQUENCES: Record<string, Maker> = {
  conv1d: inWindow((args, step) => layers.conv1d({...args, filters: step.size, activation: activation(step)})),
  recurrent: (_, step, name) => recurrent(step, name),
  bidirectional: (_, step, name) =>
    layers.bidirectional({
      name,
      layer: recurrent(step, `${name}_layer`) as tf.RNN,
      mergeMode: pick(['concat', 'sum', 'mul', 'ave'] as const, step.other),
    }),
  globalPool1d: (_, {variant}, name) =>
    variant % 2 ? layers.globalMaxPooling1d({name}) : layers.globalAveragePooling1d({name}),
  pool1d: ([steps], __, name) => (steps! < 2 ? undefined : layers.averagePooling1d({name, poolSize: 2})),
  spatialDropout: (_, __, name) => layers.spatialDropout1d({name, rate: 0.5}),
  flattenSequence: (_, __, name) => layers.flatten({name}),
  permuteSequence: (_, __, name) => layers.permute({name, dims: [2, 1]}),
  image: ([steps, size], {variant}, name) =>
    // prettier-ignore
    layers.reshape({name, targetShape: pick([[steps!, 1, size!], [1, steps!, size!], [steps!, size!, 1]], variant)}),
};

const OF_VECTORS: Record<string, Maker> = {
  repeat: (_, __, name) => layers.repeatVector({name, n: 3}),
  sequence([size], {variant}, name) {
    const half = size! % 2 === 0 ? [[2, size! / 2], [size! / 2, 2]] : []; // prettier-ignore
    // prettier-ignore
    return layers.reshape({name, targetShape: pick([[size!, 1], [1, size!], [1, 1, size!], ...half], variant)});
  },
};

/** Makers of layers that hold others. */
const HOLDERS: Record<string, Maker> = {
  nested(shape, {inside = [], variant}, name) {
    const chain = chainOf(shape, inside, name);
    if (chain.length === 0) return undefined;
    return pick([stack, residual], variant)(shape, chain, name);
  },
  timeDistributed(shape, {inside = []}, name) {
    const [layer] = shape.length > 1 ? chainOf(shape.slice(1), inside, name) : [];
    return layer && layers.timeDistributed({name, layer});
  },
};

export const BY_RANK: Record<number, Record<string, Maker>> = {
  1: {...OF_ANY_RANK, ...HOLDERS, ...OF_VECTORS},
  2: {...OF_ANY_RANK, ...HOLDERS, ...OF_SEQUENCES},
  3: {...OF_ANY_RANK, ...HOLDERS, ...OF_IMAGES},
};

/** A drawn initial matrix is orthogonal, which is slow; all weights are overwritten anyway. */
export function recurrent({size, variant}: Step, name: string, more = {}): Layer {
  const args = {name, units: size, returnSequences: variant % 2 === 0, recurrentInitializer: 'zeros', ...more} as const;
  return pick([layers.lstm, layers.gru, layers.simpleRNN], variant)(args);
}

/**
 * The layers of some steps, each going on from the one before, those inside of another one with its name before theirs.
 */
export function chainOf(shape: readonly number[], steps: readonly Step[], within = ''): Layer[] {
  const chain: Layer[] = [];
  let at = shape;
  steps.forEach((step, i) => {
    const layer = BY_RANK[at.length]?.[step.kind]?.(at, step, `${within}${step.kind}${i}`);
    const next = layer && outputSizes(layer, at);
    if (!next || !isSmall(next)) return;
    chain.push(layer);
    at = next;
  });
  return chain;
}

export function stack(shape: readonly number[], chain: readonly Layer[], name?: string): tf.Sequential {
  const [first] = chain;
  if (!(first instanceof tf.LayersModel)) first!.batchInputShape = [null, ...shape];
  return tf.sequential({layers: [...chain], ...(name ? {name} : {})});
}

function residual(shape: readonly number[], chain: readonly Layer[], name: string): tf.LayersModel {
  const inputs = tf.input({shape: [...shape], name: `${name}_input`});
  const output = chain.reduce((x, layer) => layer.apply(x) as tf.SymbolicTensor, inputs);
  const outputs = areEqual(inputs, output) ? layers.add({name: `${name}_add`}).apply([inputs, output]) : output;
  return tf.model({inputs, outputs: outputs as tf.SymbolicTensor, name});
}

/** A Sequential inside of another model knows the shape of its output only as a model. */
export function outputSizes(layer: Layer, sizes: readonly number[]): number[] {
  const shape = layer instanceof tf.LayersModel ? layer.outputs[0]!.shape : layer.computeOutputShape([null, ...sizes]);
  return sizesOf(shape as tf.Shape);
}

export const sizesOf = (shape: tf.Shape) => shape.slice(1) as number[];
export const isSmall = (sizes: readonly number[]) => sizes.length < 4 && tf.util.sizeFromShape([...sizes]) <= 400;
export const areEqual = (a: tf.SymbolicTensor, b: tf.SymbolicTensor) => isEqual(sizesOf(a.shape), sizesOf(b.shape));

/** A merging layer, and whether it can take these two. */
interface Merge {
  readonly fits: (a: tf.SymbolicTensor, b: tf.SymbolicTensor, step: Step) => boolean;
  readonly layer: (step: Step, name: string, pair: readonly tf.SymbolicTensor[]) => Layer;
}

/** Equal in size along each axis, or of size 1; or a vector for each position of the other. */
function canSpread(a: tf.SymbolicTensor, b: tf.SymbolicTensor): boolean {
  const [of, by] = [sizesOf(a.shape), sizesOf(b.shape)];
  if (of.length !== by.length) return by.length === 1 && of.at(-1) === by[0];
  return of.every((size, i) => by[i] === size || by[i] === 1);
}

const concatenatedAxis = ({variant}: Step, rank: number) => 1 + (variant % (rank - 1));

/** The axes of equal size, the last ones first, counted from the start or the end. */
function summable(a: tf.SymbolicTensor, b: tf.SymbolicTensor): [number, number][] {
  const axesOf = ({shape}: tf.SymbolicTensor) =>
    shape
      .map((_, axis) => axis)
      .slice(1)
      .reverse();
  const pairs = axesOf(a).flatMap(i => axesOf(b).map((j): [number, number] => [i, j]));
  const equal = pairs.filter(([i, j]) => a.shape[i] === b.shape[j]);
  return [...equal, ...equal.map(([i, j]): [number, number] => [i - a.shape.length, j - b.shape.length])];
}

export const MERGES: Record<string, Merge> = {
  elementwise: {
    fits: canSpread,
    layer: ({variant}, name) =>
      pick([layers.add, layers.multiply, layers.average, layers.maximum, layers.minimum], variant)({name}),
  },
  concatenate: {
    fits(a, b, step) {
      const axis = concatenatedAxis(step, a.shape.length);
      return a.shape.length === b.shape.length && a.shape.every((size, i) => i === axis || b.shape[i] === size);
    },
    layer: (step, name, [a]) => layers.concatenate({name, axis: concatenatedAxis(step, a!.shape.length)}),
  },
  dot: {
    fits: (a, b) => a.shape.length < 4 && b.shape.length < 4 && summable(a, b).length > 0,
    layer: ({variant}, name, [a, b]) =>
      layers.dot({name, axes: pick(summable(a!, b!), variant), normalize: variant % 3 === 0}),
  },
};
