/**
 * Masks that are learned, against gradual pruning: LeNet-300-100 by single weights at 90 and 95 %, and by input units
 * and neurons; LeNet-5 by filters and neurons; a net whose weights never train; taps of convolutions.
 *
 * All of it takes hours. It runs in pieces: `SEEDS=1 STUDIES=weights WAYS=bernoulli npm run bench -- learned-masks`.
 * Results gather in `measured/learned-masks.json`, and what is there is not measured again; each run prints all of
 * them.
 */
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname} from 'node:path';
import * as tf from '@tensorflow/tfjs';
import groupBy from 'lodash/groupBy.js';
import sumBy from 'lodash/sumBy.js';
import {
  bernoulli,
  channels,
  continuousSparsification,
  coupledChannels,
  differentiablePruning,
  dynamicThreshold,
  edgePopup,
  hardConcrete,
  measureLatency,
  modelCost,
  prunable,
  scaleGates,
  shiftConvolutions,
  shrink,
  softThreshold,
  sparsityReport,
  stripPruning,
  tapAttention,
  type DeclaredGate,
  type Structure,
} from 'tfjs-pruning';
import {GradualPruning, LearnedMasks, type LearnedMasksArgs} from 'tfjs-pruning/callbacks';
import {constantSparsity} from 'tfjs-pruning/schedules';
import {FusedAdam} from 'tfjs-pruning/wasm';
import {testDigits, trainingDigits, type Digits} from '../support/mnist.js';
import {mean, seedShuffling} from './support/figures.js';
import {lenet300, lenet5} from './support/seeded-nets.js';
import {errorOf} from './support/study.js';

const FILE = 'examples/benchmarks/measured/learned-masks.json';
const BATCH_SIZE = 100;
const RATE = 0.001;

const GATES: Record<string, () => DeclaredGate> = {
  bernoulli: () => bernoulli(),
  continuousSparsification: () => continuousSparsification(),
  differentiablePruning: () => differentiablePruning(),
  dynamicThreshold: () => dynamicThreshold(),
  hardConcrete: () => hardConcrete(),
  scaleGates: () => scaleGates(),
  softThreshold: () => softThreshold(),
};

/** Falls linearly to zero, one step per epoch, as in the benchmark of LeNet-300-100. */
class LinearDecay extends tf.Callback {
  readonly #epochs: number;

  constructor(epochs: number) {
    super();
    this.#epochs = epochs;
  }

