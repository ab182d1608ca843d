import * as tf from '@tensorflow/tfjs';
import {
  globalRanking,
  inverted,
  magnitude,
  prunable,
  pruneOnce,
  snip,
  sparsityReport,
  type MaskedWeight,
} from 'tfjs-pruning';
import {GradualPruning} from 'tfjs-pruning/callbacks';
import {polynomialDecay} from 'tfjs-pruning/schedules';
import {PruneAtInitialization} from '../../callbacks/prune-at-initialization.js';
import {synFlow} from '../../src/criteria/syn-flow.js';
import {prunableLayers} from '../../src/layers/model-layers.js';
import {synapticFlow} from '../../src/criteria/synaptic-flow.js';
import {setMask} from '../support/masks.js';
import {distance, expectNoLeak, predict} from '../support/tensors.js';

const weightsOf = (model: tf.LayersModel): MaskedWeight[] =>
  prunableLayers(model).flatMap(({layer}) => layer.maskedWeights);

async function flowsOf(model: tf.LayersModel): Promise<number[][]> {
  const flows = await synapticFlow(model, weightsOf(model));
  const values = flows.map(flow => [...flow.dataSync()]);
  tf.dispose(flows);
  return values;
}

function stack(sizes: readonly number[], more: Partial<Parameters<typeof tf.layers.dense>[0]> = {}): tf.Sequential {
  const layers = sizes.slice(1).map((units, i) =>
    tf.layers.dense({
      units,
      name: `d${i}`,
      useBias: false,
      activation: 'relu',
      kernelInitializer: tf.initializers.glorotNormal({seed: i + 1}),
      ...(i === 0 && {inputShape: [sizes[0]!]}),
      ...more,
    }),
  );
  return prunable(tf.sequential({layers}));
}

function setKernels(model: tf.LayersModel, kernels: readonly number[][]): void {
  weightsOf(model).forEach(({kernel}, i) =>
    tf.tidy(() => void kernel.write(tf.tensor(kernels[i]!, kernel.shape as number[]))),
  );
}

