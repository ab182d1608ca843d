import * as tf from '@tensorflow/tfjs';
import {
  formatChannelPlan,
  planChannelPruning,
  prunable,
  shrink,
  wanda,
  type PlanChannelPruningArgs,
} from 'tfjs-pruning';
import {expectNoLeak} from '../../support/tensors.js';

let warnings: jest.SpyInstance<void, unknown[]>;
beforeEach(() => (warnings = jest.spyOn(console, 'warn').mockImplementation()));
afterEach(() => warnings.mockRestore());
const said = () => warnings.mock.calls.flat() as string[];

/** A stack of Dense layers: of each its name and its units. */
const stack = (sizes: Record<string, number>, frozen: readonly string[] = []): tf.Sequential =>
  tf.sequential({
    layers: Object.entries(sizes).map(([name, units], i) =>
      tf.layers.dense({
        ...{name, units, trainable: !frozen.includes(name)},
        kernelInitializer: tf.initializers.glorotUniform({seed: i}),
        ...(i === 0 && {inputShape: [4]}),
      }),
    ),
  });

describe('what a plan does not give is in the plan, in its table, and in one line on the console', () => {
  const CASES: [what: string, args: PlanChannelPruningArgs, shortfall: string][] = [
    ['few of few', {sparsity: 0.02}, 'no channel is removed: 0.02 of 20 channels rounds to none'],
    [
      'a sparsity of its own of few',
      {sparsity: 0, perLayer: {a: 0.04}},
      'no channel is removed: each sparsity of `perLayer` rounds to none',
    ],
    [
      'minKept',
      {sparsity: 0.5, minKept: 8},
      '6 of the 10 channels that were to be removed are kept: no group can lose more',
    ],
    [
      'a sparsity of its own that a limit holds',
      {sparsity: 0.2, perLayer: {a: {sparsity: 0.9, minKept: 5}}},
      '"a" loses 5 of the 9 channels of its own sparsity: the others are held by minKept 5',
    ],
    [
      'layers that are too small',
      {sparsity: 0.5, roundTo: 16},
      'no channel can be removed: channels of "a", "b" are fewer than roundTo 16',
    ],
    [
      'a size',
      {parameters: 0.1}, // one unit of each is left: (4 + 1) + (1 + 1) + 2 * (1 + 1) = 11 of 182
      '',
    ],
    [
      'a size out of reach', // 11 of 182 are left
      {parameters: 0.05},
      '6.0% of the parameters are left instead of 5.0%: no group can lose more',
    ],
    [
      'a latency that only a clock sees',
      {latency: 0.9, latencyOf: () => 1},
      '100.0% of the latency is left instead of 90.0%: no group can lose more',
    ],
  ];
  test.each(CASES)('%s', async (_what, args, shortfall) => {
    const model = stack({a: 10, b: 10, o: 2});
    const plan = await planChannelPruning(model, args);
    expect(plan.shortfall ?? '').toBe(shortfall);
    expect((JSON.parse(JSON.stringify(plan)) as typeof plan).shortfall ?? '').toBe(shortfall);
    if (shortfall) expect(formatChannelPlan(plan).split('\n').at(-1)).toBe(`missed: ${shortfall}`);
    expect(said()).toEqual(shortfall ? [`planChannelPruning: ${shortfall}.`] : []);
  });

  test('what can be ranked does not go in the place of what the criterion can not', async () => {
    const input = tf.input({shape: [5, 3]});
    const gru = tf.layers.bidirectional({
      name: 'bi',
      layer: tf.layers.gru({name: 'g', units: 20, returnSequences: true}),
      mergeMode: 'concat',
    });
    const lstm = tf.layers.lstm({name: 'l', units: 4}).apply(gru.apply(input));
    const outputs = tf.layers.dense({name: 'o', units: 3}).apply(lstm) as tf.SymbolicTensor;
    const plan = await planChannelPruning(tf.model({inputs: input, outputs}), {
      ...{sparsity: 0.5, criterion: wanda(), data: {xs: tf.ones([2, 5, 3])}},
    });
    expect(plan.groups.map(({after}) => after)).toEqual([20, 2, 3]);
    expect(plan.shortfall).toBe(
      '10 of the 12 channels that were to be removed are kept: ' +
        'channels of "bi/forward_g + bi/backward_g" have no kernel that the criterion can score',
    );
  });

  test('a plan that asks for nothing misses nothing', async () => {
    expect((await planChannelPruning(stack({a: 10, o: 2}), {sparsity: 0})).shortfall).toBeUndefined();
    expect(said()).toEqual([]);
  });

  test('a latency that noise alone makes small is not met by nothing', async () => {
    let asked = 0;
    const plan = await planChannelPruning(stack({a: 10, o: 2}), {
      latency: 0.9,
      latencyOf: model => (asked++ === 0 ? 1 : model.countParams()),
    });
    expect(plan.remove['a']!.length).toBeGreaterThan(0);
  });
});

