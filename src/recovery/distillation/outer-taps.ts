import type {SymbolicTensor} from '@tensorflow/tfjs-layers';
import {usesIn, type Model} from '../../tfjs-internals.js';
import type {Tap} from './tapped-tensors.js';

/**
 * Taps on the inputs of a model, each where a layer takes it.
 *
 * @throws RangeError if an input only goes into layers that are used several times.
 */
export function inputTaps(model: Model): Tap[] {
  return model.inputs.map(input => tapOn(model, input, 'inputs'));
}

/**
 * Taps on the outputs of a model, each where a layer returns it.
 *
 * @throws RangeError if an output comes from a layer that is used several times.
 */
export function outputTaps(model: Model): Tap[] {
  return model.outputs.map(output => tapOn(model, output, 'outputs'));
}

function tapOn(model: Model, tensor: SymbolicTensor, side: Tap['side']): Tap {
  for (const layer of model.layers) {
    const [use, ...more] = usesIn(model, layer);
    const isCalled = use && use.inboundLayers.length > 0; // an InputLayer is not
    if (!isCalled || more.length > 0) continue;
    const index = (side === 'inputs' ? use.inputTensors : use.outputTensors).findIndex(({id}) => id === tensor.id);
    if (index >= 0) return {layer, side, index};
  }
  throw new RangeError(
    side === 'inputs'
      ? `distill expects a layer that takes the student's input "${tensor.name}" and is used once; ${REMEDY} behind it`
      : `distill expects the student's output "${tensor.name}" to come from a layer that is used once; ${REMEDY} there`,
  );
}

const REMEDY = "put a layer such as tf.layers.activation({activation: 'linear'})";
