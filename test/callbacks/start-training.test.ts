import * as tf from '@tensorflow/tfjs';
import {
  coupledChannels,
  grasp,
  l1,
  movement,
  prunable,
  selectiveWeightDecay,
  startTraining,
  synFlow,
  taylor,
  wanda,
  type StartTrainingArgs,
  type Training,
} from 'tfjs-pruning';
import {
  GradualPruning,
  IterativePruning,
  ProximalPenalty,
  PruneAtInitialization,
  RigL,
  ScheduledPenalty,
  SoftFilterPruning,
  SparseEvolutionaryTraining,
  SparseMomentum,
  StaticSparse,
  TargetedDropout,
} from 'tfjs-pruning/callbacks';
import {constantSparsity, oneShot, polynomialDecay} from 'tfjs-pruning/schedules';
import {FusedAdam} from 'tfjs-pruning/wasm';
import {maskedWeights} from '../support/sparse-training.js';
import {wrapper} from '../support/masks.js';
import {expectNoLeak} from '../support/tensors.js';

const [EPOCHS, BATCHES, SIZE] = [3, 4, 4];

type Kind = 'sequential' | 'functional';

/** A convolution, a batch normalization, a dense layer with a regularizer, and another one. */
function net(kind: Kind = 'functional'): tf.LayersModel {
  const kernelInitializer = () => tf.initializers.glorotNormal({seed: 3});
  const inputShape: [number, number, number] = [4, 4, 2];
  const kernelRegularizer = tf.regularizers.l2({l2: 0.01});
  const layers = [
    tf.layers.conv2d({name: 'conv', filters: 4, kernelSize: 3, inputShape, kernelInitializer: kernelInitializer()}),
    tf.layers.batchNormalization({name: 'bn'}),
    tf.layers.activation({activation: 'relu'}),
    tf.layers.flatten(),
    tf.layers.dense({
      name: 'hidden',
      units: 8,
      activation: 'tanh',
      kernelInitializer: kernelInitializer(),
      kernelRegularizer,
    }),
    tf.layers.dense({name: 'out', units: 2, kernelInitializer: kernelInitializer()}),
  ];
  if (kind === 'sequential') return prunable(tf.sequential({layers}));
  const input = tf.input({shape: inputShape});
  const output = layers.reduce<tf.SymbolicTensor>((x, layer) => layer.apply(x) as tf.SymbolicTensor, input);
  return prunable(tf.model({inputs: input, outputs: output}));
}

const data = (): [tf.Tensor, tf.Tensor] => [
  tf.randomNormal([BATCHES * SIZE, 4, 4, 2], 0, 1, 'float32', 1),
  tf.randomNormal([BATCHES * SIZE, 2], 0, 1, 'float32', 2),
];

async function fit(model: tf.LayersModel, callbacks: tf.Callback[]): Promise<tf.History> {
  const [x, y] = data();
  try {
    return await model.fit(x, y, {epochs: EPOCHS, batchSize: SIZE, verbose: 0, shuffle: false, callbacks});
  } finally {
    tf.dispose([x, y]);
  }
}

/** How a loop makes a step; by default with the variables in the order of the model. */
type Step = (optimizer: tf.Optimizer, loss: () => tf.Scalar, model: tf.LayersModel) => tf.Scalar;
const variables = (model: tf.LayersModel) => model.trainableWeights.map(weight => weight.read() as tf.Variable);
const minimize: Step = (optimizer, loss, model) => optimizer.minimize(loss, true, variables(model))!;
const applyGradients: Step = (optimizer, loss, model) => {
  const {value, grads} = tf.variableGrads(loss, variables(model));
  optimizer.applyGradients(variables(model).map(({name}) => ({name, tensor: grads[name]!})));
  tf.dispose(grads);
  return value;
};