  override onEpochBegin(epoch: number): Promise<void> {
    (this.model.optimizer as unknown as {learningRate: number}).learningRate = RATE * (1 - epoch / this.#epochs);
    return Promise.resolve();
  }
}

/** What is trained for one cell of a study: a model and its callbacks, and after it what is measured. */
interface Trial {
  readonly model: tf.LayersModel;
  readonly callbacks: readonly tf.Callback[];
  readonly measure?: (model: tf.LayersModel, test: Digits) => Promise<Record<string, number>>;
}

interface Study {
  readonly epochs: number;
  /** How many digits are trained on. Defaults to all. */
  readonly digits?: number;
  /** Trials by name, made from a seed. */
  readonly ways: Readonly<Record<string, (seed: number) => Trial>>;
}

const learned = (
  net: tf.LayersModel,
  gate: DeclaredGate,
  args: LearnedMasksArgs,
  structure?: Structure,
  layers?: string[],
): Trial => ({
  model: prunable(net, {gate, ...(structure && {structure}), ...(layers && {layers})}),
  callbacks: [new LearnedMasks(args)],
});

const gradual = (net: tf.LayersModel, sparsity: number): Trial => ({
  model: prunable(net),
  callbacks: [new GradualPruning({sparsity})],
});

/** Weights of a deviation that half of them would need: Kaiming normal, scaled as edge-popup's paper does. */
const scaledKaiming = (sparsity: number, seed: number) =>
  tf.initializers.varianceScaling({scale: 2 / (1 - sparsity), mode: 'fanIn', distribution: 'normal', seed});

/** LeNet-300-100, each weight with a gate of its own, at one sparsity. */
const weightsAt = (target: number): Study => ({
  epochs: 20,
  ways: {
    dense: seed => ({model: lenet300(seed), callbacks: []}),
    GradualPruning: seed => gradual(lenet300(seed), target),
    ...Object.fromEntries(
      Object.entries(GATES).map(([name, gate]) => [name, (seed: number) => learned(lenet300(seed), gate(), {target})]),
    ),
  },
});

/** Multiply-adds of fully connected layers of these sizes. */
const multiplyAddsOf = (...sizes: number[]) => sizes.slice(1).reduce((sum, size, i) => sum + sizes[i]! * size, 0);

/** By how much two models differ at most on 100 digits. */
function furthest(one: tf.LayersModel, other: tf.LayersModel, {x}: Digits): number {
  return tf.tidy(() => {
    const few = tf.slice(x, 0, 100);
    const apart = tf.sub(one.predict(few) as tf.Tensor, other.predict(few) as tf.Tensor);
    return tf.max(tf.abs(apart)).dataSync()[0]!;
  });
}

/** The small model, which must compute the same. */
async function cut(model: tf.LayersModel, test: Digits): Promise<Record<string, number>> {
  const plain = stripPruning(model);
  const small = await shrink(plain);
  return {multiplyAdds: modelCost(small).total.multiplyAdds, apart: furthest(plain, small, test)};
}

const STUDIES: Record<string, Study> = {
  'weights-90': weightsAt(0.9),
  'weights-95': weightsAt(0.95),
  'units-300': {
    epochs: 60,
    ways: {
      dense: seed => ({model: lenet300(seed), callbacks: []}),
      hardConcrete: seed => ({
        ...learned(
          lenet300(seed),
          hardConcrete(),
          {
            target: {multiplyAdds: (1.25 * multiplyAddsOf(266, 88, 33, 10)) / multiplyAddsOf(784, 300, 100, 10)},
          },
          channels(),
        ),
        measure: async model => ({multiplyAdds: await inputUnitCost(model)}),
      }),
    },
  },
  'units-5': {
    epochs: 60,
    ways: {
      dense: seed => ({model: lenet5(seed), callbacks: []}),
      ...Object.fromEntries(
        ['hardConcrete', 'bernoulli', 'scaleGates'].map(name => [
          name,
          (seed: number) => ({
            ...learned(lenet5(seed), GATES[name]!(), {target: {multiplyAdds: LENET5_LEFT}}, coupledChannels()),
            measure: cut,
          }),
        ]),
      ),
    },
  },
  taps: {
    epochs: 20,
    digits: 12_000,
    ways: {
      dense: seed => ({model: tapNet(seed), callbacks: []}),
      ...Object.fromEntries(
        [true, false].map(shared => [
          shared ? 'tapAttention-shared' : 'tapAttention',
          (seed: number) => ({
            ...learned(tapNet(seed), tapAttention({shared}), {}, undefined, TAPPED),
            measure: shared ? shifted : tapsGone,
          }),
        ]),
      ),
    },
  },
  'edge-popup': {
    epochs: 20,
    ways: {
      edgePopup: seed =>
        learned(lenet300(seed, scaledKaiming(0.5, seed)), edgePopup(), {
          target: constantSparsity({targetSparsity: 0.5, beginStep: 0, endStep: 1}),
          endStep: 1,
        }),
    },
  },
};

/** The layers of {@link tapNet} that keep a single tap of each window. */
const TAPPED = ['conv2', 'conv3'];

/** A convolutional net, of 27,648 weights in {@link TAPPED}. */
function tapNet(seed: number): tf.Sequential {
  const drawn = () => ({kernelInitializer: tf.initializers.heNormal({seed}), useBias: false});
  const filters = (i: number, count: number, more: object = {}) => [
    tf.layers.conv2d({name: `conv${i}`, filters: count, kernelSize: 3, padding: 'same', ...drawn(), ...more}),
    tf.layers.batchNormalization({name: `conv${i}_bn`}),
    tf.layers.reLU(),
  ];
  return tf.sequential({
    layers: [
      ...filters(1, 32, {inputShape: [28, 28, 1], strides: 2}),
      ...filters(2, 32),
      tf.layers.maxPooling2d({poolSize: 2}),
      ...filters(3, 64),
      tf.layers.globalAveragePooling2d({}),
      tf.layers.dense({name: 'output', units: 10, activation: 'softmax'}),
    ],
  });
}

/** The fraction of taps that are gone. */
async function tapsGone(model: tf.LayersModel): Promise<Record<string, number>> {
  const {layers} = await sparsityReport(stripPruning(model));
  const tapped = layers.filter(({layer}) => TAPPED.includes(layer));
  return {taps: sumBy(tapped, 'zeros') / sumBy(tapped, 'weights')};
}

/** The shifted model: whether it computes the same, and how much faster. */
async function shifted(model: tf.LayersModel, test: Digits): Promise<Record<string, number>> {
  const plain = stripPruning(model);
  const small = await shiftConvolutions(plain);
  const [before, after] = await measureLatency([plain, small], {runs: 100, batchSize: 32});
  const speedup = before!.median / after!.median;
  return {...(await tapsGone(model)), apart: furthest(plain, small, test), speedup};
}

/** 1.25 times the multiply-adds of the published 9-18-65-25 of LeNet-5: 9 and 18 filters, 65 inputs, 25 neurons. */
const LENET5_LEFT = (1.25 * (9 * 25 * 576 + 18 * 9 * 25 * 64 + 65 * 25 + 25 * 10)) / 2_293_000;

/** The multiply-adds of what is left between inputs that are used, neurons that are used and outputs. */
async function inputUnitCost(model: tf.LayersModel): Promise<number> {
  const {layers} = await sparsityReport(stripPruning(model));
  return layers.reduce((sum, {nonZeroMultiplyAdds}) => sum + nonZeroMultiplyAdds, 0);
}

type Cells = Record<string, Record<string, number>>;

const known = (): Cells => (existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Cells) : {});

