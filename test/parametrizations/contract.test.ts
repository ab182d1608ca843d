import * as tf from '@tensorflow/tfjs';
import {clusterWeights, prunable, shrink, stripPruning, type DeclaredParametrization} from 'tfjs-pruning';
import {setMask, wrapper} from '../support/masks.js';
import {scaled} from '../support/scaled.js';
import {artifactsOf, distance, expectNoLeak, predict, saveAndLoad} from '../support/tensors.js';

/** What holds for every parametrization, with whatever options. */
const PARAMETRIZATIONS: Record<string, () => DeclaredParametrization> = {
  'one of a user': () => scaled({by: 2, costs: 0.1}),
  clusterWeights: () => clusterWeights({clusters: 4}),
};

function net(parametrization: DeclaredParametrization): tf.Sequential {
  const kernelInitializer = tf.initializers.glorotNormal({seed: 3});
  const conv = {filters: 3, kernelSize: 2, useBias: false, activation: 'relu', kernelInitializer} as const;
  const layers = [
    tf.layers.conv2d({name: 'c', inputShape: [4, 4, 2], ...conv}),
    tf.layers.flatten(),
    tf.layers.dense({name: 'd', units: 2, kernelInitializer}),
  ];
  const model = prunable(tf.sequential({layers}), {parametrizations: [parametrization]});
  model.compile({optimizer: tf.train.adam(0.01), loss: 'meanSquaredError'});
  return model;
}

const inputs = () => tf.randomNormal([8, 4, 4, 2], 0, 1, 'float32', 1);

async function fit(model: tf.LayersModel): Promise<void> {
  const [x, y] = [inputs(), tf.randomNormal([8, 2], 0, 1, 'float32', 2)];
  await model.fit(x, y, {batchSize: 4, epochs: 2, verbose: 0, shuffle: false});
  tf.dispose([x, y]);
}

describe.each(Object.entries(PARAMETRIZATIONS))('%s', (_, make) => {
  test('computes the same after training when saved and loaded, and baked into a plain model', async () => {
    const [model, x] = [net(make()), inputs()];
    const untrained = predict(model, x);
    await fit(model);
    const outputs = predict(model, x);
    expect(distance(outputs, untrained)).toBeGreaterThan(1e-3);
    const plain = stripPruning(model);
    for (const other of [await saveAndLoad(model), plain]) {
      expect(distance(predict(other, x), outputs)).toBeLessThan(1e-6);
    }
    expect(plain.layers.map(layer => layer.getClassName())).toEqual(['Conv2D', 'Flatten', 'Dense']);
    expect(plain.countParams()).toBe(2 * 2 * 2 * 3 + 27 * 2 + 2);
    expect(JSON.stringify((await artifactsOf(plain)).modelTopology)).not.toMatch(/prunable|parametrizations/i);
  });

  test('computes the same when channels that are masked are cut out, and trains on', async () => {
    const [model, x] = [net(make()), inputs()];
    await fit(model);
    const [weight] = wrapper(model, 'c').maskedWeights;
    setMask(weight!, i => (i % 3 === 1 ? 0 : 1));
    weight!.project();
    const small = await shrink(model);
    expect(wrapper(small, 'c').maskedWeights[0]!.layout.shape).toEqual([2, 2, 2, 2]);
    expect(distance(predict(small, x), predict(model, x))).toBeLessThan(1e-6);
    await fit(small);
  });

  test('repeats itself, and leaves no tensors behind', async () => {
    const [one, other] = [net(make()), net(make())];
    other.setWeights(one.getWeights());
    for (const model of [one, other]) await fit(model);
    expect(distance(other.getWeights(), one.getWeights())).toBe(0);
    await expectNoLeak(() => fit(one));
    await expectNoLeak(() => void stripPruning(one).dispose());
    const plain = stripPruning(one);
    await expectNoLeak(() => void prunable(plain, {parametrizations: [make()]}).dispose());
  });
});