describe('the flow through each weight', () => {
  test('of a tiny net, worked out by hand', async () => {
    const model = stack([2, 2, 1], {activation: 'tanh'});
    // |W1| = [[1, 2], [3, 4]], |W2| = [5, 6]; hidden (tanh would hold it back, so: linear) below
    const linear = stack([2, 2, 1], {activation: 'linear'});
    for (const one of [model, linear])
      setKernels(one, [
        [1, -2, -3, 4],
        [-5, 6],
      ]);
    // h = [1 + 3, 2 + 4] = [4, 6]; R = 4 * 5 + 6 * 6 = 56; S1 = [[1 * 5, 2 * 6], [3 * 5, 4 * 6]], S2 = [4 * 5, 6 * 6]
    expect(await flowsOf(linear)).toEqual([
      [5, 12, 15, 24],
      [20, 36],
    ]);
    // with tanh inside, but not at the output: S2 = tanh(h) * |W2|
    const [, second] = await flowsOf(model);
    expect(second![0]).toBeCloseTo(Math.tanh(4) * 5, 5);
    expect(second![1]).toBeCloseTo(Math.tanh(6) * 6, 5);
  });

  test('with biases and a batch normalization by their absolute values, in inference', async () => {
    const layers = [
      tf.layers.dense({name: 'a', units: 1, inputShape: [1], activation: 'relu'}),
      tf.layers.batchNormalization({epsilon: 0}),
      tf.layers.dense({name: 'b', units: 1}),
    ];
    const model = prunable(tf.sequential({layers}));
    const set = (name: string, values: number[]) =>
      tf.tidy(() => {
        const layer = model.getLayer(name);
        const masks = layer.getWeights().slice(values.length);
        layer.setWeights([...values.map((v, i) => tf.fill(layer.getWeights()[i]!.shape, v)), ...masks]);
      });
    set('a', [-2, -1]); // relu(2 * 1 + 1) = 3
    set(model.layers[1]!.name, [-3, -5, -1, 4]); // (3 - 1) / 2 * 3 + 5 = 8
    set('b', [-7, -11]); // R = 7 * 8 + 11; dR/d|a| = 7 * 3 / 2 = 10.5
    expect(await flowsOf(model)).toEqual([[21], [56]]);
  });

  test('is the same into a hidden unit as out of it, and R in every layer', async () => {
    const model = stack([5, 7, 6, 3]);
    const [first, second, third] = await flowsOf(model);
    const column = (flows: number[], columns: number, at: number) =>
      flows.filter((_, i) => i % columns === at).reduce((a, b) => a + b, 0);
    const row = (flows: number[], columns: number, at: number) =>
      flows.slice(at * columns, (at + 1) * columns).reduce((a, b) => a + b, 0);
    for (let unit = 0; unit < 7; unit++) expect(column(first!, 7, unit) / row(second!, 6, unit)).toBeCloseTo(1, 4);
    for (let unit = 0; unit < 6; unit++) expect(column(second!, 6, unit) / row(third!, 3, unit)).toBeCloseTo(1, 4);
    const sum = (flows: number[]) => flows.reduce((a, b) => a + b, 0);
    expect(sum(first!) / sum(third!)).toBeCloseTo(1, 4);
  });

  test.each(['softmax', 'sigmoid', 'tanh', 'hardSigmoid', 'softsign'] as const)(
    'goes past %s at the output, in a layer, a layer of its own, a nested model or over time',
    async activation => {
      const dense = (name: string, more = {}) =>
        tf.layers.dense({
          name,
          units: 3,
          useBias: false,
          kernelInitializer: tf.initializers.glorotNormal({seed: 7}),
          ...more,
        });
      const plain = prunable(tf.sequential({layers: [dense('d', {inputShape: [4]})]}));
      const expected = await flowsOf(plain);
      const own = [
        tf.sequential({layers: [dense('d', {inputShape: [4], activation})]}),
        tf.sequential({layers: [dense('d', {inputShape: [4]}), tf.layers.activation({activation})]}),
        tf.sequential({layers: [tf.sequential({layers: [dense('d', {inputShape: [4], activation})]})]}),
      ];
      for (const model of own) expect(await flowsOf(prunable(model))).toEqual(expected);
      const timed = tf.layers.timeDistributed({layer: dense('d', {activation}), inputShape: [2, 4]});
      const overTime = await flowsOf(prunable(tf.sequential({layers: [timed]})));
      expect(overTime.flat().map(flow => flow / 2)).toEqual(expected.flat());
    },
  );

  test('goes past a softmax in the middle, also one that is a layer', async () => {
    const middle = (layer: tf.layers.Layer) => {
      const kernelInitializer = tf.initializers.glorotNormal({seed: 7});
      const dense = {units: 3, useBias: false, kernelInitializer};
      const layers = [tf.layers.dense({...dense, inputShape: [4]}), layer, tf.layers.dense(dense)];
      return flowsOf(prunable(tf.sequential({layers})));
    };
    const expected = await middle(tf.layers.activation({activation: 'linear'}));
    expect(await middle(tf.layers.softmax({axis: -1}))).toEqual(expected);
    expect(await middle(tf.layers.activation({activation: 'softmax'}))).toEqual(expected);
  });

  test('goes through masks, embeddings and recurrent layers', async () => {
    const model = stack([2, 2, 1], {activation: 'linear'});
    setKernels(model, [
      [1, -2, -3, 4],
      [-5, 6],
    ]);
    setMask(weightsOf(model)[0]!, i => (i === 1 ? 0 : 1));
    // h = [4, 4]; the masked weight still has a gradient, that of what it would add
    expect(await flowsOf(model)).toEqual([
      [5, 12, 15, 24],
      [20, 24],
    ]);
    const text = prunable(
      tf.sequential({
        layers: [
          tf.layers.embedding({inputDim: 5, outputDim: 4, inputLength: 3}),
          tf.layers.lstm({units: 3}),
          tf.layers.dense({units: 2, activation: 'softmax'}),
        ],
      }),
    );
    for (const flows of await flowsOf(text)) expect(Math.max(...flows)).toBeGreaterThan(0);
  });

  test.each([
    ['overflow', 1e6],
    ['underflow', 1e-6],
  ])('is ranked the same where it would %s single precision', async (_, size) => {
    const [small, large] = [stack(Array<number>(13).fill(4)), stack(Array<number>(13).fill(4))];
    for (const {kernel} of weightsOf(large)) tf.tidy(() => void kernel.write(tf.mul(kernel.read(), size)));
    const ranks = (flows: number[]) => [...flows.keys()].sort((a, b) => flows[b]! - flows[a]!).slice(0, 8);
    const [from, to] = [await flowsOf(small), await flowsOf(large)];
    expect(to.map(ranks)).toEqual(from.map(ranks));
    const share = (all: number[]) => all.map(flow => flow / Math.max(...all));
    const expected = share(from.flat());
    share(to.flat()).forEach((part, i) => expect(part).toBeCloseTo(expected[i]!, 3));
  });
});

