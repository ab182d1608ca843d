import * as tf from '@tensorflow/tfjs';
import {addPenalty, distill, l2, prunable, shrink, startTraining, stripPruning} from 'tfjs-pruning';
import {artifactsOf, distance, expectNoLeak} from '../support/tensors.js';

const X = [[1, 2], [-1, 0.5], [0.3, -0.7]]; // prettier-ignore
const Y = [[1, 0, 0], [0, 0, 1], [0, 1, 0]]; // prettier-ignore
const STUDENT = [[0.1, -0.2, 0.3], [0.4, 0.5, -0.6]]; // prettier-ignore
const TEACHER = [[1, -1, 0.5], [-0.5, 2, 0]]; // prettier-ignore

type Activation = 'softmax' | 'sigmoid' | 'linear';

/** A layer with a kernel that is given. */
const linear = (kernel: number[][], more: {activation?: Activation; name?: string} = {}) =>
  tf.layers.dense({
    units: 3,
    useBias: false,
    inputShape: [2],
    weights: [tf.tensor2d(kernel)],
    ...more,
  });

type Loss = Parameters<tf.LayersModel['compile']>[0]['loss'];
const LOSSES: Record<Activation, string> = {
  softmax: 'categoricalCrossentropy',
  sigmoid: 'binaryCrossentropy',
  linear: 'meanSquaredError',
};

function compiled<M extends tf.LayersModel>(model: M, loss: Loss = 'meanSquaredError', rate = 0.1): M {
  model.compile({optimizer: tf.train.sgd(rate), loss});
  return model;
}

/** How a layer with an activation can be built. */
const FORMS: Record<string, (kernel: number[][], activation: Activation) => tf.LayersModel> = {
  'an activation inside': (kernel, activation) => tf.sequential({layers: [linear(kernel, {activation})]}),
  'an activation behind': (kernel, activation) =>
    tf.sequential({layers: [linear(kernel), tf.layers.activation({activation})]}),
  'a nested model': (kernel, activation) => {
    const inputs = tf.input({shape: [2]});
    const nested = tf.sequential({layers: [linear(kernel, {activation})]});
    return tf.model({inputs, outputs: nested.apply(inputs) as tf.SymbolicTensor});
  },
  'a wrapper': (kernel, activation) => prunable(tf.sequential({layers: [linear(kernel, {activation})]})),
};

/** The loss, and the kernel after a step of SGD by 0.1, at a temperature of 2: numpy in double precision. */
const STEPS: [Activation, weight: number, loss: number, kernel: number[]][] = [
  ['softmax', 0.3, 1.118540873, [0.11813727, -0.19416153, 0.27602426, 0.40846631, 0.47581182, -0.58427813]],
  ['softmax', 1, 0.584999251, [0.09942253, -0.20274801, 0.30332548, 0.34750231, 0.54911009, -0.5966124]],
  ['sigmoid', 0.3, 0.601008525, [0.10588801, -0.19922122, 0.29225318, 0.40229559, 0.48781939, -0.5960302]],
  ['linear', 0.3, 0.990538889, [0.10907778, -0.19711111, 0.29467778, 0.37891111, 0.49677778, -0.53332222]],
];

/** A step on the whole batch; returns the logged loss. */
async function step(model: tf.LayersModel, x: tf.Tensor | tf.Tensor[], y: tf.Tensor | tf.Tensor[]): Promise<number> {
  const {history} = await model.fit(x, y, {batchSize: 100, epochs: 1, verbose: 0, shuffle: false});
  return history['loss']![0] as number;
}

const kernelOf = (model: tf.LayersModel) => [...model.trainableWeights[0]!.read().dataSync()];

function expectClose(actual: readonly number[], expected: readonly number[], digits = 5): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, digits));
}

const batch = () => [tf.tensor2d(X), tf.tensor2d(Y)] as const;

describe.each(Object.entries(FORMS))('with %s', (_, form) => {
  test.each(STEPS)('a step by a %s, weight %d, is the one of numpy', async (activation, weight, loss, kernel) => {
    const student = compiled(form(STUDENT, activation), LOSSES[activation]);
    distill(student, form(TEACHER, activation), {temperature: 2, weight});
    const [x, y] = batch();
    expect(await step(student, x, y)).toBeCloseTo(loss, 5);
    expectClose(kernelOf(student), kernel);
  });
});

