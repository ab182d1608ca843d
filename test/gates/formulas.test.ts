import * as tf from '@tensorflow/tfjs';
import {
  bernoulli,
  blocks,
  continuousSparsification,
  coupledChannels,
  declareGate,
  differentiablePruning,
  dynamicThreshold,
  edgePopup,
  filters,
  hardConcrete,
  prunable,
  scaleGates,
  softThreshold,
  tapAttention,
  type DeclaredGate,
} from 'tfjs-pruning';
import {nextStrength} from '../../callbacks/parts/target-controller.js';
import {gatedLayers} from '../../src/gates/gated-layers.js';
import {gatedKernels, KeptShare, meanOf} from '../../src/gates/kept-share.js';
import {logisticNoise} from '../../src/gates/logistic-noise.js';
import {longTail} from '../../src/gates/step-function.js';
import {assign} from '../../src/tfjs-internals.js';
import {expectClose, GatedKernel, gatesIn} from '../support/gates.js';
import {wrapper} from '../support/masks.js';

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const ONES = [1, 1, 1, 1, 1];
const LOG_ALPHA = [-4, -2, 0, 2, 4];

describe('hardConcrete', () => {
  const P = [0.08307, 0.40098, 0.83182, 0.97337, 0.99631];
  const GATES = [0, 0.04304, 0.5, 0.95696, 1];

  test('is open with the probability of the paper, and final as the paper says', () => {
    const gated = new GatedKernel([ONES], hardConcrete({gateSpeed: 1})).set(LOG_ALPHA);
    expectClose(gated.openness(), P);
    expectClose(gated.values(false), GATES);
    expectClose(gated.computed(false), GATES);
  });

  test('with a gateSpeed holds a fraction of log alpha', () => {
    const gated = new GatedKernel([ONES], hardConcrete({gateSpeed: 4})).set(LOG_ALPHA.map(a => a / 4));
    expectClose(gated.openness(), P);
    expectClose(gated.values(false), GATES);
  });

  test('in training is open as often as it says, by a seed and the step', async () => {
    const draws = async (seed: number) => {
      const gated = new GatedKernel([ONES], hardConcrete({gateSpeed: 1, seed})).set(LOG_ALPHA);
      const drawn: number[][] = [];
      for (let step = 0; step < 400; step++) drawn.push((await gated.drive({step})).values(true));
      return drawn;
    };
    const drawn = await draws(1);
    P.forEach((p, i) => {
      const share = drawn.filter(gates => gates[i]! > 0).length / 400;
      expect(Math.abs(share - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / 400));
    });
    expect(new Set(drawn.map(gates => gates.join())).size).toBeGreaterThan(300);
    expect(await draws(1)).toEqual(drawn);
    expect(await draws(2)).not.toEqual(drawn);
  });

  test('draws what the formula makes of its noise, the same in each call of a step', async () => {
    const gated = await new GatedKernel([ONES], hardConcrete({gateSpeed: 1, seed: 3})).set(LOG_ALPHA).drive({step: 7});
    const noise = logisticNoise([1, 5], '3 d/kernel 7').dataSync();
    const expected = LOG_ALPHA.map((a, i) => {
      return Math.min(1, Math.max(0, sigmoid((a + noise[i]!) / (2 / 3)) * 1.2 - 0.1));
    });
    expectClose(gated.values(true), expected);
    expect(gated.values(true)).toEqual(gated.values(true));
  });

  test('starts near the drop rate, and no two gates alike', () => {
    const gated = new GatedKernel([Array.from({length: 500}, () => 1)], hardConcrete({dropRate: 0.2, gateSpeed: 10}));
    const {mean, variance} = tf.moments(tf.mul(gated.variable.read(), 10));
    expect(mean.dataSync()[0]).toBeCloseTo(Math.log(4), 2);
    expect(Math.sqrt(variance.dataSync()[0]!)).toBeCloseTo(0.01, 2);
  });
});