describe('frozen layers', () => {
  const half = (model: tf.LayersModel, more: Partial<PlanChannelPruningArgs> = {}) =>
    planChannelPruning(model, {sparsity: 0.5, ...more});
  const left = async (model: tf.LayersModel, more?: Partial<PlanChannelPruningArgs>) =>
    Object.fromEntries((await half(model, more)).groups.map(({name, after}) => [name, after]));
  const sizes = {a: 8, b: 10, c: 12, o: 2};

  test('what they make and take in is left alone, and is said; what is shrunk has all of their weights', async () => {
    const model = stack(sizes, ['b']);
    const plan = await half(model);
    expect(plan.groups.map(({after}) => after)).toEqual([8, 10, 6, 2]);
    expect(plan.groups.map(({reason}) => reason)).toEqual([
      'are taken in by frozen "b"',
      'are made by frozen "b"',
      undefined,
      "are the model's outputs",
    ]);
    expect(plan.shortfall).toBeUndefined();
    expect(formatChannelPlan(plan)).toContain('are made by frozen "b"');
    expect(said()).toEqual([
      'planChannelPruning: channels of "a", "b" are kept, since frozen layers hold them; ' +
        'to cut them, name their layers in `layers`.',
    ]);
    const kept = (of: tf.LayersModel) =>
      of
        .getLayer('b')
        .getWeights()
        .map(weight => [...weight.dataSync()]);
    expect(kept(await shrink(model, plan))).toEqual(kept(model));
  });

  test('are said beside what else is missed, once', async () => {
    const rounded = await half(stack({a: 8, b: 10, o: 2}, ['a']), {sparsity: 0.01});
    expect(rounded.shortfall).toBe('no channel is removed: 0.01 of 10 channels rounds to none');
    const frozen =
      'channels of "a" are kept, since frozen layers hold them; to cut them, name their layers in `layers`';
    expect(said()).toEqual([`planChannelPruning: ${rounded.shortfall}; ${frozen}.`]);
    const {shortfall} = await planChannelPruning(stack({a: 8, b: 10, o: 2}, ['a']), {parameters: 0.1});
    expect(shortfall).toContain(frozen);
    expect(said()[1]).toBe(`planChannelPruning: ${shortfall}.`);
  });

  test('those that `layers` names go; `perLayer` names none', async () => {
    expect(await left(stack(sizes, ['b']), {layers: 'b'})).toEqual({a: 8, b: 5, c: 12, o: 2});
    expect(await left(stack(sizes, ['b']), {layers: /^[abc]$/, minKept: 4})).not.toMatchObject({b: 10});
    expect(said()).toEqual([]);
    await expect(half(stack(sizes, ['b']), {perLayer: {b: 0.5}})).rejects.toThrow(
      'not those of "b": they are made by frozen "b"; leave it out, or name it in `layers`',
    );
  });

  test('a whole model, a nested one, and one that is wrapped already', async () => {
    const whole = stack(sizes);
    whole.trainable = false;
    const plan = await half(whole);
    expect([plan.remove, plan.shortfall]).toEqual([
      {},
      'no channel can be removed: channels of "a", "b", "c" are kept, since frozen layers hold them; ' +
        'to cut them, name their layers in `layers`',
    ]);
    const base = stack({a: 8, b: 10});
    base.name = 'base';
    base.trainable = false;
    const nested = tf.sequential({
      layers: [base, tf.layers.dense({name: 'c', units: 12}), tf.layers.dense({name: 'o', units: 2})],
    });
    expect(await left(nested)).toEqual({'base/a': 8, 'base/b': 10, c: 6, o: 2});
    expect(await left(prunable(stack(sizes, ['a'])))).toMatchObject({a: 8});
  });

  test('a group stays with any of its members; a batch normalization is none', async () => {
    const build = (frozen: string) => {
      const input = tf.input({shape: [4, 4, 2]});
      const conv = (name: string, x: tf.SymbolicTensor) =>
        tf.layers
          .conv2d({name, filters: 6, kernelSize: 3, padding: 'same', trainable: name !== frozen})
          .apply(x) as tf.SymbolicTensor;
      const normal = tf.layers.batchNormalization({name: 'bn', trainable: frozen !== 'bn'});
      const stem = normal.apply(conv('stem', input)) as tf.SymbolicTensor;
      const depthwise = tf.layers.depthwiseConv2d({name: 'dw', kernelSize: 1, trainable: frozen !== 'dw'});
      const branch = conv('second', depthwise.apply(conv('first', stem)) as tf.SymbolicTensor);
      const sum = tf.layers.globalAveragePooling2d({}).apply(tf.layers.add().apply([stem, branch]));
      return tf.model({inputs: input, outputs: tf.layers.dense({name: 'o', units: 2}).apply(sum) as tf.SymbolicTensor});
    };
    const after = (frozen: string) => left(build(frozen), {sparsity: 0.5, minKept: 3});
    expect(await after('second')).toEqual({'stem + second': 6, first: 6, o: 2});
    expect(await after('stem')).toEqual({'stem + second': 6, first: 3, o: 2});
    expect(await after('dw')).toEqual({'stem + second': 3, first: 6, o: 2});
    expect(await after('bn')).toEqual({'stem + second': 3, first: 3, o: 2});
  });

  test('nothing leaks', async () => {
    const model = stack(sizes, ['b']);
    await expectNoLeak(async () => void (await half(model)));
  });
});