/** The same training as `fit` makes it. */
async function loop(
  model: tf.LayersModel,
  optimizer: tf.Optimizer,
  callbacks: Parameters<typeof startTraining>[1],
  {step = minimize, ...args}: Partial<StartTrainingArgs> & {step?: Step} = {},
): Promise<tf.History> {
  const [x, y] = data();
  const training = await startTraining(model, callbacks, {
    optimizer,
    epochs: EPOCHS,
    batchesPerEpoch: BATCHES,
    ...args,
  });
  for (let epoch = args.initialEpoch ?? 0; epoch < EPOCHS; epoch++) {
    await training.epochBegin();
    for (let batch = 0; batch < BATCHES; batch++) {
      await training.batchBegin({size: SIZE});
      const cost = tf.tidy(() => {
        const [xs, ys] = [x, y].map(tensor => tf.slice(tensor, batch * SIZE, SIZE)) as [tf.Tensor, tf.Tensor];
        return step(optimizer, () => lossOf(model, xs, ys, training), model);
      });
      await training.batchEnd({loss: cost});
      cost.dispose();
    }
    await training.epochEnd();
  }
  tf.dispose([x, y]);
  return training.end();
}

function lossOf(model: tf.LayersModel, xs: tf.Tensor, ys: tf.Tensor, {penalty}: Training): tf.Scalar {
  const predicted = model.apply(xs, {training: true}) as tf.Tensor;
  return tf.add(tf.mean(tf.metrics.meanSquaredError(ys, predicted)), penalty());
}

function bits(tensor: tf.Tensor, {signOfZero = true} = {}): number[] {
  const values = Float32Array.from(tensor.dataSync(), value => (signOfZero ? value : value + 0));
  return [...new Uint32Array(values.buffer)];
}
function weightBits(model: tf.LayersModel, options = {}): Record<string, number[]> {
  return Object.fromEntries(model.weights.map(weight => [weight.originalName, bits(weight.read(), options)]));
}
async function slotBits(optimizer: tf.Optimizer): Promise<number[][]> {
  const saved = await optimizer.getWeights();
  const values = saved.map(({tensor}) => bits(tensor));
  saved[0]?.tensor.dispose(); // the count of steps, made for the occasion
  return values;
}

const schedule = polynomialDecay({finalSparsity: 0.5, endStep: 6, frequency: 2});
const METHODS: [string, () => tf.Callback][] = [
  ['GradualPruning', () => new GradualPruning({schedule})],
  ['GradualPruning by taylor()', () => new GradualPruning({schedule, criterion: taylor()})],
  ['GradualPruning by wanda()', () => new GradualPruning({schedule, criterion: wanda()})],
  ['movement pruning', () => new GradualPruning({schedule, criterion: movement(), regrowth: true})],
  ['GradualPruning of coupled channels', () => new GradualPruning({schedule, structure: coupledChannels()})],
  [
    'IterativePruning',
    () =>
      new IterativePruning({
        trainSteps: 4,
        rounds: 2,
        finalSparsity: 0.5,
        rewind: 'weights',
        learningRate: k => 0.05 / (k + 1),
      }),
  ],
  [
    'SoftFilterPruning',
    () =>
      new SoftFilterPruning({
        schedule: constantSparsity({targetSparsity: 0.5, beginStep: 1, endStep: 2, frequency: 1}),
      }),
  ],
  ['PruneAtInitialization', () => new PruneAtInitialization({sparsity: 0.5, observedBatches: 2, rounds: 2})],
  ['PruneAtInitialization by grasp()', () => new PruneAtInitialization({sparsity: 0.5, criterion: grasp()})],
  [
    'PruneAtInitialization by synFlow()',
    () => new PruneAtInitialization({sparsity: 0.5, criterion: synFlow(), rounds: 5}),
  ],
  ['StaticSparse', () => new StaticSparse({sparsity: 0.5, seed: 1})],
  ['SparseEvolutionaryTraining', () => new SparseEvolutionaryTraining({sparsity: 0.5, seed: 1, endStep: 2})],
  ['RigL', () => new RigL({sparsity: 0.5, seed: 1, endStep: 9, frequency: 3, observedBatches: 2})],
  ['SparseMomentum', () => new SparseMomentum({sparsity: 0.5, seed: 1, endStep: 2})],
  ['TargetedDropout', () => new TargetedDropout({schedule: oneShot({targetSparsity: 0.5, beginStep: 8})})],
  ['ScheduledPenalty', () => new ScheduledPenalty({penalty: l1({strength: 0.01}), strength: step => 1 + step})],
  [
    'ScheduledPenalty that chooses',
    () => new ScheduledPenalty({penalty: selectiveWeightDecay({sparsity: 0.5, strength: 0.1}), frequency: 2}),
  ],
  ['ProximalPenalty', () => new ProximalPenalty({penalty: l1({strength: 0.1})})],
];
const OPTIMIZERS: Record<string, () => tf.Optimizer> = {
  sgd: () => tf.train.sgd(0.05),
  momentum: () => tf.train.momentum(0.05, 0.9),
  adam: () => tf.train.adam(0.01),
};

