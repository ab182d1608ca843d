import {passed} from './activations.js';
import type {ChannelCards} from './channel-card.js';
import {kept} from './constants.js';
import type {LayerCards} from './layer-card.js';

const DROPOUT = {noise: ['rate'], returnsInput: () => true};

/** Layers that add noise in training and do nothing else. */
export const NOISE: LayerCards = {
  Dropout: DROPOUT,
  SpatialDropout1D: DROPOUT,
  GaussianDropout: DROPOUT,
  AlphaDropout: {...DROPOUT, miswrites: ['noiseShape']},
  GaussianNoise: {...DROPOUT, noise: ['stddev']},
};

const UNCHANGED = {channelRule: passed, constants: kept};

export const NOISE_CHANNELS: ChannelCards = {
  Dropout: UNCHANGED,
  SpatialDropout1D: UNCHANGED,
  GaussianDropout: UNCHANGED,
  AlphaDropout: UNCHANGED,
  GaussianNoise: UNCHANGED,
};