const softmaxStep = STEPS[1]![3];

test.each<[string, tf.LayersModel, tf.LayersModel]>([
  [
    'a softmax layer, a teacher of logits',
    compiled(tf.sequential({layers: [linear(STUDENT), tf.layers.softmax()]}), 'categoricalCrossentropy'),
    tf.sequential({layers: [linear(TEACHER)]}),
  ],
  [
    'logits, a teacher with a softmax',
    compiled(tf.sequential({layers: [linear(STUDENT)]})),
    tf.sequential({layers: [linear(TEACHER, {activation: 'softmax'})]}),
  ],
  [
    'logits by the loss, a teacher of logits',
    compiled(tf.sequential({layers: [linear(STUDENT)]}), tf.losses.softmaxCrossEntropy),
    tf.sequential({layers: [linear(TEACHER)]}),
  ],
  [
    'a logSoftmax',
    compiled(tf.sequential({layers: [linear(STUDENT), tf.layers.activation({activation: 'logSoftmax' as 'softmax'})]})),
    tf.sequential({layers: [linear(TEACHER, {activation: 'softmax'})]}),
  ],
])('compares distributions of %s', async (_, student, teacher) => {
  distill(student, teacher, {temperature: 2, weight: 1});
  await step(student, ...batch());
  expectClose(kernelOf(student), softmaxStep);
});

describe('the labels', () => {
  const student = () =>
    compiled(tf.sequential({layers: [linear(STUDENT, {activation: 'softmax'})]}), 'categoricalCrossentropy');
  const teacher = () => tf.sequential({layers: [linear(TEACHER, {activation: 'softmax'})]});

  test('are ignored with weight 1, even if they are NaN', async () => {
    const model = student();
    distill(model, teacher(), {temperature: 2, weight: 1});
    expect(await step(model, tf.tensor2d(X), tf.fill([3, 3], NaN))).toBeCloseTo(STEPS[1]![2], 5);
    expectClose(kernelOf(model), softmaxStep);
  });

  test('need not be there, in tensors and in a dataset', async () => {
    const [first, second] = [student(), student()];
    const x = tf.tensor2d(X);
    const ofFirst = distill(first, teacher(), {temperature: 2, weight: 1});
    await step(first, x, ofFirst.noLabels(x));
    const ofSecond = distill(second, teacher(), {temperature: 2, weight: 1});
    const dataset = tf.data
      .array(X)
      .batch(3)
      .map(xs => ({xs, ys: ofSecond.noLabels(xs as tf.Tensor)}));
    await expectNoLeak(async () => void (await second.fitDataset(dataset, {epochs: 1, verbose: 0})));
    for (const model of [first, second]) expectClose(kernelOf(model), softmaxStep);
  });

  test('that are not there have the shapes that fit asks for', () => {
    const inputs = [tf.input({shape: [4, 4, 1], name: 'a'}), tf.input({shape: [2], name: 'b'})];
    const map = tf.layers.conv2d({filters: 5, kernelSize: 2, activation: 'softmax'}).apply(inputs[0]!);
    const model = tf.model({inputs, outputs: [map as tf.SymbolicTensor, linear(STUDENT).apply(inputs[1]!) as never]});
    model.compile({optimizer: 'sgd', loss: ['sparseCategoricalCrossentropy', 'meanSquaredError']});
    const {noLabels} = bound(distill(model, stripPruning(model), {weight: 1}));
    const shapes = (labels: tf.Tensor | tf.Tensor[]) => [labels].flat().map(({shape}) => shape);
    const expected = (count: number) => [
      [count, 3, 3, 1],
      [count, 3],
    ];
    expect(shapes(noLabels([tf.zeros([7, 4, 4, 1]), tf.zeros([7, 2])]))).toEqual(expected(7));
    expect(shapes(noLabels({b: tf.zeros([2, 2]), a: tf.zeros([2, 4, 4, 1])}))).toEqual(expected(2));
    expect(() => noLabels(tf.zeros([7, 2]))).toThrow('Expected the inputs to be 2 tensors ("a", "b"), got 1');
  });

  test('must be there if they count', () => {
    const distillation = distill(student(), teacher(), {weight: 0.75});
    expect(() => distillation.noLabels(tf.tensor2d(X))).toThrow('Labels count for 0.25 of the loss; to train without');
  });

  test('weigh as classes do', async () => {
    const [weighted, plain] = [student(), student()];
    distill(weighted, teacher(), {temperature: 2, weight: 0.3});
    distill(plain, teacher(), {temperature: 2, weight: 0.3});
    const [x, y] = batch();
    const args = {batchSize: 3, epochs: 1, verbose: 0, shuffle: false} as const;
    await weighted.fit(x, y, {...args, classWeight: {0: 1, 1: 1, 2: 1}});
    await plain.fit(x, y, args);
    expectClose(kernelOf(weighted), kernelOf(plain), 6);
  });
});