describe('bernoulli', () => {
  test('is 1 with the probability sigmoid(s), else 0, and final by the sign of s', async () => {
    const gated = new GatedKernel([ONES], bernoulli({gateSpeed: 1})).set(LOG_ALPHA);
    expectClose(gated.openness(), LOG_ALPHA.map(sigmoid));
    expect(gated.values(false)).toEqual([0, 0, 0, 1, 1]);
    const sums = LOG_ALPHA.map(() => 0);
    for (let step = 0; step < 400; step++) {
      (await gated.drive({step})).values(true).forEach((value, i) => {
        expect([0, 1]).toContain(value);
        sums[i]! += value;
      });
    }
    LOG_ALPHA.map(sigmoid).forEach((p, i) => {
      expect(Math.abs(sums[i]! / 400 - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / 400));
    });
  });

  test('has the gradient of its probability, at its noise, in units of gateSpeed', async () => {
    const s = LOG_ALPHA.map(a => a / 2);
    const gated = await new GatedKernel([[1, 2, -1, 3, 0.5]], bernoulli({gateSpeed: 2})).set(s).drive({step: 5});
    const noise = logisticNoise([1, 5], '0 d/kernel 5').dataSync();
    const p = LOG_ALPHA.map((a, i) => sigmoid(a + noise[i]!));
    const factors = [1, -2, 3, 0.5, 4];
    const expected = p.map((pi, i) => 2 * pi * (1 - pi) * [1, 2, -1, 3, 0.5][i]! * factors[i]!);
    expectClose(gated.gradients(factors).gate, expected);
  });

  test('as a supermask does not train its kernel, which starts as signs times its deviation', async () => {
    const gate = bernoulli({freezeKernel: true, start: 'signedConstant', dropRate: 0.5});
    const gated = await new GatedKernel([[3, -1, 2, -4]], gate).drive();
    expectClose(
      [...gated.kernel.read().dataSync()],
      [1, -1, 1, -1].map(sign => sign * Math.sqrt(7.5)),
    );
    const {kernel, gate: gates} = gated.gradients([1, 1, 1, 1]);
    expect(kernel).toEqual([0, 0, 0, 0]);
    expect(gates.every(value => value !== 0)).toBe(true);
  });
});

describe('continuousSparsification', () => {
  test.each([
    [0, 1],
    [10, 1.879],
    [42, 14.142],
    [84, 200],
  ])('at epoch %i of 85 is as steep as %f', async (epoch, beta) => {
    const gated = new GatedKernel([ONES], continuousSparsification()).set([0.05, -0.05, 0, 0.1, -0.2]);
    await gated.drive({progress: epoch / 84});
    expectClose(
      gated.values(true),
      [0.05, -0.05, 0, 0.1, -0.2].map(s => sigmoid(beta * s)),
      3,
    );
    expect(gated.openness()).toEqual(gated.values(true));
    expect(gated.values(false)).toEqual([1, 0, 0, 1, 0]);
  });

  test.each([
    [0, 1.02499],
    [Math.log(10) / Math.log(200), 1.24492],
    [1, 1.99991],
  ])('at progress %f a gate of 0.05 is %f times one of 0', async (progress, ratio) => {
    const gated = await new GatedKernel([[1, 1]], continuousSparsification()).set([0.05, 0]).drive({progress});
    const [a, b] = gated.values(true);
    expect(a! / b!).toBeCloseTo(ratio, 4);
  });
});

