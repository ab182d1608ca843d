import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import {completeWasmBackend, FusedAdam} from 'tfjs-pruning/wasm';
import {startedWasmBackend} from '../../src/wasm/backend/wasm-backend.js';
import {kernelKinds, on, onWasm, relativeError, tensorOf} from './against-cpu.js';
import {rows, runsAgainstCpu, type Row} from './kernel-rows.js';

const [GIGABYTE, PAGE] = [2 ** 30, 2 ** 16];

/** Why the heap can't be so large here; undefined where it can. Pages that nobody touches cost no memory. */
const refusal = ((): string | undefined => {
  try {
    new WebAssembly.Memory({initial: (2.25 * GIGABYTE) / PAGE, maximum: 65536});
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
})();
const describeHigh = refusal === undefined ? describe : describe.skip;
const why = refusal === undefined ? '' : `, skipped since there is no such memory here (${refusal})`;

describeHigh(`with all free memory of the wasm heap above 2 GB${why}`, () => {
  const held: number[] = [];
  let lowest = Infinity;

  /** Takes all that is free below, the largest blocks first, then has each allocation noted. */
  beforeAll(async () => {
    completeWasmBackend();
    await tf.setBackend('wasm');
    const {wasm} = startedWasmBackend()!;
    const malloc = wasm._malloc;
    for (let i = 0; i < 2; i++) held.push(malloc(GIGABYTE));
    for (let bytes = 2 ** 28; bytes >= 8; bytes /= 2) {
      let address: number;
      do held.push((address = malloc(bytes)));
      while (address >>> 0 < 2 * GIGABYTE);
    }
    wasm._malloc = bytes => {
      const address = malloc(bytes);
      lowest = Math.min(lowest, address);
      return address;
    };
  });

  afterAll(() => {
    for (const address of held) startedWasmBackend()!.wasm._free(address);
    tf.removeBackend('wasm');
  });

  beforeEach(() => (lowest = Infinity));
  afterEach(() => {
    expect(lowest).toBeGreaterThanOrEqual(2 * GIGABYTE);
    expect(lowest).toBeLessThan(4 * GIGABYTE);
  });

  describe.each(Object.entries(rows))('%s', (kernel, ofKernel) => {
    // Kernels that are given nothing may well allocate nothing.
    const some = ofKernel.filter(([, , shapes]) => !/(^|[x ])0/.test(shapes));
    test.each(some)('%s', async (...row: Row) => {
      expect(await runsAgainstCpu(kernel, row, ['normal'])).toBeGreaterThan(0);
    });
  });

  test.each(kernelKinds)('FusedAdam and a batch normalization train, kernels %s', async kind => {
    const trained = () => {
      const layers = [
        tf.layers.dense({units: 7, inputShape: [5], useBias: false}), // a bias would have gradients of rounding alone
        tf.layers.batchNormalization(),
        tf.layers.dense({units: 3}),
      ];
      const model = tf.sequential({layers});
      model.setWeights(model.getWeights().map((weight, i) => tf.abs(tensorOf(weight.shape, 'normal', i + 1))));
      model.compile({optimizer: new FusedAdam(0.01), loss: 'meanSquaredError'});
      return (async () => {
        for (let i = 0; i < 5; i++)
          await model.trainOnBatch(tensorOf([8, 5], 'normal', 1), tensorOf([8, 3], 'normal', 2));
        return model.getWeights().flatMap(weight => Array.from(weight.dataSync()));
      })();
    };
    const [expected, actual] = [await on('cpu', trained), await onWasm(kind, trained)];
    expect(relativeError(actual, expected)).toBeLessThan(1e-3);
  });
});