const bound = (distillation: ReturnType<typeof distill>) => ({
  noLabels: distillation.noLabels.bind(distillation),
});

describe('several inputs and outputs', () => {
  /** A softmax of the first input, a value of the second; the student takes them in the other order. */
  function twoHeads(kernels: [number[][], number[][]]): tf.LayersModel {
    const inputs = [tf.input({shape: [2]}), tf.input({shape: [2]})];
    const outputs = [
      linear(kernels[0], {activation: 'softmax'}).apply(inputs[0]!),
      linear(kernels[1]).apply(inputs[1]!),
    ] as tf.SymbolicTensor[];
    return tf.model({inputs, outputs});
  }

  test('are each compared in their way, and summed', async () => {
    const student = compiled(twoHeads([STUDENT, STUDENT]), ['categoricalCrossentropy', 'meanSquaredError']);
    distill(student, twoHeads([TEACHER, TEACHER]), {temperature: 2, weight: 0.3});
    const [x, y] = batch();
    const loss = await step(student, [x, x], [y, y]);
    expect(loss).toBeCloseTo(STEPS[0]![2] + STEPS[3]![2], 5);
    const kernels = student.trainableWeights.map(weight => [...weight.read().dataSync()]);
    expectClose(kernels[0]!, STEPS[0]![3]);
    expectClose(kernels[1]!, STEPS[3]![3]);
  });
});

/** Convolutions of so many filters, with a normalization and a dropout; seeded. */
function convNet(filters: number, seed = 1): tf.Sequential {
  const init = (more: number) => ({kernelInitializer: tf.initializers.glorotNormal({seed: 10 * seed + more})});
  return tf.sequential({
    layers: [
      tf.layers.conv2d({name: 'conv1', filters, kernelSize: 3, inputShape: [6, 6, 2], activation: 'relu', ...init(1)}),
      tf.layers.conv2d({name: 'conv2', filters: 4, kernelSize: 2, activation: 'relu', ...init(2)}),
      tf.layers.batchNormalization({name: 'norm'}),
      tf.layers.flatten(),
      tf.layers.dense({name: 'output', units: 3, activation: 'softmax', ...init(3)}),
    ],
  });
}

const images = (count = 8) => tf.randomNormal([count, 6, 6, 2], 0, 1, 'float32', 1);
const classes = (count = 8) =>
  tf.tidy(() =>
    tf.oneHot(
      Array.from({length: count}, (_, i) => i % 3),
      3,
    ),
  );