describe('softThreshold', () => {
  const W = [0.5, -0.3, 0.02, -0.004, 0.1];

  test.each([
    [-5, 0.006693],
    [-3, 0.047426],
    [-1, 0.268941],
  ])('with s = %f shrinks weights by %f', (s, t) => {
    const gated = new GatedKernel([W], softThreshold({first: s, gateSpeed: 20}));
    const expected = W.map(w => Math.sign(w) * Math.max(Math.abs(w) - t, 0));
    expectClose(gated.computed(false), expected, 5);
  });

  test('moves its threshold by -g(s) times the signs of the kept, and kept weights by 1', async () => {
    const gated = await new GatedKernel([W], softThreshold({first: -3, gateSpeed: 1})).drive();
    const factors = [1, 2, 3, 4, -5];
    const slope = 0.047426 * (1 - 0.047426);
    const {kernel, gate} = gated.gradients(factors);
    expectClose(gate, [-slope * (1 * 1 - 1 * 2 + 1 * -5)], 4);
    expectClose(kernel, [1, 2, 0, 0, -5], 4);
  });

  test.each([
    [0, 0.5],
    [0.5, 0.25],
    [1, 0],
  ])('with a leak, at progress %f gives pruned weights %f of their gradient', async (progress, share) => {
    const gated = await new GatedKernel([W], softThreshold({first: -3, leak: 0.5})).drive({progress});
    expectClose(gated.gradients([1, 2, 3, 4, -5]).kernel, [1, 2, 3 * share, 4 * share, -5], 4);
    expect(gated.computed(true)).toEqual(gated.computed(false));
  });

  test('has a threshold for each output, and shrinks the norms of filters', () => {
    const gated = new GatedKernel(
      [
        [3, 0.3],
        [4, 0.4],
      ],
      softThreshold({per: 'output', gateSpeed: 1}),
      filters(),
    ).set([0, 5]);
    const kept = 1 - (0.5 * Math.sqrt(2)) / 5; // the threshold of a group of two
    expectClose(gated.computed(false), [3 * kept, 0, 4 * kept, 0], 5);
  });
});

describe('dynamicThreshold', () => {
  test('steps with the long tail of the paper', () => {
    const x = [-1.2, -0.7, -0.4, -0.1, 0, 0.1, 0.4, 0.7, 1.2];
    expectClose([...longTail(tf.tensor(x)).dataSync()], [0, 0.4, 0.4, 1.6, 2, 1.6, 0.4, 0.4, 0]);
  });

  test('masks weights up to the threshold of their output, and moves both', async () => {
    const rows = [[0.5, 0.05], [-0.2, 0.6]]; // prettier-ignore
    const gated = await new GatedKernel(rows, dynamicThreshold()).set([0.4, 0.1]).drive();
    expect(gated.values(false)).toEqual([1, 0, 0, 1]);
    const [f, slope] = [[1, 2, 3, 4], (x: number) => (Math.abs(x) <= 0.4 ? 2 - 4 * Math.abs(x) : 0.4)];
    const w = [0.5, 0.05, -0.2, 0.6];
    const surrogate = w.map((wi, i) => slope(Math.abs(wi) - [0.4, 0.1][i % 2]!) * wi * f[i]!);
    const {kernel, gate} = gated.gradients(f);
    expectClose(gate, [-(surrogate[0]! + surrogate[2]!), -(surrogate[1]! + surrogate[3]!)]);
    expectClose(
      kernel,
      w.map((wi, i) => [1, 0, 0, 1][i]! * f[i]! + surrogate[i]! * Math.sign(wi)),
    );
    expectClose(gated.openness(), [Math.exp(-0.4), Math.exp(-0.1), Math.exp(-0.4), Math.exp(-0.1)]);
  });
});

describe('differentiablePruning', () => {
  test('makes the masks of the paper around the quantile, and decides by it', async () => {
    const gate = differentiablePruning({temperature: 0.01});
    const gated = await new GatedKernel([[0.02, -0.05, 0.3, -0.4]], gate).drive({sparsity: 0.5});
    expect(gated.variable.read().dataSync()[0]).toBeCloseTo(0.175, 6);
    expectClose(gated.values(true), [0.04642, 0.05665, 0.99737, 1], 5);
    expect(gated.values(false)).toEqual([0, 0, 1, 1]);
  });

  test.each([
    [0, 8],
    [0.25, 6],
    [0.5, 4],
    [0.99, 1],
  ])('at sparsity %f keeps %i of 8', async (sparsity, kept) => {
    const kernel = [[0.1, -0.2, 0.3, -0.4, 0.5, 0.6, -0.7, 0.8]];
    const gated = await new GatedKernel(kernel, differentiablePruning()).drive({sparsity});
    expect(gated.values(false).filter(z => z === 1)).toHaveLength(kept);
  });
});

