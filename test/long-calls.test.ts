import * as tf from '@tensorflow/tfjs';
import {
  attentionScores,
  biasCorrection,
  bisection,
  greedy,
  lassoScores,
  measureLatency,
  metricScore,
  modelSize,
  planChannelPruning,
  progressBar,
  prunable,
  pruneOnce,
  recalibrateBatchNorm,
  reconstruct,
  searchRates,
  sensitivityScan,
  taylor,
  wanda,
  weightSpace,
  type Data,
  type Progress,
} from 'tfjs-pruning';
import {wrapper} from './support/masks.js';
import {withRandomWeights} from './support/random-weights.js';
import {expectNoLeak} from './support/tensors.js';

/** What calls that take long have in common: they pause, tell their progress, and can be aborted. */

const xs = tf.randomNormal([5, 4], 0, 1, 'float32', 1);
const ys = tf.randomNormal([5, 2], 0, 1, 'float32', 2);
const OTHER = 'cpu';

function build(): tf.LayersModel {
  const plain = tf.sequential({
    name: 'net',
    layers: [
      tf.layers.dense({name: 'a', units: 6, inputShape: [4]}),
      tf.layers.batchNormalization({name: 'norm'}),
      tf.layers.dense({name: 'b', units: 2}),
    ],
  });
  const model = prunable(withRandomWeights(plain));
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  return model;
}

let dense: tf.LayersModel;
beforeAll(() => void (dense = build()));

const kept = (model: tf.LayersModel) =>
  ['a', 'b'].map(name => tf.tidy(() => tf.sum(wrapper(model, name).maskedWeights[0]!.mask.read()).dataSync()[0]));