describe('where single precision does not hold the flow as it is', () => {
  const shares = (flows: number[][]) => {
    const sum = flows.flat().reduce((a, b) => a + b, 0);
    return flows.map(own => own.map(flow => flow / sum));
  };

  test('of a cell that saturates, worked out by hand for an input so small that it does not', async () => {
    const rnn = tf.layers.simpleRNN({units: 1, inputShape: [2, 1], useBias: false});
    const model = prunable(tf.sequential({layers: [rnn, tf.layers.dense({units: 1, useBias: false})]}));
    setKernels(model, [[-14], [1], [2]]); // of an input of 1 the second step's slope is 1 - tanh(15)^2, which is 0
    // h1 = 14, h2 = 14 + 1 * 14 = 28; R = 2 * 28, and of that through the recurrent kernel 2 * 1 * 14
    shares(await flowsOf(model)).forEach(([share], i) => expect(share).toBeCloseTo([56, 28, 56][i]! / 140, 3));
  });

  test('biases are scaled with the input, so that the shares of a net of rectifiers stay', async () => {
    const depth = 12;
    const net = (growth: number) => {
      const model = stack(Array<number>(depth + 1).fill(4), {useBias: true});
      model.layers.forEach((layer, i) =>
        tf.tidy(() => {
          const [kernel, , mask] = layer.getWeights();
          const bias = tf.fill([4], i === depth - 1 ? 0 : growth ** (i + 1));
          layer.setWeights([tf.mul(kernel!, growth), bias, mask!]);
        }),
      );
      return model;
    };
    const expected = shares(await flowsOf(net(1))).flat();
    const grown = shares(await flowsOf(net(3000))).flat(); // 3000^12 is beyond single precision
    grown.forEach((share, i) => expect(share / expected[i]!).toBeCloseTo(1, 3));
  });

  const initializers = (seed: number) => ({
    kernelInitializer: tf.initializers.glorotUniform({seed}),
    recurrentInitializer: tf.initializers.glorotUniform({seed: seed + 1}),
  });
  const lstm = (units: number, seed: number, more = {}) => tf.layers.lstm({units, ...initializers(seed), ...more});
  const more = {returnSequences: true};
  test.each<[string, () => tf.layers.Layer[]]>([
    ['an LSTM of many steps', () => [lstm(48, 1, {inputShape: [70, 4]})]],
    ['stacked LSTMs', () => [lstm(32, 1, {...more, inputShape: [20, 4]}), lstm(32, 3, more), lstm(32, 5)]],
    [
      'LSTMs both ways',
      () => [tf.layers.bidirectional({layer: lstm(48, 1), mergeMode: 'concat', inputShape: [25, 4]})],
    ],
    ['a GRU of many steps', () => [tf.layers.gru({units: 48, inputShape: [30, 4], ...initializers(1)})]],
    [
      'a wide SimpleRNN of many steps',
      () => [tf.layers.simpleRNN({units: 160, inputShape: [40, 4], ...initializers(1)})],
    ],
    [
      'a SimpleRNN that grows',
      () => [tf.layers.simpleRNN({units: 64, activation: 'relu', inputShape: [100, 4], ...initializers(1)})],
    ],
    [
      'a ConvLSTM',
      () => [
        tf.layers.convLstm2d({filters: 8, kernelSize: 3, inputShape: [10, 6, 6, 2], ...initializers(1)}),
        tf.layers.flatten(),
      ],
    ],
    [
      'a deep net of tanh',
      () =>
        Array.from({length: 10}, (_, i) =>
          tf.layers.dense({
            ...{units: 100, activation: 'tanh', kernelInitializer: tf.initializers.glorotUniform({seed: i + 1})},
            ...(i === 0 && {inputShape: [50]}),
          }),
        ),
    ],
  ])('some is left in all weights of %s, and nothing leaks', async (_what, layers) => {
    const head = tf.layers.dense({units: 3, kernelInitializer: tf.initializers.glorotUniform({seed: 9})});
    const model = prunable(tf.sequential({layers: [...layers(), head]}));
    const before = model.getWeights().map(weight => weight.dataSync());
    let flows: number[][] = [];
    await expectNoLeak(async () => void (flows = await flowsOf(model)));
    const sums = flows.map(own => own.reduce((a, b) => a + b, 0));
    const largest = Math.max(...sums);
    for (const sum of sums) expect(sum / largest).toBeGreaterThan(2 ** -24);
    for (const own of flows) expect(own.filter(flow => flow > 0).length / own.length).toBeGreaterThan(0.9);
    expect(model.getWeights().map(weight => weight.dataSync())).toEqual(before);
  });
});

