import {initializers, layers, sequential, type Sequential} from '@tensorflow/tfjs-layers';
import type {Net} from '../choices.js';
import {CLASSES, SIDE} from './digits.js';

const INPUT = {inputShape: [SIDE, SIDE, 1]};

/** Nets that begin with the same weights each time. The last layer is called `output`. */
export const newNet: Readonly<Record<Net, () => Sequential>> = {
  convolutional: () =>
    sequential({
      layers: [
        layers.conv2d({name: 'conv1', filters: 16, kernelSize: 5, strides: 2, ...INPUT, ...relu(1)}),
        layers.conv2d({name: 'conv2', filters: 32, kernelSize: 3, strides: 2, ...relu(2)}),
        layers.flatten({name: 'flatten'}),
        layers.dense({name: 'hidden', units: 256, ...relu(3)}),
        output(4),
      ],
    }),
  lenet5: () =>
    sequential({
      layers: [
        layers.conv2d({name: 'conv1', filters: 8, kernelSize: 5, ...INPUT, ...relu(1)}),
        layers.maxPooling2d({name: 'pool1', poolSize: 2}),
        layers.conv2d({name: 'conv2', filters: 16, kernelSize: 5, ...relu(2)}),
        layers.maxPooling2d({name: 'pool2', poolSize: 2}),
        layers.flatten({name: 'flatten'}),
        layers.dense({name: 'hidden', units: 128, ...relu(3)}),
        output(4),
      ],
    }),
  lenet300: () =>
    sequential({
      layers: [
        layers.flatten({name: 'flatten', ...INPUT}),
        layers.dense({name: 'hidden1', units: 300, ...relu(1)}),
        layers.dense({name: 'hidden2', units: 100, ...relu(2)}),
        output(3),
      ],
    }),
};

function relu(seed: number) {
  return {activation: 'relu', kernelInitializer: initializers.heNormal({seed})} as const;
}

function output(seed: number) {
  const kernelInitializer = initializers.glorotNormal({seed});
  return layers.dense({name: 'output', units: CLASSES, activation: 'softmax', kernelInitializer});
}