let warnings: jest.SpyInstance;
beforeEach(() => (warnings = jest.spyOn(console, 'warn').mockImplementation()));
afterEach(() => warnings.mockRestore());

/** A training by `fit`, and what a loop is to make of it. */
async function fitted(
  make: () => tf.Callback,
  optimizer: tf.Optimizer,
  kind?: Kind,
): Promise<[tf.LayersModel, tf.History]> {
  const model = net(kind);
  model.compile({optimizer, loss: 'meanSquaredError'});
  return [model, await fit(model, [make()])];
}

describe.each(METHODS)('%s in a loop', (name, make) => {
  const cases = [
    ['sgd', 'sequential'],
    ['momentum', 'functional'],
    ['adam', 'sequential'],
  ] as const;
  test.each(cases.filter(([optimizer]) => name !== 'SparseMomentum' || optimizer !== 'sgd'))(
    'does by %s what it does in fit, bit by bit: a %s model, compiled or not',
    async (optimizerName, kind) => {
      const [first, second, third] = Array.from({length: 3}, OPTIMIZERS[optimizerName]!) as [
        tf.Optimizer,
        tf.Optimizer,
        tf.Optimizer,
      ];
      const [model, {history}] = await fitted(make, first, kind);
      const [plain, compiled] = [net(kind), net(kind)];
      compiled.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
      const own = compiled.optimizer;
      const made = await loop(plain, second, make());
      await loop(compiled, third, [make()]);
      for (const each of [plain, compiled]) expect(weightBits(each)).toEqual(weightBits(model));
      for (const optimizer of [second, third]) {
        expect(optimizer.iterations).toBe(first.iterations);
        expect(await slotBits(optimizer)).toEqual(await slotBits(first));
      }
      expect(made.history['sparsity']).toEqual(history['sparsity']);
      expect(plain.optimizer).toBeUndefined();
      expect(compiled.optimizer).toBe(own);
    },
  );

  test('makes the same weights and masks where gradients are taken first and applied then', async () => {
    const [model] = await fitted(make, tf.train.adam(0.01));
    const made = net();
    const training = loop(made, tf.train.adam(0.01), make(), {step: applyGradients});
    if (name.endsWith('grasp()')) return expect(training).rejects.toThrow(/sees curvature.*must run the passes itself/);
    await training;
    expect(weightBits(made, {signOfZero: false})).toEqual(weightBits(model, {signOfZero: false}));
  });

  test('leaks nothing, and leaves nothing on the optimizer', async () => {
    const model = net();
    const optimizer = tf.train.momentum(0.05, 0.9);
    const callback = make();
    await loop(model, optimizer, callback);
    await expectNoLeak(async () => void (await loop(model, optimizer, callback)));
    expect([Object.hasOwn(optimizer, 'minimize'), Object.hasOwn(optimizer, 'applyGradients')]).toEqual([false, false]);
  });
});