interface Told {
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

const tensors = {data: {xs, ys}, batchSize: 2};

/** Each call, and all of its labels. */
const CALLS: Record<string, [call: (model: tf.LayersModel, told: Told) => Promise<unknown>, labels: string[]]> = {
  'pruneOnce by data': [
    (model, told) => pruneOnce(model, {sparsity: 0.5, criterion: taylor(), ...tensors, ...told}),
    ['batch 1 of 3', 'batch 2 of 3', 'batch 3 of 3', 'a/kernel', 'b/kernel'],
  ],
  'pruneOnce by weights': [(model, told) => pruneOnce(model, {sparsity: 0.5, ...told}), ['a/kernel', 'b/kernel']],
  sensitivityScan: [
    (model, told) => sensitivityScan(model, {sparsities: [0.5, 0.75], criterion: wanda(), ...tensors, ...told}),
    ['a at 0.5', 'a at 0.75', 'b at 0.5', 'b at 0.75'],
  ],
  'planChannelPruning by data': [
    (model, told) => planChannelPruning(model, {sparsity: 0.5, criterion: taylor(), ...tensors, ...told}),
    [
      ...['batch 1 of 3', 'batch 2 of 3', 'batch 3 of 3', 'scores'],
      ...['0 of 8 removed', '5 of 8 removed', '2 of 8 removed', '3 of 8 removed', '3 of 8 removed'],
    ],
  ],
  'planChannelPruning by latency': [
    (model, told) => planChannelPruning(model, {latency: 0.5, latencyOf: one => one.countParams(), ...told}),
    ['scores', ...[0, 5, 2, 3, 4].map(units => `${units} of 8 removed`)],
  ],
  'planChannelPruning by a measured latency': [
    (model, told) => planChannelPruning(model, {latency: 1e-9, ...told}),
    [],
  ],
  measureLatency: [
    (model, told) => measureLatency([model, model], {runs: 2, warmUp: 1, backend: OTHER, ...told}),
    ['warm-up 1 of 1', 'run 1 of 2', 'run 2 of 2'].flatMap(run => [`net (1), ${run}`, `net (2), ${run}`]),
  ],
  modelSize: [
    (model, told) => modelSize(model, {bits: [4], ...told}),
    ['a', 'norm', 'b', 'net'].flatMap(name =>
      ['float32', 'uint8', 'uint16', 'float16', '4 bits'].map(format => `${name}, ${format}`),
    ),
  ],
  searchRates: [
    (model, told) => {
      const score = metricScore({...tensors, metric: 'loss', recalibrate: {xs}});
      return searchRates(model, {target: {multiplyAdds: 0.5}, score, policy: bisection({sparsities: [0.2]}), ...told});
    },
    ['uniform', 'dense', 'a/kernel alone at 0.2', 'a/kernel alone at 0.833', 'uniform'],
  ],
  'searchRates over weights': [
    (model, told) => {
      const score = metricScore({...tensors, metric: 'loss'});
      const space = weightSpace({criterion: taylor(), ...tensors});
      return searchRates(model, {target: {sparsity: 0.5}, score, policy: greedy({steps: 1}), space, ...told});
    },
    ['uniform', 'dense', 'step 1, a/kernel', 'uniform'],
  ],
  attentionScores: [
    async (model, told) =>
      tf.dispose(await attentionScores(model, {layers: ['a', 'b'], epochs: 2, ...tensors, ...told})),
    [
      ...[1, 2].flatMap(epoch => [1, 2, 3].map(batch => `epoch ${epoch} of 2, batch ${batch} of 3`)),
      ...[1, 2, 3].map(batch => `attention, batch ${batch} of 3`),
      'scores',
    ],
  ],
  lassoScores: [
    async (model, told) => tf.dispose(await lassoScores(model, {...tensors, ...told})),
    ['batch 1 of 3', 'batch 2 of 3', 'batch 3 of 3', 'b/kernel'],
  ],
  biasCorrection: [
    (model, told) => biasCorrection(model, {teacher: dense, ...tensors, ...told}),
    ['a/kernel', 'b/kernel'].flatMap(name => [...[1, 2, 3].map(batch => `${name}, batch ${batch} of 3`), name]),
  ],
  reconstruct: [
    (model, told) => reconstruct(model, {teacher: dense, ...tensors, ...told}),
    ['a/kernel', 'b/kernel'].flatMap(name => [...[1, 2, 3].map(batch => `${name}, batch ${batch} of 3`), name]),
  ],
  recalibrateBatchNorm: [
    (model, told) => recalibrateBatchNorm(model, {...tensors, ...told}),
    ['batch 1 of 3', 'batch 2 of 3', 'batch 3 of 3', 'statistics'],
  ],
};

/** What an aborted call must leave as it was. */
async function stateOf(model: tf.LayersModel) {
  const outputs = tf.tidy(() => [...(model.predict(xs) as tf.Tensor).dataSync()]);
  const weights = await Promise.all(model.weights.map(async weight => [...(await weight.read().data())]));
  return {outputs, weights, backend: tf.getBackend(), tensors: tf.memory().numTensors};
}

/** Makes every pause a real one, at which `atPause` is called. */
function slowly(atPause: (pauses: number) => void = () => undefined): {readonly pauses: number} {
  let [time, pauses] = [0, 0];
  jest.spyOn(Date, 'now').mockImplementation(() => (time += 50));
  const {setTimeout} = globalThis;
  jest.spyOn(globalThis, 'setTimeout').mockImplementation((action: () => void, ms?: number) =>
    setTimeout(() => {
      if (ms === undefined) atPause(++pauses);
      action();
    }, ms),
  );
  return {
    get pauses() {
      return pauses;
    },
  };
}

beforeEach(() => void jest.spyOn(console, 'warn').mockImplementation());
afterEach(() => jest.restoreAllMocks());

describe.each(Object.entries(CALLS))('%s', (_, [call, labels]) => {
  test('lets other code run again and again, which finds the model as it was', async () => {
    const model = build();
    const {outputs} = await stateOf(model);
    const found: number[][] = [];
    const slow = slowly(() => found.push(tf.tidy(() => [...(model.predict(xs) as tf.Tensor).dataSync()])));
    let [turns, isOver] = [0, false];
    const turn = () => {
      turns++;
      if (!isOver) setTimeout(turn, 1); // as pauses do, first in, first out: one between two pauses
    };
    setTimeout(turn, 1);
    await call(model, {});
    isOver = true;
    expect(slow.pauses).toBeGreaterThan(labels.length / 2);
    expect(turns).toBeGreaterThanOrEqual(slow.pauses);
    const rounded = (values: number[]) => values.map(value => value.toFixed(4)); // backends differ in the last bits
    for (const each of found) expect(rounded(each)).toEqual(rounded(outputs));
    expect(found).toHaveLength(slow.pauses);
  });

  test('aborted at any pause, it rejects with the reason and leaves everything as it was', async () => {
    const [model, reason] = [build(), new Error('enough')];
    const before = await stateOf(model);
    for (let at = 1, isOver = false; !isOver; at++) {
      const controller = new AbortController();
      slowly(pauses => pauses === at && controller.abort(reason));
      const outcome = await call(model, {signal: controller.signal}).then(
        () => 'done' as const,
        (error: unknown) => error,
      );
      jest.restoreAllMocks();
      jest.spyOn(console, 'warn').mockImplementation();
      isOver = outcome === 'done';
      if (isOver) expect(at).toBeGreaterThan(2);
      else expect([outcome, await stateOf(model)]).toEqual([reason, before]);
    }
  });

  test.each(['aborted', 'failing'])('%s in any report, it leaves everything as it was', async kind => {
    const [model, reason] = [build(), new Error('enough')];
    const reports = await reportsOf(told => call(build(), told));
    const before = await stateOf(model);
    for (let at = 1; at <= reports.length; at++) {
      const controller = new AbortController();
      let count = 0;
      const onProgress = () => {
        if (++count !== at) return;
        if (kind === 'failing') throw reason;
        controller.abort(reason);
      };
      const outcome = await call(model, {onProgress, signal: controller.signal}).catch((error: unknown) => error);
      expect([outcome, count, await stateOf(model)]).toEqual([reason, at, before]);
    }
  });

  test('aborted before, it does nothing', async () => {
    const model = build();
    const before = await stateOf(model);
    const predict = jest.spyOn(model, 'predict');
    const passes = jest.spyOn(model, 'call');
    const onProgress = jest.fn();
    await expect(call(model, {onProgress, signal: AbortSignal.abort('never')})).rejects.toBe('never');
    expect([predict, passes, onProgress].map(each => each.mock.calls.length)).toEqual([0, 0, 0]);
    expect(await stateOf(model)).toEqual(before);
  });

  test('tells its progress, up to the end', async () => {
    const written: string[] = [];
    const bar = progressBar({stream: {isTTY: true, write: text => written.push(text)}});
    const reports = await reportsOf(told => call(build(), told), bar);
    if (labels.length > 0) expect(reports.map(({label}) => label)).toEqual(labels);
    reports.forEach(({done, total}, i) => {
      expect(total).toBe(reports[0]!.total);
      expect(done).toBeGreaterThan(i === 0 ? 0 : reports[i - 1]!.done);
      expect(done < total).toBe(i < reports.length - 1);
    });
    expect(written.filter(line => line.endsWith('\n'))).toHaveLength(1);
  });
});

async function reportsOf(call: (told: Told) => Promise<unknown>, also: (progress: Progress) => void = () => undefined) {
  const reports: Progress[] = [];
  await call({
    onProgress: progress => {
      reports.push(progress);
      also(progress);
    },
  });
  return reports;
}

const batches = () => [0, 2].map(i => ({xs: tf.slice(xs, i, 2), ys: tf.slice(ys, i, 2)}));

test.each<[string, () => Data, [number, number, string][]]>([
  [
    'a list',
    batches,
    [
      [1, 3, 'batch 1 of 2'],
      [2, 3, 'batch 2 of 2'],
      [3, 3, 'statistics'],
    ],
  ],
  [
    'a dataset of a known size',
    () => tf.data.array([...Array(4).keys()].map(() => ({xs: [1, 2, 3, 4]}))).batch(3),
    [
      [1, 3, 'batch 1 of 2'],
      [2, 3, 'batch 2 of 2'],
      [3, 3, 'statistics'],
    ],
  ],
  [
    'a generator, of which nobody knows the number',
    () => batches().values(),
    [
      [0, 1, 'batch 1'],
      [0, 1, 'batch 2'],
      [1, 1, 'statistics'],
    ],
  ],
  [
    'a dataset that says too few',
    () =>
      Object.assign(tf.data.generator(() => batches().values()) as unknown as {iterator: never}, {size: 1}) as never,
    [
      [1, 2, 'batch 1 of 1'],
      [1, 2, 'batch 2'],
      [2, 2, 'statistics'],
    ],
  ],
])('the progress over %s', async (_, data, expected) => {
  const reports = await reportsOf(told => recalibrateBatchNorm(build(), {data: data(), ...told}));
  expect(reports.map(({done, total, label}) => [done, total, label])).toEqual(expected);
});

test('aborted over a dataset, it disposes the batch that it has read', async () => {
  const model = build();
  const dataset = tf.data.array([1, 2, 3].map(value => ({xs: [value, 1, 1, 1]}))).batch(1);
  await expectNoLeak(async () => {
    for (const at of [1, 2]) {
      const controller = new AbortController();
      const onProgress = ({done}: Progress) => {
        if (done === at) controller.abort('enough');
      };
      const call = recalibrateBatchNorm(model, {data: dataset, onProgress, signal: controller.signal});
      await expect(call).rejects.toBe('enough');
    }
  });
});

describe('what a page does at the pauses', () => {
  /** What a call leaves, and returns. */
  async function resultOf(call: (model: tf.LayersModel) => Promise<unknown>, atPause: (model: tf.LayersModel) => void) {
    const model = build();
    slowly(() => {
      tf.tidy(() => atPause(model));
    });
    const returned = await call(model);
    jest.restoreAllMocks();
    const {weights, outputs} = await stateOf(model);
    return {returned, weights, outputs};
  }

  test.each<[string, (model: tf.LayersModel) => Promise<unknown>]>([
    ['recalibrateBatchNorm', model => recalibrateBatchNorm(model, tensors)],
    ['reconstruct', model => reconstruct(model, {teacher: dense, ...tensors})],
    [
      'attentionScores',
      async model => {
        const attention = await attentionScores(model, {layers: 'a', ...tensors});
        const values = [...(await attention['a/kernel']!.data())];
        tf.dispose(attention);
        return values;
      },
    ],
    [
      'lassoScores',
      async model => {
        const lasso = await lassoScores(model, tensors);
        const values = [...(await lasso['a/kernel']!.data())];
        tf.dispose(lasso);
        return values;
      },
    ],
    ['pruneOnce by inputs', model => pruneOnce(model, {sparsity: 0.5, criterion: wanda(), ...tensors})],
    ['pruneOnce by gradients', model => pruneOnce(model, {sparsity: 0.5, criterion: taylor(), ...tensors})],
    ['sensitivityScan', model => sensitivityScan(model, {sparsities: [0.5], criterion: wanda(), ...tensors})],
  ])('predictions do not change what %s finds', async (_, call) => {
    const noise = tf.randomNormal([7, 4], 3, 9, 'float32', 3);
    const alone = await resultOf(call, () => undefined);
    const beside = await resultOf(call, model => void model.predict(noise));
    expect(beside).toEqual(alone);
  });

  test('a stateful layer has its own states', async () => {
    const plain = tf.sequential();
    plain.add(tf.layers.simpleRNN({name: 'r', units: 3, stateful: true, batchInputShape: [2, 2, 1]}));
    const model = prunable(withRandomWeights(plain));
    const data = {xs: tf.randomNormal([6, 2, 1], 0, 1, 'float32', 4), ys: tf.ones([6, 3])};
    const step = tf.ones([2, 2, 1]);
    const run = () => tf.tidy(() => [...(model.predict(step, {batchSize: 2}) as tf.Tensor).dataSync()]);
    const alone = [run(), run(), run()];
    (wrapper(model, 'r').layer as tf.RNN).resetStates();
    const beside: number[][] = [];
    slowly(() => beside.push(run()));
    await pruneOnce(model, {sparsity: 0.5, criterion: taylor(), data, batchSize: 2, loss: 'meanSquaredError'});
    expect(new Set(alone.map(String)).size).toBe(3);
    expect(beside.slice(0, 3)).toEqual(alone);
  });

  test('masks that change meanwhile are not overrun', async () => {
    const model = build();
    const both = await Promise.allSettled([0.5, 0.5].map(sparsity => pruneOnce(model, {sparsity})));
    expect(both.map(({status}) => status)).toEqual(['fulfilled', 'rejected']);
    expect(String((both[1] as PromiseRejectedResult).reason)).toBe(
      'Error: pruneOnce expects the masks to stay while it chooses others, but that of "a/kernel" was changed; await ' +
        'one call before the next. This one changed nothing',
    );
    expect(kept(model)).toEqual([12, 6]);
    const apart = ['a', 'b'].map(layers => pruneOnce(model, {sparsity: 0.75, layers}));
    expect((await Promise.all(apart)).map(({zeros}) => zeros)).toEqual([18, 9]);
    const scanned = sensitivityScan(model, {...tensors, sparsities: [0.9]});
    await pruneOnce(model, {sparsity: 0.8, layers: 'a'});
    await scanned;
    expect(kept(model)).toEqual([5, 3]);
  });

  test('two measurements are not made at once', async () => {
    const model = build();
    const [first, second] = [measureLatency(model, {runs: 1}), measureLatency(model, {runs: 1, backend: OTHER})];
    await expect(second).rejects.toThrow('measureLatency is measuring already');
    expect((await first).times).toHaveLength(1);
    expect((await measureLatency(model, {runs: 1})).times).toHaveLength(1);
  });
});