describe('features', () => {
  /** By numpy, with the projection that numpy.linalg.solve gives, which has no gradient. */
  const DISTANCE = 0.90932906;
  const GRADIENT = [
    -0.01480731, -0.08526891, 0.02231036, 0.03880103, -0.01853052, -0.06206983, -0.00897352, 0.00780155,
  ];
  const F = [[1, 2], [0, 1], [-1, 0.5], [2, -1]]; // prettier-ignore
  const G = [[1, 0, 2], [0.5, 1, -1], [0, 2, 1], [-1, 1, 0]]; // prettier-ignore

  /** One example, whose features are its rows of weights. */
  function rowsNet(rows: number[][], more = {}): tf.LayersModel {
    const weights = [tf.tensor2d([rows.flat()])];
    const units = rows.flat().length;
    return tf.sequential({
      layers: [
        tf.layers.dense({units, inputShape: [1], useBias: false, weights, ...more}),
        tf.layers.reshape({name: 'rows', targetShape: [rows.length, rows[0]!.length]}),
        tf.layers.globalAveragePooling1d({}),
        tf.layers.dense({units: 1, useBias: false, kernelInitializer: 'ones'}),
      ],
    });
  }

  test('of other widths are projected by least squares, and have the gradient of numpy', async () => {
    const student = compiled(rowsNet(F));
    distill(student, rowsNet(G), {weight: 1, outputs: false, features: ['rows'], featureWeight: 2});
    expect(await step(student, tf.ones([1, 1]), tf.ones([1, 1]))).toBeCloseTo(2 * DISTANCE, 5);
    expectClose(
      kernelOf(student),
      F.flat().map((value, i) => value - 0.1 * 2 * GRADIENT[i]!),
    );
  });

  test('of the same width are compared as they are, and add to the outputs', async () => {
    const student = compiled(rowsNet(F));
    const other = F.map(row => row.map(value => value + 2));
    distill(student, rowsNet(other), {weight: 0.5, features: [['rows', 'rows']]});
    // outputs (2 + 2.5) / 4 and 4 more, label 1; features differ by 2
    const loss = 0.5 * 0.125 ** 2 + 0.5 * (4 ** 2 + 2 ** 2);
    expect(await step(student, tf.ones([1, 1]), tf.ones([1, 1]))).toBeCloseTo(loss, 4);
  });

  test('come closer, of a shrunk student, and leave nothing in its file', async () => {
    const teacher = convNet(8);
    const student = compiled(await shrunk(teacher), 'categoricalCrossentropy', 0.05);
    expect(student.getLayer('conv1').outputShape).not.toEqual(teacher.getLayer('conv1').outputShape);
    const plain = await artifactsOf(student, true);
    const distillation = distill(student, teacher, {weight: 1, outputs: false, features: ['conv1', 'norm']});
    const [x, y] = [images(), classes()];
    const {history} = await student.fit(x, y, {epochs: 30, batchSize: 8, verbose: 0, shuffle: false});
    expect(history['loss']!.at(-1)).toBeLessThan(0.7 * (history['loss']![1] as number));
    const saved = await artifactsOf(student, true);
    expect(saved.weightSpecs).toEqual(plain.weightSpecs);
    expect(saved.modelTopology).toEqual(plain.modelTopology);
    distillation.remove();
  });

  test('may have the channels first, and be found in nested models', async () => {
    const nested = (filters: number) => {
      const inputs = tf.input({shape: [6, 6, 2]});
      const block = tf.sequential({
        name: 'block',
        layers: [tf.layers.conv2d({name: 'conv', filters, kernelSize: 3, inputShape: [6, 6, 2]})],
      });
      const turned = tf.layers.permute({name: 'turned', dims: [3, 1, 2]}).apply(block.apply(inputs));
      const pooled = tf.layers.globalAveragePooling2d({dataFormat: 'channelsLast'}).apply(turned);
      return tf.model({inputs, outputs: tf.layers.dense({units: 2}).apply(pooled) as tf.SymbolicTensor});
    };
    const student = compiled(nested(3));
    distill(student, nested(5), {features: ['block/conv', 'turned']});
    await expectNoLeak(async () => {
      const [x, y] = [images(), tf.zeros([8, 2])];
      expect(await step(student, x, y)).toBeGreaterThan(0);
      tf.dispose([x, y]);
    });
  });
});

/** A smaller copy, compiled by the caller. */
async function shrunk(teacher: tf.Sequential): Promise<tf.LayersModel> {
  const masked = prunable(teacher);
  const {planChannelPruning} = await import('tfjs-pruning');
  const small = await shrink(masked, await planChannelPruning(masked, {sparsity: 0.5, layers: 'conv1'}));
  return stripPruning(small);
}

