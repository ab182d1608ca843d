import * as tf from '@tensorflow/tfjs';
import {coupledChannels, planChannelPruning, prunable, pruneOnce, readMasks, traceChannels} from 'tfjs-pruning';
import {goneUnits} from '../../src/units/gone-units.js';
import type {ChannelAxis} from '../../src/units/trace/channel-trace.js';
import {setMask, wrapper} from '../support/masks.js';

type Symbolic = tf.SymbolicTensor;
const dense = (name: string, units: number) =>
  tf.layers.dense({name, units, kernelInitializer: tf.initializers.glorotUniform({seed: units})});
const on = (layer: tf.layers.Layer, x: Symbolic | Symbolic[]) => layer.apply(x) as Symbolic;

/** `a` and `b`, 3 units each, are added; `c` and `d` take the sum in. */
function sum(): tf.LayersModel {
  const input = tf.input({shape: [2]});
  const x = on(tf.layers.add(), [on(dense('a', 3), input), on(dense('b', 3), input)]);
  return tf.model({inputs: input, outputs: [on(dense('c', 1), x), on(dense('d', 2), x)]});
}

describe('a unit is gone', () => {
  /** The units that are gone when of some kernels nothing is kept of the units 0 and 1 of the sum. */
  const goneWithout = (...layers: string[]) => {
    const trace = traceChannels(sum());
    const [first, second] = trace.sources[0]!.units;
    const isMasked = ({path, field}: ChannelAxis) => layers.includes(path) && field === 'kernel';
    const keptOf = (axis: ChannelAxis) =>
      axis.units.filter(unit => !isMasked(axis) || (unit !== first && unit !== second));
    return [...goneUnits(trace, keptOf)].map(unit => unit - first!);
  };

  test('if nothing is kept of all kernels that make it, whatever its biases are', () => {
    expect(goneWithout('a')).toEqual([]);
    expect(goneWithout('a', 'b')).toEqual([0, 1]);
  });

  test('if nothing is kept of all kernels that take it in', () => {
    expect(goneWithout('c')).toEqual([]);
    expect(goneWithout('c', 'd')).toEqual([0, 1]);
    expect(goneWithout('a', 'c')).toEqual([]);
  });

  test('but not if something takes it in without a weight', () => {
    const input = tf.input({shape: [4, 2]});
    const [a, b] = [on(dense('a', 3), input), on(dense('b', 3), input)];
    const product = on(tf.layers.dot({axes: 2}), [a, b]);
    const model = tf.model({inputs: input, outputs: [product, on(dense('c', 1), a)]});
    const trace = traceChannels(model);
    expect(trace.groups[0]!.frozen).toBeUndefined();
    const gone = goneUnits(trace, axis => (axis.role === 'takes' ? [] : axis.units));
    expect([...trace.sources[0]!.units].filter(unit => gone.has(unit))).toEqual([]);
  });
});

test('units that nothing takes in are removed first, by plans and by coupledChannels()', async () => {
  const input = tf.input({shape: [2]});
  const plain = tf.model({inputs: input, outputs: on(dense('c', 2), on(dense('a', 4), input))});
  plain.setWeights([tf.tensor2d([1, 9, 2, 3, 1, 9, 2, 3], [2, 4]), tf.zeros([4]), tf.ones([4, 2]), tf.zeros([2])]);
  const model = prunable(plain);
  setMask(wrapper(model, 'c').maskedWeights[0]!, i => (Math.floor(i / 2) === 1 ? 0 : 1));
  expect((await planChannelPruning(model, {sparsity: 0.25})).remove).toEqual({a: [1]});
  await pruneOnce(model, {sparsity: 0.25, structure: coupledChannels()});
  expect([...(await readMasks(model))['a/kernel']!.dataSync()]).toEqual([1, 0, 1, 1, 1, 0, 1, 1]);
});
