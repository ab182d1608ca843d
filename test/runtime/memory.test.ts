import * as tf from '@tensorflow/tfjs';
import {compile, formatRuntimeReport} from 'tfjs-pruning/runtime';
import {NETS} from '../../examples/benchmarks/support/nets.js';
import {mobilenetV2} from '../../examples/benchmarks/support/surgery-nets.js';
import {thinOut} from './against-predict.js';

const PAGE = 65_536;

const nets: [string, () => tf.LayersModel][] = [
  ['LeNet-300-100', NETS['LeNet-300-100']],
  ['LeNet-5', NETS['LeNet-5']],
  ['ResNet-20', NETS['ResNet-20-like']],
  ['MobileNetV2', () => mobilenetV2({seed: 1, inputShape: [96, 96, 3], width: 0.35, classes: 1000})],
];

test.each(nets)(
  '%s with 90 %% zeros takes less memory than the weights of the dense model, all in all',
  async (_, net) => {
    const model = net();
    thinOut(model, 0.9);
    const denseBytes = 4 * model.countParams();
    const fast = await compile(model);
    const report = fast.report();
    const {activationBytes, weightBytes, rows} = report;
    expect(weightBytes).toBeGreaterThan(rows.reduce((sum, {bytes}) => sum + bytes, 0));
    expect(weightBytes).toBeLessThan(0.3 * denseBytes);
    expect(activationBytes + weightBytes).toBeLessThan(denseBytes);

    const [outputs] = [
      fast.run(fast.inputShapes.map(shape => new Float32Array(tf.util.sizeFromShape(shape as number[])))),
    ].flat();
    const whole = outputs!.buffer.byteLength;
    expect(whole - activationBytes - weightBytes).toBeLessThan(PAGE);
    expect(whole).toBeGreaterThanOrEqual(activationBytes + weightBytes);
    const stated = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`;
    expect(formatRuntimeReport(report)).toContain(
      `activations ${stated(activationBytes)}, weights ${stated(weightBytes)}`,
    );
    tf.dispose(model.weights.map(weight => weight.read()));
  },
);