const chosen = (name: string, all: readonly string[]) => process.env[name]?.split(',') ?? [...all];

async function run(study: Study, way: string, seed: number, test: Digits): Promise<Record<string, number>> {
  seedShuffling(seed);
  const epochs = Number(process.env['EPOCHS'] ?? study.epochs);
  const train = trainingDigits(study.digits);
  const {model, callbacks, measure} = study.ways[way]!(seed);
  model.compile({optimizer: new FusedAdam(RATE), loss: 'categoricalCrossentropy', metrics: ['accuracy']});
  const begun = performance.now();
  const decay = new LinearDecay(epochs);
  await model.fit(train.x, train.y, {epochs, batchSize: BATCH_SIZE, verbose: 0, callbacks: [...callbacks, decay]});
  const minutes = (performance.now() - begun) / 60_000;
  tf.dispose([train.x, train.y]);
  const {total} = await sparsityReport(stripPruning(model));
  return {error: errorOf(model, test), sparsity: total.sparsity, minutes, ...(await measure?.(model, test))};
}

function print(cells: Cells): void {
  const groups = groupBy(Object.entries(cells), ([id]) => id.split(' ').slice(0, 2).join(' '));
  for (const [name, own] of Object.entries(groups)) {
    const keys = Object.keys(own[0]![1]);
    const means = keys.map(key => `${key} ${mean(own.map(([, cell]) => cell[key]!)).toFixed(3)}`);
    console.log(`${name.padEnd(40)} ${own.length} seeds  ${means.join('  ')}`);
  }
}

export async function main(): Promise<void> {
  const test = testDigits();
  mkdirSync(dirname(FILE), {recursive: true});
  for (const name of chosen('STUDIES', Object.keys(STUDIES))) {
    const study = STUDIES[name]!;
    for (const seed of chosen('SEEDS', ['1', '2', '3'])) {
      for (const way of chosen('WAYS', Object.keys(study.ways)).filter(each => each in study.ways)) {
        const id = `${name} ${way} ${seed}`;
        if (known()[id]) continue;
        const cell = await run(study, way, Number(seed), test);
        writeFileSync(FILE, `${JSON.stringify({...known(), [id]: cell}, null, 2)}\n`);
        console.log(id, JSON.stringify(cell));
      }
    }
  }
  print(known());
}