describe('edgePopup', () => {
  test('keeps the largest scores by size, with the gradient through their size', async () => {
    const gated = new GatedKernel([[1, -2, 3, -4]], edgePopup({start: 'asIs'})).set([-0.9, 0.2, 0.1, -0.5]);
    await gated.drive({sparsity: 0.5});
    expect(gated.values(true)).toEqual([1, 0, 0, 1]);
    expect(gated.values(false)).toEqual([1, 0, 0, 1]);
    const {kernel, gate} = gated.gradients([1, 1, 1, 1]);
    expectClose(gate, [-1, -2, 3, 4]); // sign(score) * weight
    expect(kernel).toEqual([0, 0, 0, 0]);
  });

  test('starts with scores of Kaiming and signs times the deviation', () => {
    const rows = Array.from({length: 16}, (_, i) => [i + 1, -i - 1, 2, -2]);
    const gated = new GatedKernel(rows, edgePopup());
    const scores = [...gated.variable.read().dataSync()].map(Math.abs);
    expect(Math.max(...scores)).toBeLessThanOrEqual(0.25); // 1 / sqrt(fan in)
    expect(Math.max(...scores)).toBeGreaterThan(0.2);
    const sizes = [...gated.kernel.read().dataSync()].map(Math.abs);
    const deviation = Math.sqrt(rows.flat().reduce((sum, w) => sum + w * w, 0) / 64);
    sizes.forEach(size => expect(size).toBeCloseTo(deviation, 4));
  });
});

describe('scaleGates', () => {
  test('are factors, and 0 where they are small, with a straight gradient', async () => {
    const gated = await new GatedKernel([[1, 2, 3, 4]], scaleGates({below: 0.1, gateSpeed: 5})).drive();
    expectClose(gated.values(false), [1, 1, 1, 1]);
    gated.set([0.1, 0.022, 0.019, -0.4]);
    expectClose(gated.values(false), [0.5, 0.11, 0, 0]);
    expectClose(gated.openness(), [0.6, 0.21, 0.195, 1.9]);
    expectClose(gated.gradients([1, 1, 1, 1]).gate, [5, 10, 15, 20]);
  });
});

test.each<[string, DeclaredGate, number[]]>([
  ['hardConcrete', hardConcrete({gateSpeed: 1}), [-9, -8, -9]],
  ['bernoulli', bernoulli({gateSpeed: 1}), [-9, -8, -9]],
  ['continuousSparsification', continuousSparsification(), [-0.2, -0.1, -0.2]],
  ['scaleGates', scaleGates({gateSpeed: 1}), [0, 0.005, -1]],
  ['softThreshold', softThreshold({gateSpeed: 1}), [9]],
  ['dynamicThreshold', dynamicThreshold({per: 'layer'}), [9]],
])('%s of which all are closed keep the most open one', async (_, gate, values) => {
  const gated = new GatedKernel([[1e-3, -2e-3, 1e-4]], gate).set(values);
  expect(gated.values(false)).toEqual([0, 1, 0]);
  expect([...gated.gate.open().dataSync()]).toEqual([0, 1, 0]);
  await gated.drive({progress: 1});
  expect(Math.max(...gated.values(true))).toBeLessThan(0.3); // training may close all
});