describe('the teacher', () => {
  test('runs once on each batch, in inference mode, also on a last smaller one', async () => {
    const [teacher, student] = [convNet(4), compiled(convNet(4, 2), 'categoricalCrossentropy')];
    distill(student, teacher, {features: ['conv1']});
    const before = teacher.getWeights().map(weight => weight.clone());
    const calls = jest.spyOn(teacher, 'call');
    const [x, y] = [images(11), classes(11)];
    const args = {epochs: 2, batchSize: 4, verbose: 0, shuffle: false} as const;
    await student.fit(x, y, {...args, validationData: [x, y]});
    expect(calls.mock.calls.map(([inputs, {training}]) => [[inputs].flat()[0]!.shape[0], training as boolean])).toEqual(
      [4, 4, 3, 4, 4, 3].map(size => [size, false]),
    );
    expect(distance(teacher.getWeights(), before)).toBe(0);
  });

  test('sees the very batch that the student sees, in the order of fit', async () => {
    const teacher = tf.sequential({layers: [linear(TEACHER)]});
    const student = compiled(tf.sequential({layers: [linear(TEACHER)]}));
    distill(student, teacher, {weight: 1});
    const x = tf.randomNormal([50, 2]);
    const {history} = await student.fit(x, tf.zeros([50, 3]), {epochs: 2, batchSize: 7, verbose: 0, shuffle: true});
    expect(history['loss']).toEqual([0, 0]);
  });

  test('that was disposed is told by name', async () => {
    const [teacher, student] = [convNet(4), compiled(convNet(4, 2), 'categoricalCrossentropy')];
    const distillation = distill(student, teacher);
    teacher.dispose();
    await expect(step(student, images(), classes())).rejects.toThrow(
      `Teacher "${teacher.name}" was disposed while a student learns from it; remove() what distill returned first`,
    );
    distillation.remove();
    await step(student, images(), classes());
  });
});

test('leaks nothing in 1000 steps', async () => {
  const net = (units: number) =>
    tf.sequential({
      layers: [
        tf.layers.dense({name: 'hidden', units, activation: 'relu', inputShape: [2]}),
        tf.layers.dense({units: 3, activation: 'softmax'}),
      ],
    });
  const [teacher, student] = [net(3), compiled(net(3), 'categoricalCrossentropy')];
  const [x, y] = [tf.randomNormal([2000, 2]), classes(2000)];
  const before = tf.memory().numTensors;
  const distillation = distill(student, teacher, {features: ['hidden']});
  const counts: number[] = [];
  const onBatchEnd = () => void counts.push(tf.memory().numTensors);
  await student.fit(x, y, {epochs: 1, batchSize: 2, verbose: 0, callbacks: {onBatchEnd}});
  expect(counts).toHaveLength(1000);
  expect(new Set(counts.slice(1)).size).toBe(1);
  distillation.remove();
  distillation.remove();
  expect(tf.memory().numTensors).toBe(before);
});

test('leaves no more behind a fit that fails than tf.js does', async () => {
  const [x, y] = [images(), classes()];
  const failing = async (student: tf.LayersModel) => {
    const before = tf.memory().numTensors;
    const onBatchEnd = (batch: number) => {
      if (batch === 1) throw new Error('stop');
    };
    await expect(student.fit(x, y, {batchSize: 2, verbose: 0, callbacks: {onBatchEnd}})).rejects.toThrow('stop');
    return tf.memory().numTensors - before;
  };
  const student = compiled(convNet(4, 2), 'categoricalCrossentropy');
  const ofPlain = await failing(student);
  distill(student, convNet(5), {features: ['conv1']});
  expect(await failing(student)).toBe(ofPlain);
});

test('evaluate and validation report the plain loss, in a fit and after it', async () => {
  const [teacher, student] = [convNet(4), compiled(convNet(4, 2), 'categoricalCrossentropy')];
  const [x, y] = [images(), classes()];
  const evaluated = () => tf.tidy(() => (student.evaluate(x, y) as tf.Scalar).dataSync()[0]!);
  const before = evaluated();
  distill(student, teacher, {weight: 0.5});
  expect(evaluated()).toBe(before);
  const {history} = await student.fit(x, y, {epochs: 1, batchSize: 8, verbose: 0, validationData: [x, y]});
  expect(history['val_loss']![0]).toBeCloseTo(evaluated(), 5);
});

