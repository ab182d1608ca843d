import {channelAxis} from './channel-axis.js';
import type {ChannelCards} from './channel-card.js';
import {kept} from './constants.js';
import type {LayerUse, TracedTensor} from './layer-use.js';

/** tf.js ignores padding in means and maxima, so pooling equal values returns that value. */
const POOLING = {channelRule: windowed, constants: kept};
const GLOBAL_POOLING = {channelRule: global, constants: kept};

/** Layers that pool, pad or resize each channel by itself. */
export const WINDOW_CHANNELS: ChannelCards = {
  MaxPooling1D: POOLING,
  MaxPooling2D: POOLING,
  MaxPooling3D: POOLING,
  AveragePooling1D: POOLING,
  AveragePooling2D: POOLING,
  AveragePooling3D: POOLING,
  GlobalAveragePooling1D: GLOBAL_POOLING,
  GlobalAveragePooling2D: GLOBAL_POOLING,
  GlobalMaxPooling1D: GLOBAL_POOLING,
  GlobalMaxPooling2D: GLOBAL_POOLING,
  UpSampling2D: POOLING,
  Cropping2D: POOLING,
  ZeroPadding2D: {
    channelRule: windowed,
    constants: ({values}) => [values[0]!.map(value => (value === 0 ? 0 : NaN))],
  },
  Resizing: {channelRule: windowed},
  CenterCrop: {channelRule: windowed},
  RandomWidth: {channelRule: windowed},
};

function windowed(use: LayerUse): TracedTensor[] {
  const axis = channelAxis(use.layer, use.inputs[0]!.shape);
  return [{shape: use.outputShapes[0]!, axis, channels: use.along(use.inputs[0]!, axis)}];
}

function global(use: LayerUse): TracedTensor[] {
  const axis = channelAxis(use.layer, use.inputs[0]!.shape);
  return [{shape: use.outputShapes[0]!, axis: 1, channels: use.along(use.inputs[0]!, axis)}];
}