describe('afterwards', () => {
  test('the model is what it was: weights, activations, outputs; also where the pass fails', async () => {
    const model = stack([4, 5, 3], {activation: 'softmax', useBias: true});
    model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    const x = tf.randomNormal([2, 4], 0, 1, 'float32', 1);
    const before = predict(model, x);
    const values = model.getWeights().map(weight => [...weight.dataSync()]);
    await pruneOnce(model, {sparsity: 0, criterion: synFlow()});
    const call = jest.spyOn(model, 'call').mockImplementation(() => {
      throw new Error('failed');
    });
    await expect(synapticFlow(model, weightsOf(model))).rejects.toThrow('failed');
    call.mockRestore();
    expect(distance(predict(model, x), before)).toBe(0);
    expect(model.getWeights().map(weight => [...weight.dataSync()])).toEqual(values);
  });

  test('of stateful cells: as if they had seen nothing, and their states stay', async () => {
    const build = (stateful: boolean) => {
      const lstm = tf.layers.lstm({
        units: 3,
        stateful,
        batchInputShape: [2, 4, 2],
        kernelInitializer: tf.initializers.glorotNormal({seed: 1}),
        recurrentInitializer: tf.initializers.glorotNormal({seed: 2}),
      });
      return prunable(tf.sequential({layers: [lstm, tf.layers.dense({units: 1, kernelInitializer: 'ones'})]}));
    };
    const model = build(true);
    const x = tf.randomNormal([2, 4, 2], 0, 1, 'float32', 1);
    const afresh = predict(model, x);
    const [first, second] = [predict(model, x), (model.resetStates(), predict(model, x), predict(model, x))];
    expect(distance(first, second)).toBe(0);
    expect(distance(afresh, first)).toBeGreaterThan(0.01);
    model.resetStates();
    predict(model, x);
    expect(await flowsOf(model)).toEqual(await flowsOf(build(false)));
    expect(distance(predict(model, x), first)).toBe(0);
  });

  test('nothing is leaked: in one shot, in rounds, and where it fails', async () => {
    const model = stack([4, 5, 3]);
    model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    const [x, y] = [tf.ones([4, 4]), tf.ones([4, 3])];
    await expectNoLeak(async () => {
      await pruneOnce(model, {sparsity: 0.2, criterion: synFlow()});
      await model.fit(x, y, {verbose: 0, callbacks: new PruneAtInitialization({sparsity: 0.5, criterion: synFlow()})});
      for (const {kernel} of weightsOf(model)) tf.tidy(() => void kernel.write(tf.zerosLike(kernel.read())));
      await expect(pruneOnce(model, {sparsity: 0.9, criterion: synFlow()})).rejects.toThrow(/signal/);
    });
  });
});