test('adds to penalties, which count in full', async () => {
  const build = () => compiled(tf.sequential({layers: [linear(STUDENT)]}));
  const [both, alone] = [build(), build()];
  for (const student of [both, alone]) distill(student, tf.sequential({layers: [linear(TEACHER)]}), {weight: 0.3});
  addPenalty(both, l2({strength: 0.5}));
  const [x, y] = batch();
  const squares = STUDENT.flat().reduce((sum, value) => sum + value ** 2, 0);
  expect((await step(both, x, y)) - (await step(alone, x, y))).toBeCloseTo(0.5 * squares, 5);
});

test('remove() puts everything back, and stays when the student is compiled again', async () => {
  const build = () => compiled(convNet(4, 2), 'categoricalCrossentropy');
  const [student, plain] = [build(), build()];
  const [x, y] = [images(), classes()];
  const distillation = distill(student, convNet(5), {features: ['conv1']});
  student.compile({optimizer: tf.train.sgd(0), loss: 'categoricalCrossentropy'});
  const own = tf.tidy(() => (student.evaluate(x, y) as tf.Scalar).dataSync()[0]!);
  expect(Math.abs((await step(student, x, y)) - own)).toBeGreaterThan(1e-3);
  distillation.remove();
  const keysOf = (model: tf.LayersModel) => model.layers.map(layer => Object.hasOwn(layer, 'call'));
  expect(keysOf(student)).toEqual(keysOf(plain));
  student.setWeights(plain.getWeights());
  compiled(student, 'categoricalCrossentropy');
  expect([await step(student, x, y), ...kernelOf(student)]).toEqual([await step(plain, x, y), ...kernelOf(plain)]);
});

test('sees the loss that the student is compiled with, also where each batch is trained alone', async () => {
  const student = compiled(tf.sequential({layers: [linear(STUDENT)]}), 'meanAbsoluteError', 0);
  distill(student, tf.sequential({layers: [linear(TEACHER)]}), {weight: 0.3});
  const [x, y] = batch();
  await student.trainOnBatch(x, y);
  compiled(student);
  expect(await student.trainOnBatch(x, y)).toBeCloseTo(STEPS[3]![2], 5);
  expectClose(kernelOf(student), STEPS[3]![3]);
});

test('in a loop of its own, is in penalty(), for the call before', async () => {
  const student = tf.sequential({layers: [linear(STUDENT, {activation: 'softmax'})]});
  compiled(student, 'categoricalCrossentropy');
  distill(student, tf.sequential({layers: [linear(TEACHER, {activation: 'softmax'})]}), {temperature: 2, weight: 0.3});
  const [x, y] = batch();
  const {optimizer} = student;
  await expectNoLeak(async () => {
    const training = await startTraining(student, [], {optimizer, epochs: 1, batchesPerEpoch: 1});
    await training.epochBegin();
    await training.batchBegin();
    expect(() => tf.tidy(() => tf.variableGrads(() => training.penalty()))).toThrow(
      'to be called before its penalties',
    );
    const loss = optimizer.minimize(() => {
      const labels = tf.metrics.categoricalCrossentropy(y, student.apply(x, {training: true}) as tf.Tensor);
      return tf.add(tf.mul(0.7, tf.mean(labels)), training.penalty());
    }, true)!;
    expect(loss.dataSync()[0]).toBeCloseTo(STEPS[0]![2], 5);
    loss.dispose();
    await training.batchEnd();
    await training.epochEnd();
    await training.end();
  });
  expectClose(kernelOf(student), STEPS[0]![3]);
});

