import {passed} from './activations.js';
import type {ChannelCards} from './channel-card.js';
import {kept} from './constants.js';
import type {LayerCards} from './layer-card.js';
import type {PassCards} from './pass-card.js';

/** Layers that add noise in training and do nothing else. */
export const NOISE: LayerCards = {
  AlphaDropout: {miswrites: ['noiseShape']},
};

const returnsInput = () => true;
const DROPOUT = {noise: ['rate'], returnsInput};

export const NOISE_PASSES: PassCards = {
  Dropout: DROPOUT,
  SpatialDropout1D: DROPOUT,
  GaussianDropout: DROPOUT,
  AlphaDropout: {noise: ['rate'], movesZeros: true, returnsInput}, // a spread would keep all of this in every bundle
  GaussianNoise: {noise: ['stddev'], movesZeros: true, returnsInput},
};

const UNCHANGED = {channelRule: passed, constants: kept};

export const NOISE_CHANNELS: ChannelCards = {
  Dropout: UNCHANGED,
  SpatialDropout1D: UNCHANGED,
  GaussianDropout: UNCHANGED,
  AlphaDropout: UNCHANGED,
  GaussianNoise: UNCHANGED,
};