describe('pruning by it', () => {
  const sparsities = async (model: tf.LayersModel) =>
    (await sparsityReport(model)).layers.map(({sparsity}) => sparsity);

  /** Wide, narrow, wide: a layer of few large weights would outlast, one of many small ones fall, by size alone. */
  function deep(): tf.Sequential {
    const model = stack([20, 60, 60, 6, 20, 4]);
    model.compile({optimizer: tf.train.sgd(0.01), loss: 'meanSquaredError'});
    return model;
  }
  const data = () => [
    {xs: tf.randomNormal([16, 20], 0, 1, 'float32', 5), ys: tf.randomNormal([16, 4], 0, 1, 'float32', 6)},
  ];

  test('in 100 rounds keeps a path at 99 %, where ranking by size or snip collapses a layer', async () => {
    const outputs = (model: tf.LayersModel) =>
      tf.tidy(() => {
        for (const {kernel} of weightsOf(model)) kernel.write(tf.abs(kernel.read()));
        return tf.sum(model.predict(tf.ones([1, 20])) as tf.Tensor).dataSync()[0]!;
      });
    const flowing = deep();
    const pruning = new PruneAtInitialization({sparsity: 0.99, criterion: synFlow()});
    const [{xs, ys}] = data() as [{xs: tf.Tensor; ys: tf.Tensor}];
    await flowing.fit(xs, ys, {verbose: 0, callbacks: pruning});
    expect(pruning.sparsity).toBeCloseTo(0.99, 3);
    expect(outputs(flowing)).toBeGreaterThan(0);
    for (const criterion of [magnitude(), snip()]) {
      const collapsed = deep();
      await pruneOnce(collapsed, {sparsity: 0.99, criterion, allocation: globalRanking(), data: {xs, ys}});
      expect(outputs(collapsed)).toBe(0);
    }
  });

  test('scores anew in each round, which is not what one shot gives', async () => {
    const [once, often] = [deep(), deep()];
    await pruneOnce(once, {sparsity: 0.9, criterion: synFlow(), allocation: globalRanking()});
    const [{xs, ys}] = data() as [{xs: tf.Tensor; ys: tf.Tensor}];
    await often.fit(xs, ys, {verbose: 0, callbacks: new PruneAtInitialization({sparsity: 0.9, criterion: synFlow()})});
    expect(await sparsities(often)).not.toEqual(await sparsities(once));
  });

  test('works while training, and inverted', async () => {
    const model = deep();
    const [{xs, ys}] = data() as [{xs: tf.Tensor; ys: tf.Tensor}];
    const schedule = polynomialDecay({finalSparsity: 0.8, endStep: 4, frequency: 2});
    await model.fit(xs, ys, {
      epochs: 4,
      verbose: 0,
      callbacks: new GradualPruning({schedule, criterion: synFlow(), allocation: globalRanking()}),
    });
    expect((await sparsityReport(model)).total.sparsity).toBeCloseTo(0.8, 2);
    const tiny = stack([2, 2, 1], {activation: 'linear'});
    setKernels(tiny, [
      [1, -2, -3, 4],
      [-5, 6],
    ]);
    await pruneOnce(tiny, {sparsity: 0.5, criterion: inverted(synFlow()), allocation: globalRanking()});
    expect(weightsOf(tiny).map(({mask}) => [...mask.read().dataSync()])).toEqual([
      [1, 1, 0, 0], // 36, 24, and instead of 20, without which nothing of its layer would be left, 15
      [1, 0],
    ]);
  });

  test('says what is wrong: inputs of any size, and a signal that does not get through', async () => {
    const open = prunable(
      tf.sequential({layers: [tf.layers.conv2d({filters: 2, kernelSize: 3, inputShape: [null, null, 1] as never})]}),
    );
    await expect(pruneOnce(open, {sparsity: 0.5, criterion: synFlow()})).rejects.toThrow(
      /fixed shape .* got \[any,any,1\]/,
    );
    const dead = stack([2, 2, 1]);
    setKernels(dead, [
      [0, 0, 0, 0],
      [1, 1],
    ]);
    await expect(pruneOnce(dead, {sparsity: 0.5, criterion: synFlow()})).rejects.toThrow(
      /signal to flow .* got 0 in total/,
    );
  });
});