describe('the gradients of a loop', () => {
  test('are zero at pruned weights for whoever looks at them', async () => {
    const model = net();
    const seen: number[] = [];
    const masked = () => maskedWeights(model);
    const look: Step = (optimizer, loss, of) => {
      const {value, grads} = tf.variableGrads(loss, variables(of));
      for (const {kernel, mask} of masked()) {
        const [gradient, bits] = [grads[kernel.name]!.dataSync(), mask.read().dataSync()];
        gradient.forEach((each, i) => bits[i] === 0 && seen.push(each));
      }
      optimizer.applyGradients(grads);
      return value;
    };
    await loop(model, tf.train.adam(0.01), new StaticSparse({sparsity: 0.5, seed: 1}), {step: look});
    const zeros = masked().reduce(
      (sum, {mask}) =>
        sum +
        mask
          .read()
          .dataSync()
          .filter(bit => bit === 0).length,
      0,
    );
    expect(seen).toHaveLength(zeros * EPOCHS * BATCHES);
    expect(seen.every(gradient => gradient === 0)).toBe(true);
  });

  test('are summed up over the passes between batchBegin and batchEnd: gradients that are accumulated', async () => {
    const make = () => new GradualPruning({schedule, criterion: taylor()});
    const [model] = await fitted(make, tf.train.sgd(0.05));
    const made = net();
    // The loss is run twice, and counts half each time: the same gradient.
    const accumulate: Step = (optimizer, loss, of) => {
      const half = () => tf.mul<tf.Scalar>(0.5, loss());
      const [{value, grads}, second] = [tf.variableGrads(half, variables(of)), tf.variableGrads(half, variables(of))];
      optimizer.applyGradients(
        Object.fromEntries(Object.keys(grads).map(each => [each, tf.add(grads[each]!, second.grads[each]!)])),
      );
      return tf.add(value, second.value);
    };
    await loop(made, tf.train.sgd(0.05), make(), {step: accumulate});
    const masks = (of: tf.LayersModel) => maskedWeights(of).map(({mask}) => mask.read().dataSync().join(''));
    expect(masks(made)).toEqual(masks(model));
  });

  test('are none of a criterion while another model of the loop is at work', async () => {
    const make = () => new RigL({sparsity: 0.5, seed: 1, endStep: 9, frequency: 3, observedBatches: 3});
    const [model] = await fitted(make, tf.train.sgd(0.05));
    const made = net();
    const optimizer = tf.train.sgd(0.05);
    const between = new tf.CustomCallback({
      onBatchEnd: () => undefined,
      onBatchBegin: () =>
        tf.tidy(() => {
          // as the generator of a GAN does, through its critic
          const x = tf.ones([2, 4, 4, 2]);
          tf.grad(input => tf.sum((made.call(input, {}) as tf.Tensor[])[0]!))(x);
          tf.variableGrads(() => tf.mul(1e3, tf.sum(made.apply(x) as tf.Tensor)), variables(made));
        }),
    });
    await loop(made, optimizer, [between, make()]);
    expect(weightBits(made)).toEqual(weightBits(model));
  });

  test.each(['momentum', 'adam', 'fused adam'])(
    'may come in another order than the model has: slots of %s are found',
    async name => {
      const make = {...OPTIMIZERS, 'fused adam': () => new FusedAdam(0.01)}[name]!;
      const rigl = () => new RigL({sparsity: 0.5, seed: 1, endStep: 9, frequency: 3});
      const [first, second] = [make(), make()];
      const [model] = await fitted(rigl, first);
      const made = net();
      const backwards: Step = (optimizer, loss, of) => optimizer.minimize(loss, true, variables(of).reverse())!;
      await loop(made, second, rigl(), {step: backwards});
      expect(weightBits(made)).toEqual(weightBits(model));
      const kinds = ((await slotBits(first)).length - 1) / variables(model).length;
      expect(kinds).toBe(name === 'momentum' ? 1 : 2);
      const n = variables(model).length;
      const [forwards, reversed] = [await slotBits(first), await slotBits(second)];
      for (let kind = 0; kind < kinds; kind++) {
        const part = (slots: number[][]) => slots.slice(1 + kind * n, 1 + (kind + 1) * n);
        expect(part(reversed).reverse()).toEqual(part(forwards));
      }
    },
  );

  test('leave frozen layers of a Sequential alone, also without a list of variables', async () => {
    const model = net('sequential');
    model.getLayer('hidden').trainable = false;
    const {kernel} = wrapper(model, 'hidden').maskedWeights[0]!;
    const before = bits(kernel.read());
    const all: Step = (optimizer, loss) => optimizer.minimize(loss, true)!;
    await loop(model, tf.train.sgd(0.05), new StaticSparse({sparsity: 0.5, seed: 1}), {step: all});
    expect(bits(kernel.read())).toEqual(before);
  });
});