describe('tapAttention', () => {
  const conv = (args = {}) => {
    const layer = tf.layers.conv2d({name: 'c', filters: 2, kernelSize: 2, inputShape: [3, 3, 1], useBias: false});
    const model = prunable(tf.sequential({layers: [layer]}), {gate: tapAttention(args)});
    const [gate] = gatesIn(model);
    const held = gate!.auxiliary[0]!.variable;
    return {gate: gate!, held};
  };
  const A = [0.1, 0.5, 0.4, -0.1, 0.2, 0.5, -0.3, 0.2]; // two windows, side by side
  const windows = [A.filter((_, i) => i % 2 === 0), A.filter((_, i) => i % 2 === 1)];

  test.each([
    [0, 6.7],
    [0.5, Math.sqrt(6.7 * 0.02)],
    [1, 0.02],
  ])('at progress %f is a softmax of temperature %f', async (progress, temperature) => {
    const {gate, held} = conv();
    assign(held, tf.tensor(A, [2, 2, 1, 2]));
    await gate.drive({step: 0, progress, sparsity: undefined});
    const z = [...gate.values(true).dataSync()];
    windows.forEach((a, w) => {
      const mean = a.reduce((x, y) => x + y) / 4;
      const deviation = Math.sqrt(a.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 4);
      const e = a.map(x => Math.exp((x - Math.max(...a)) / (deviation * temperature)));
      const expected = e.map(x => x / e.reduce((p, q) => p + q));
      expectClose(
        z.filter((_, i) => i % 2 === w),
        expected,
        4,
      );
    });
  });

  test('in the limit is one tap of each window, the first of equals, which is what it decides', async () => {
    const {gate, held} = conv({gateSpeed: 2});
    assign(held, tf.tensor(A, [2, 2, 1, 2]));
    await gate.drive({step: 0, progress: 1, sparsity: undefined});
    expect([...gate.values(false).dataSync()]).toEqual([0, 1, 1, 0, 0, 0, 0, 0]);
    expectClose([...gate.values(true).dataSync()].filter((_, i) => i % 2 === 0), [0, 1, 0, 0]); // prettier-ignore
  });

  test('shared, has one attention for all outputs', () => {
    const {gate, held} = conv({shared: true});
    expect(held.shape).toEqual([2, 2, 1, 1]);
    assign(held, tf.tensor([0.1, 0.3, 0.2, 0], [2, 2, 1, 1]));
    expect([...gate.values(false).dataSync()]).toEqual([0, 0, 1, 1, 0, 0, 0, 0]);
  });
});

describe('gradients are the slopes of what is computed', () => {
  const W = [0.5, -0.3, 0.21, -0.44, 0.13, 0.37];
  const rows = [W.slice(0, 3), W.slice(3)];
  const factors = [1, -2, 3, 0.5, 4, -1];
  const SOFT: [string, DeclaredGate, number[]][] = [
    ['hardConcrete', hardConcrete({gateSpeed: 2}), [0.1, -0.2, 0.05, 0.3, -0.1, 0]],
    ['continuousSparsification', continuousSparsification({gateSpeed: 3}), [0.1, -0.2, 0.05, 0.3, -0.1, 0]],
    ['softThreshold', softThreshold({gateSpeed: 2}), [-1]],
    ['softThreshold of outputs', softThreshold({per: 'output', gateSpeed: 2}), [-1, -0.8, -0.2]],
    ['differentiablePruning', differentiablePruning({temperature: 0.05}), [0.3]],
    ['scaleGates', scaleGates(), [0.1, 0.2, 0.05, 0.3, 0.15, 0.4]],
  ];

  test.each(SOFT)('%s', async (name, gate, values) => {
    const gated = new GatedKernel(rows, gate).set(values);
    await gated.gate.drive({step: 3, progress: 0.4, sparsity: undefined}).catch(() => undefined);
    if (name === 'differentiablePruning') {
      await gated.drive({step: 3, progress: 0.4, sparsity: 0.5});
    }
    const {kernel, gate: own} = gated.gradients(factors);
    const f = () => gated.computed(true);
    expectClose(kernel, gated.slopes('kernel', f, factors, 3e-3), 2);
    if (own.length > 0) expectClose(own, gated.slopes('gate', f, factors, 3e-3), 2);
  });

  test.each<[string, DeclaredGate, number[]]>([
    ['hardConcrete', hardConcrete({gateSpeed: 2}), [0.1, -0.2, 0.05, 0.3, -0.1, 0]],
    ['bernoulli', bernoulli({gateSpeed: 2}), [0.1, -0.2, 0.05, 0.3, -0.1, 0]],
    ['continuousSparsification', continuousSparsification(), [0.1, -0.2, 0.05, 0.3, -0.1, 0]],
    ['dynamicThreshold', dynamicThreshold({gateSpeed: 2}), [0.1, -0.2, 0.05]],
    ['scaleGates', scaleGates(), [0.1, 0.2, 0.05, 0.3, 0.15, 0.4]],
    ['softThreshold', softThreshold({gateSpeed: 2}), [-0.3]],
  ])('of the openness of %s', async (_, gate, values) => {
    const gated = await new GatedKernel(rows, gate).set(values).drive({progress: 0.4});
    const slopes = gated.slopes('gate', () => gated.openness(), factors, 3e-3);
    expectClose(gated.opennessGradient(factors), slopes, 2);
  });

  test('of norms of groups, over all weights that make them', async () => {
    const gate = softThreshold({gateSpeed: 2});
    const gated = await new GatedKernel(rows, gate, blocks([2, 1])).set([-0.7]).drive();
    const {kernel, gate: own} = gated.gradients(factors);
    const f = () => gated.computed(true);
    expectClose(kernel, gated.slopes('kernel', f, factors, 3e-3), 2);
    expectClose(own, gated.slopes('gate', f, factors, 3e-3), 2);
  });
});

