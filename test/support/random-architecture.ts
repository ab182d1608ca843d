import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import uniq from 'lodash/uniq.js';
import {
  areEqual,
  BY_RANK,
  chainOf,
  isSmall,
  MERGES,
  outputSizes,
  pick,
  recurrent,
  sizesOf,
  stack,
  type Step,
} from './random-layers.js';
import {withRandomWeights} from './random-weights.js';
import {VOCABULARY} from './surgery-oracle.js';

type Layer = tf.layers.Layer;
const {layers} = tf;

/** Plain data out of which the same model grows again. */
export interface Recipe {
  readonly inputs: readonly (keyof typeof INPUTS)[];
  /** Those that fit nowhere are left out. */
  readonly steps: readonly Step[];
  /**
   * Whether the model is a `tf.Sequential`: each layer goes on from the one before, and those that take two tensors are
   * left out.
   */
  readonly stacked: boolean;
  readonly seed: number;
}

const INPUTS = {
  image: () => tf.input({shape: [4, 5, 3]}),
  sequence: () => tf.input({shape: [4, 3]}),
  vector: () => tf.input({shape: [4]}),
  words: () => tf.input({shape: [4], dtype: 'int32'}),
};

/** A model in the making. */
class Growth {
  readonly tensors: tf.SymbolicTensor[];
  readonly #used = new Set<tf.SymbolicTensor>();
  readonly #layers: {readonly layer: Layer; readonly input: tf.SymbolicTensor}[] = [];

  constructor(inputs: readonly tf.SymbolicTensor[]) {
    this.tensors = [...inputs];
  }

  add(step: Step, name: string): void {
    if (step.kind in MERGES) this.#merge(step, name);
    else if (step.kind === 'again') this.#again(step);
    else if (step.kind === 'branches') this.#branches(step, name);
    else if (step.kind === 'initialized') this.#initialized(step, name);
    else this.#goOn(step, name);
  }

  /** Those that nothing goes on from. */
  get ends(): tf.SymbolicTensor[] {
    return this.tensors.filter(tensor => !this.#used.has(tensor));
  }

  #goOn(step: Step, name: string): void {
    const fitting = this.tensors.filter(({shape}) => step.kind in (BY_RANK[shape.length - 1] ?? {}));
    if (fitting.length === 0) return;
    const input = fitting.at(-1 - (step.from % fitting.length))!;
    const [layer] = chainOf(sizesOf(input.shape), [step], `${name}_`);
    if (!layer) return;
    this.#layers.push({layer, input});
    this.#apply(layer, [input]);
  }

  /** Some layers, and beside them the projection of what they go on from, joined. */
  #branches(step: Step, name: string): void {
    const input = this.tensors.at(-1 - (step.from % this.tensors.length))!;
    const chain = chainOf(sizesOf(input.shape), step.inside ?? [], `${name}_`);
    const branch = chain.reduce((x, layer) => layer.apply(x) as tf.SymbolicTensor, input);
    const projection = layers.dense({name: `${name}_projection`, units: branch.shape.at(-1)!});
    const projected = projection.apply(input) as tf.SymbolicTensor;
    const merge = MERGES[step.size % 4 === 0 ? 'concatenate' : 'elementwise']!;
    if (!merge.fits(branch, projected, step)) return;
    const joined = merge.layer(step, name, [branch, projected]).apply([branch, projected]) as tf.SymbolicTensor;
    this.#take([input], [joined]);
  }

  #merge(step: Step, name: string): void {
    const {fits, layer} = MERGES[step.kind]!;
    const pairs = this.tensors.flatMap(a => this.tensors.filter(b => a !== b && fits(a, b, step)).map(b => [a, b]));
    if (pairs.length === 0) return;
    const pair = pairs.at(-1 - (step.from % pairs.length))!;
    this.#apply(layer(step, name, pair), pair);
  }

  /** One of the layers once more, on another tensor of the same shape. */
  #again({from}: Step): void {
    const pairs = this.#layers.flatMap(({layer, input}) =>
      this.tensors.filter(other => other !== input && areEqual(other, input)).map(other => ({layer, other})),
    );
    if (pairs.length === 0) return;
    const {layer, other} = pairs.at(-1 - (from % pairs.length))!;
    this.#apply(layer, [other]);
  }

  /** A recurrent layer that begins with a vector as its state, and returns its last one besides all outputs. */
  #initialized(step: Step, name: string): void {
    const sequences = this.tensors.filter(({shape}) => shape.length === 3);
    const vectors = this.tensors.filter(({shape, dtype}) => shape.length === 2 && shape[1]! < 7 && dtype !== 'int32');
    if (sequences.length === 0 || vectors.length === 0) return;
    const [sequence, state] = [pick(sequences, step.from), pick(vectors, step.other)];
    const layer = recurrent({...step, size: state.shape[1]!}, name, {returnSequences: true, returnState: true});
    const carried = layers.dense({name: `${name}_carried`, units: state.shape[1]!}).apply(state) as tf.SymbolicTensor;
    const initialState = layer.getClassName() === 'LSTM' ? [state, carried] : [carried];
    this.#take([sequence, state], layer.apply(sequence, {initialState}) as tf.SymbolicTensor[]);
  }

  #apply(layer: Layer, inputs: readonly tf.SymbolicTensor[]): void {
    this.#take(inputs, [layer.apply(inputs.length === 1 ? inputs[0]! : [...inputs]) as tf.SymbolicTensor].flat());
  }

  #take(inputs: readonly tf.SymbolicTensor[], outputs: readonly tf.SymbolicTensor[]): void {
    const small = outputs.filter(({shape}) => isSmall(sizesOf(shape)));
    if (small.length > 0) for (const input of inputs) this.#used.add(input);
    this.tensors.push(...small);
  }
}

