import * as tf from '@tensorflow/tfjs';
import {compile, type CompiledModel} from 'tfjs-pruning/runtime';
import {withRandomWeights} from '../support/random-weights.js';

const {layers} = tf;
const STEPS = {batchInputShape: [1, 4, 3], stateful: true, recurrentInitializer: 'zeros' as const};

/** A layer that the runtime knows, and one that tf.js runs. */
const NETS = {
  'that keeps states': layers.gru({units: 5, ...STEPS}),
  'that keeps states in tf.js': layers.gru({units: 5, recurrentActivation: 'softmax', ...STEPS}),
};

/** An input whose numbers come when they are told to. */
class LateTensor {
  readonly shape = [1, 4, 3];
  arrive!: () => void;
  fail!: (error: Error) => void;
  readonly #numbers: Promise<Float32Array>;

  constructor(seed: number) {
    const x = tf.randomNormal(this.shape, 0, 1, 'float32', seed);
    this.#numbers = new Promise((resolve, reject) => {
      this.arrive = () => resolve(x.dataSync<'float32'>());
      this.fail = reject;
    });
  }

  data(): Promise<Float32Array> {
    return this.#numbers;
  }
}

async function settled(): Promise<void> {
  await new Promise(resolve => setTimeout(resolve));
}

async function numbersOf(output: Promise<tf.Tensor | tf.Tensor[]>): Promise<number[]> {
  return [...((await output) as tf.Tensor).dataSync()];
}

async function oneByOne(fast: CompiledModel<tf.Tensor>, inputs: readonly LateTensor[]): Promise<number[][]> {
  const outputs: number[][] = [];
  fast.resetStates();
  for (const input of inputs) {
    input.arrive();
    outputs.push(await numbersOf(fast.predict(input)));
  }
  return outputs;
}

const lateTensors = () => [1, 2, 3].map(seed => new LateTensor(seed));

// tf.js warns of states that it saves all the same.
beforeEach(() => void jest.spyOn(console, 'warn').mockImplementation());
afterEach(() => jest.restoreAllMocks());

describe.each(Object.entries(NETS))('a model %s', (_, layer) => {
  let fast: CompiledModel<tf.Tensor>;

  beforeAll(async () => {
    fast = await compile(withRandomWeights(tf.sequential({layers: [layer]}), 1), {tf});
  });

  test('predicts in the order of the calls, not of the data', async () => {
    const expected = await oneByOne(fast, lateTensors());
    fast.resetStates();
    const inputs = lateTensors();
    const outputs = Promise.all(inputs.map(input => numbersOf(fast.predict(input))));
    for (const input of inputs.reverse()) {
      input.arrive();
      await settled();
    }
    expect(await outputs).toEqual(expected);
  });

  test('resets states behind the calls before', async () => {
    const [first, second, third] = await oneByOne(fast, lateTensors());
    fast.resetStates();
    const inputs = lateTensors();
    const outputs = inputs.map((input, i) => {
      if (i === 2) fast.resetStates();
      return numbersOf(fast.predict(input));
    });
    for (const input of inputs) {
      await settled();
      input.arrive();
    }
    const [a, b, c] = await Promise.all(outputs);
    expect([a, b]).toEqual([first, second]);
    expect(c).not.toEqual(third);
    expect(c).toEqual((await oneByOne(fast, [new LateTensor(3)]))[0]);
  });

  test('leaves out a call whose data fail', async () => {
    const [first, , third] = lateTensors();
    const expected = await oneByOne(fast, [first!, third!]);
    fast.resetStates();
    const inputs = lateTensors();
    const outputs = inputs.map(input => numbersOf(fast.predict(input)));
    inputs[1]!.fail(new Error('lost'));
    await expect(outputs[1]).rejects.toThrow('lost');
    inputs[2]!.arrive();
    await settled();
    inputs[0]!.arrive();
    expect(await Promise.all([outputs[0], outputs[2]])).toEqual(expected);
  });
});