test('groups have the norms of all weights that make them', () => {
  const input = tf.input({shape: [1]});
  const dense = (name: string, row: number[]) =>
    tf.layers.dense({name, units: 2, useBias: false, weights: [tf.tensor([row])]}).apply(input) as tf.SymbolicTensor;
  const sum = tf.layers.add().apply([dense('a', [3, 1]), dense('b', [4, -2])]);
  const out = tf.layers.dense({name: 'out', units: 1}).apply(sum) as tf.SymbolicTensor;
  let norms: number[] = [];
  const reading = declareGate('Reading', () => groups => ({
    values: () => (
      groups
        .norms()
        .dataSync()
        .forEach((n, i) => (norms[i] = n)),
      tf.ones([...groups.shape])
    ),
  }));
  const model = prunable(tf.model({inputs: input, outputs: out}), {gate: reading({}), structure: coupledChannels()});
  norms = [];
  tf.tidy(() => void gatesIn(model)[0]!.values(false));
  expectClose(norms, [5, Math.sqrt(5)], 5);
});

/** Gates that are as open as a variable says. */
const plainGate = declareGate('PlainGate', () => (_, addVariable) => {
  const initializer = tf.initializers.randomUniform({minval: 0.1, maxval: 0.9, seed: 5});
  const held = addVariable('held', {initializer});
  const openness = () => tf.mul(held.read(), 1);
  return {openness, values: openness};
});

const units = (name: string, count: number) => tf.layers.dense({name, units: count, useBias: false});
const input = () => tf.input({shape: [2]});
const apply = (layer: tf.layers.Layer, x: tf.SymbolicTensor | tf.SymbolicTensor[]) =>
  layer.apply(x) as tf.SymbolicTensor;

/** Of the inputs of `b`, and of the outputs of `c`, two are in the groups of `a`, and two are always open. */
function partlyGated(gate: DeclaredGate): tf.LayersModel {
  const x = input();
  const all = apply(tf.layers.concatenate(), [apply(units('a', 2), x), x]);
  const sum = apply(tf.layers.add(), [all, apply(units('c', 4), x)]);
  const net = tf.model({inputs: x, outputs: apply(units('out', 1), apply(units('b', 3), sum))});
  return prunable(net, {gate, structure: coupledChannels()});
}