describe('what callbacks see of a loop', () => {
  /** Notes each hook with its arguments, and what it knows then. */
  class Notes extends tf.Callback {
    readonly lines: unknown[] = [];
    readonly #note = async (hook: string, ...args: unknown[]) => {
      const logs = await Promise.all(
        args.map(async each => {
          if (typeof each !== 'object' || 'epochs' in each!) return each;
          const entries = Object.entries(each as Record<string, number | tf.Scalar>);
          return Object.fromEntries(
            (await Promise.all(
              entries.map(async ([key, value]) => [key, typeof value === 'number' ? value : (await value.data())[0]]),
            )) as [string, unknown][],
          );
        }),
      );
      const {model} = this as unknown as {model: tf.LayersModel};
      this.lines.push([hook, ...logs, model.name, (model as unknown as {isTraining: boolean}).isTraining]);
    };
    override onTrainBegin = (...args: unknown[]) => this.#note('trainBegin', this.params, ...args);
    override onEpochBegin = (...args: unknown[]) => this.#note('epochBegin', ...args);
    override onBatchBegin = (...args: unknown[]) => this.#note('batchBegin', ...args);
    override onBatchEnd = (...args: unknown[]) => this.#note('batchEnd', ...args);
    override onEpochEnd = (epoch: number) => this.#note('epochEnd', epoch); // fitDataset's logs hold means
    override onTrainEnd = (...args: unknown[]) => this.#note('trainEnd', ...args);
  }

  test('is what they see of fitDataset: hooks, their arguments and their order, parameters, the model', async () => {
    const [fittedModel, made] = [net('sequential'), net('sequential')];
    (made as {name: string}).name = fittedModel.name;
    fittedModel.compile({optimizer: tf.train.sgd(0.05), loss: 'meanSquaredError'});
    const [expected, seen] = [new Notes(), new Notes()];
    const dataset = {
      size: BATCHES,
      iterator: () => {
        const [x, y] = data();
        let batch = 0;
        const next = () => {
          if (batch === BATCHES) return Promise.resolve({value: null, done: true});
          const [xs, ys] = [x, y].map(each => tf.slice(each, batch * SIZE, SIZE));
          return Promise.resolve({value: {xs, ys}, done: ++batch === BATCHES});
        };
        return Promise.resolve({next});
      },
    };
    await fittedModel.fitDataset(dataset as unknown as tf.data.Dataset<tf.TensorContainer>, {
      epochs: EPOCHS,
      initialEpoch: 1,
      verbose: 0,
      callbacks: [expected],
    });
    await loop(made, tf.train.sgd(0.05), seen, {initialEpoch: 1});
    const [begin] = expected.lines.splice(0, 1) as [unknown[]];
    (begin[1] as {initialEpoch: number}).initialEpoch = 1; // which fitDataset keeps to itself
    expect(seen.lines).toEqual([begin, ...expected.lines]);
  });
});