/** The model of a recipe, with random weights. */
export function modelOf(recipe: Recipe): tf.LayersModel {
  return withRandomWeights<tf.LayersModel>(recipe.stacked ? stacked(recipe) : grown(recipe), recipe.seed);
}

function stacked({inputs: [input], steps}: Recipe): tf.Sequential {
  const shape = sizesOf(INPUTS[input === 'words' ? 'vector' : input!]().shape);
  const chain = chainOf(shape, steps);
  const end = chain.reduce<readonly number[]>((sizes, layer) => outputSizes(layer, sizes), shape);
  const flat = end.length > 1 ? [layers.flatten({name: 'flat'})] : [];
  return stack(shape, [...chain, ...flat, layers.dense({name: 'out', units: 2})]);
}

/** What nothing goes on from goes through a layer more to an output. */
function grown({inputs: kinds, steps}: Recipe): tf.LayersModel {
  const inputs = kinds.map(kind => INPUTS[kind]());
  const growth = new Growth(inputs.map((input, i) => (input.dtype === 'int32' ? embedded(input, i) : input)));
  steps.forEach((step, i) => growth.add(step, `layer${i}`));
  const outputs = growth.ends.map((end, i) => {
    const flat = end.shape.length > 2 && i % 2 === 0 ? layers.flatten({name: `flat${i}`}).apply(end) : end;
    return layers.dense({name: `out${i}`, units: 2}).apply(flat) as tf.SymbolicTensor;
  });
  return tf.model({inputs, outputs});
}

function embedded(words: tf.SymbolicTensor, i: number): tf.SymbolicTensor {
  const embedding = layers.embedding({name: `embedding${i}`, inputDim: VOCABULARY, outputDim: 3});
  return embedding.apply(words) as tf.SymbolicTensor;
}

/** Layers that make channels, and those that join them, are drawn more often than those that only move them. */
const KINDS = [
  ...[
    'dense',
    'dense',
    'conv',
    'conv',
    'recurrent',
    'batchNorm',
    'nested',
    'again',
    'branches',
    'branches',
    'branches',
  ],
  ...uniq(Object.values(BY_RANK).flatMap(Object.keys)),
  ...Object.keys(MERGES),
  'initialized',
];

const number = fc.nat({max: 11});
/** Mostly the last. */
const recent = fc.constantFrom(0, 0, 0, 0, 1, 1, 2, 3, 5);
const plain = {
  kind: fc.constantFrom(...KINDS),
  from: recent,
  other: number,
  size: fc.integer({min: 2, max: 5}),
  variant: number,
};
const step = fc.record({...plain, inside: fc.array(fc.record(plain), {maxLength: 3})});

/** Recipes of models of about 3 to 12 layers, with one input or two. */
export const recipes: fc.Arbitrary<Recipe> = fc.record({
  inputs: fc.array(fc.constantFrom<keyof typeof INPUTS>('image', 'image', 'sequence', 'vector', 'words'), {
    minLength: 1,
    maxLength: 2,
  }),
  steps: fc.array(step, {minLength: 3, maxLength: 20, size: 'max'}),
  stacked: fc.nat({max: 4}).map(n => n === 0),
  seed: fc.nat({max: 1000}),
});

/**
 * What constants meet: layers that make them, paddings, windows and activations that change them, merges that join
 * them.
 */
const KINDS_FOR_CONSTANTS = [
  ...['conv', 'conv', 'conv', 'transposed', 'transposed', 'separable', 'depthwise', 'dense', 'conv1d', 'recurrent'],
  ...['pad', 'pad', 'pad', 'upSampling', 'pool', 'globalPool', 'crop', 'lines', 'flattenImage', 'timeDistributed'],
  ...[
    'activation',
    'rectifier',
    'batchNorm',
    'prelu',
    'branches',
    'elementwise',
    'elementwise',
    'concatenate',
    'again',
  ],
];

/** Recipes of models in which constants go a long way, most of them of images. */
export const recipesForConstants: fc.Arbitrary<Recipe> = fc.record({
  inputs: fc.array(fc.constantFrom<keyof typeof INPUTS>('image', 'image', 'image', 'sequence'), {
    minLength: 1,
    maxLength: 1,
  }),
  steps: fc.array(
    fc.record({
      ...plain,
      kind: fc.constantFrom(...KINDS_FOR_CONSTANTS),
      inside: fc.array(fc.record(plain), {maxLength: 2}),
    }),
    {
      minLength: 3,
      maxLength: 12,
      size: 'max',
    },
  ),
  stacked: fc.boolean(),
  seed: fc.nat({max: 1000}),
});