describe('the share of the costs that is left', () => {
  const stack = () => {
    const layers = [units('a', 4), units('b', 5), units('c', 1)];
    return tf.sequential({layers: [tf.layers.inputLayer({inputShape: [3]}), ...layers]});
  };

  test('is the product of what is left of the inputs and outputs of each kernel', async () => {
    const model = prunable(stack(), {gate: hardConcrete(), structure: coupledChannels()});
    const gates = gatesIn(model);
    const kept = await KeptShare.of(gates, {kernels: gatedKernels(gatedLayers(model)), fixed: 10});
    const left = 12 * 0.5 + 20 * 0.5 * 0.2 + 5 * 0.2 + 10;
    expect(kept.at(gates.map(({count}) => (count === 4 ? 0.5 : 0.2)))).toBeCloseTo(left / 47, 6);
  });

  test.each<[string, () => tf.LayersModel]>([
    ['channels', () => prunable(stack(), {gate: plainGate({}), structure: coupledChannels()})],
    ['channels beside inputs', () => partlyGated(plainGate({}))],
    ['blocks of unequal sizes', () => prunable(stack(), {gate: plainGate({}), structure: blocks([2, 2])})],
  ])('and its gradient are those of the means over all slices: %s', async (_, make) => {
    const model = make();
    const [gates, kernels] = [gatesIn(model), gatedKernels(gatedLayers(model))];
    const kept = await KeptShare.of(gates, {kernels, fixed: 10});
    const means = kept.means.map(mean => meanOf(mean, mean.gate.openness()).dataSync()[0]!);
    const variables = gates.map(({auxiliary}) => auxiliary[0]!.variable.read() as tf.Variable);
    const bySlices = () => {
      const left = kernels.map(({tensors, cost}) =>
        tensors.reduce<tf.Tensor>((product, tensor) => {
          return tf.mul(product, tf.mean(tensor.spread(gate => gate.openness())));
        }, tf.scalar(cost)),
      );
      return tf.div<tf.Scalar>(tf.add(tf.addN(left), 10), kept.total);
    };
    expect(kept.at(means)).toBeCloseTo(bySlices().dataSync()[0]!, 6);
    const expected = tf.variableGrads(bySlices, variables);
    const {value, grads} = tf.variableGrads(() => kept.loss(3, means, gates), variables);
    expect(value.dataSync()[0]).toBeCloseTo(3 * kept.at(means), 6);
    for (const [name, gradient] of Object.entries(expected.grads)) {
      expectClose(
        [...grads[name]!.dataSync()],
        [...gradient.dataSync()].map(slope => 3 * slope),
        5,
      );
    }
  });
});

test('norms of groups have gradients for all weights that make them, and for no others', () => {
  const normGate = declareGate('NormGate', () => groups => ({
    values: () => tf.ones([...groups.shape]),
    openness: () => groups.norms(),
  }));
  const model = partlyGated(normGate({}));
  const [kernels, rows] = [
    ['a', 'c'].map(name => wrapper(model, name).maskedWeights[0]!.kernel),
    [[3, 1, 0, 2], [4, -2, 5, 6, 0, 2, 7, 8]], // prettier-ignore
  ];
  kernels.forEach((kernel, i) => assign(kernel, tf.tensor(rows[i]!, kernel.shape as number[])));
  const gate = gatesIn(model).find(({weight}) => weight.name === 'a/kernel')!;
  const norms = [Math.hypot(3, 0, 4, 0), Math.hypot(1, 2, -2, 2)];
  const f = () => tf.sum<tf.Scalar>(tf.mul(tf.reshape(gate.openness(), [-1]), [1, 10]));
  expectClose([...gate.openness().dataSync()], norms, 5);
  const {grads} = tf.variableGrads(f, kernels.map(kernel => kernel.read() as tf.Variable)); // prettier-ignore
  const [first, second] = [1 / norms[0]!, 10 / norms[1]!];
  const [a, c] = kernels.map(kernel => [...grads[kernel.name]!.dataSync()]);
  expectClose(a!, [3 * first, 1 * second, 0 * first, 2 * second], 5);
  expectClose(c!, [4 * first, -2 * second, 0, 0, 0 * first, 2 * second, 0, 0], 5);
});

test.each<[distance: number, limit: number, strength: number, next: number]>([
  [0, 10, 0, 10 / 1.4 ** 3],
  [0.01, 10, 7, 14],
  [0.004, 10, 2 / 1.4 ** 3, 10 / 1.4 ** 3],
  [-0.01, 10, -5 / 1.4 ** 3, 10 / 1.4 ** 3],
  [0.1, 10, 14, 14],
  [-0.5, 10, -10 / 1.4 ** 3, 10 / 1.4 ** 3],
  [0.1, 200, 200, 200],
  [0, 1, 0, 1],
])('at the distance %f, with the limit %f, the strength is %f and the limit %f', (distance, limit, strength, next) => {
  const steps = Math.log(200) / Math.log(1.4) / 0.7; // in which the limit grows by 1.4 each
  const memory = {limit};
  expect(nextStrength(memory, distance, steps)).toBeCloseTo(strength, 6);
  expect(memory.limit).toBeCloseTo(next, 6);
});