describe('refuses', () => {
  const student = () =>
    compiled(tf.sequential({layers: [linear(STUDENT, {activation: 'softmax'})]}), 'categoricalCrossentropy');
  const teacher = () => tf.sequential({layers: [linear(TEACHER, {activation: 'softmax'})]});

  test('a student that is not compiled', () => {
    expect(() => distill(teacher(), teacher())).toThrow('distill expects a model that was compiled');
  });

  test('a second teacher, until the first is removed', () => {
    const model = student();
    const first = distill(model, teacher());
    expect(() => distill(model, teacher())).toThrow(/learns from one; remove\(\) that one first/);
    first.remove();
    distill(model, teacher());
    first.remove(); // does not end the second one
    expect(() => distill(model, teacher())).toThrow(/learns from one; remove\(\) that one first/);
  });

  test('the student itself, and models that share its weights', () => {
    const model = student();
    expect(() => distill(model, model)).toThrow(
      /got the student itself; use a copy, such as the one that stripPruning/,
    );
    const same = tf.model({inputs: model.inputs, outputs: model.outputs});
    expect(() => distill(model, same)).toThrow(/got a model that shares ".*kernel" with the student/);
    distill(model, stripPruning(model));
  });

  test('a teacher that was disposed, or is stateful', () => {
    const gone = teacher();
    gone.dispose();
    expect(() => distill(student(), gone)).toThrow('was disposed');
    const layers = () => [
      tf.layers.simpleRNN({units: 2, stateful: true, batchInputShape: [3, 4, 1], recurrentInitializer: 'zeros'}),
    ];
    expect(() => distill(compiled(tf.sequential({layers: layers()})), tf.sequential({layers: layers()}))).toThrow(
      'is stateful: its answers would depend on the batches before',
    );
  });

  test('other inputs, outputs and endings', () => {
    const dense = (units: number, inputs: number, activation: Activation) =>
      tf.sequential({layers: [tf.layers.dense({units, activation, inputShape: [inputs]})]});
    const against = (other: tf.LayersModel) => () => distill(student(), other);
    expect(against(dense(3, 5, 'softmax'))).toThrow(
      'inputs of student and teacher to be alike, but the student has [batch,2], and the teacher [batch,5]',
    );
    expect(against(dense(4, 2, 'softmax'))).toThrow(
      'outputs of student and teacher to be alike, but the student has [batch,3], and the teacher [batch,4]; use a ' +
        'teacher for this task, or learn from `features` alone, with `outputs: false`',
    );
    expect(against(dense(3, 2, 'sigmoid'))).toThrow('ends with a softmax in the student and a sigmoid in the teacher');
  });

  test.each<[string, object, string]>([
    ['nothing to compare', {outputs: false}, 'expects `features` with `outputs: false`'],
    ['an unknown layer', {features: ['typo']}, 'one layer of the student, but "typo" names none; there is "conv1"'],
    ['an unknown layer of the teacher', {features: [['conv1', 'typo']]}, 'layer of the teacher, but "typo" names none'],
    ['features of other sizes', {features: [['conv1', 'conv2']]}, '"conv1" of the student returns [batch,4,4,4] and'],
    ['a list that is no pair', {features: [['conv1']]}, 'Expected `features[0]` to be the name of a layer, or the'],
    ['a weight without features', {featureWeight: 2}, '`featureWeight`'],
    ['a temperature of 0', {temperature: 0}, 'Expected `temperature` to be a number > 0, got 0'],
    ['a weight over 1', {weight: 1.5}, 'Expected `weight` to be a number in [0, 1], got 1.5'],
  ])('%s, before anything changes', async (_, args, message) => {
    const model = compiled(convNet(4), 'categoricalCrossentropy');
    await expectNoLeak(() => {
      const other = convNet(6, 2);
      expect(() => distill(model, other, args)).toThrow(message);
      other.dispose();
    });
    expect(model.layers.some(layer => Object.hasOwn(layer, 'call'))).toBe(false);
  });

  test('an input that goes only into a layer that is used twice', () => {
    const twins = () => {
      const [a, b] = [tf.input({shape: [2]}), tf.input({shape: [2]})];
      const shared = tf.layers.dense({units: 2});
      const both = [shared.apply(a), shared.apply(b)] as tf.SymbolicTensor[];
      return tf.model({inputs: [a, b], outputs: tf.layers.add().apply(both) as tf.SymbolicTensor});
    };
    expect(() => distill(compiled(twins()), twins())).toThrow(/and is used once; put a layer such as/);
  });
});
