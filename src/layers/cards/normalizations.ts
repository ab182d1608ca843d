import {fieldsOf, valuesNow, type LayerVariable} from '../../tfjs-internals.js';
import {passed} from './activations.js';
import {fromStart} from '../../math/from-start.js';
import {isAmong, lastAxis} from './channel-axis.js';
import type {ChannelCards} from './channel-card.js';
import type {ConstantCall, Constants} from './constants.js';
import type {LayerCards} from './layer-card.js';
import type {LayerUse, TracedTensor} from './layer-use.js';

export const NORMALIZATIONS: LayerCards = {
  BatchNormalization: {isBatchNorm: true},
};

export const NORMALIZATION_CHANNELS: ChannelCards = {
  BatchNormalization: {channelRule: batchNormalization, constants: batchNormalized},
  LayerNormalization: {channelRule: layerNormalization},
};

function batchNormalization(use: LayerUse): TracedTensor[] {
  const [input] = use.inputs;
  const axis = fromStart(fieldsOf(use.layer)['axis'] as number, input!.shape.length);
  const channels = use.along(input!, axis);
  if (axis !== lastAxis(input!))
    use.freeze(channels, 'are normalized by it over an axis that tf.js handles correctly only if it is the last');
  for (const field of ['gamma', 'beta', 'movingMean', 'movingVariance']) use.tie(field, 0, channels, 'passes');
  return [{...input!, channels, axis}];
}

/** With a scale of 0, any input gives a constant. */
function batchNormalized({layer, values}: ConstantCall): Constants[] {
  const {gamma, beta, movingMean, movingVariance} = fieldsOf(layer) as Record<string, LayerVariable | null>;
  const read = (variable: LayerVariable | null | undefined) => variable && valuesNow(() => variable.read());
  const [scale, shift, mean, variance] = [gamma, beta, movingMean, movingVariance].map(read);
  const epsilon = fieldsOf(layer)['epsilon'] as number;
  return [
    values[0]!.map((value, i) => {
      const factor = (scale?.[i] ?? 1) / Math.sqrt(variance![i]! + epsilon);
      return (factor === 0 ? 0 : factor * (value - mean![i]!)) + (shift?.[i] ?? 0);
    }),
  ];
}

/** Mean and variance are taken over all channels: without one of them, the others would change. */
function layerNormalization(use: LayerUse): TracedTensor[] {
  const [input] = use.inputs;
  if (isAmong(fieldsOf(use.layer)['axis'] as number | number[], input!)) {
    use.freeze(input!.channels, 'are normalized together by it');
  }
  return passed(use);
}
