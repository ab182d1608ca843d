import type {ChannelCards} from './channel-card.js';
import {MIXING, setting} from './kernels.js';
import type {LayerCards} from './layer-card.js';
import type {LayerUse, TracedTensor} from './layer-use.js';
import type {PassCards} from './pass-card.js';

/** Layers at the start of a model. */
export const INPUTS: LayerCards = {
  Embedding: {prunableWeights: [{field: 'embeddings', ...MIXING}]},
};

export const INPUT_PASSES: PassCards = {
  InputLayer: {isInput: true},
  Embedding: {positions: () => 0},
};

export const INPUT_CHANNELS: ChannelCards = {
  Embedding: {channelRule: embedding},
};

function embedding(use: LayerUse): TracedTensor[] {
  use.freeze(use.inputs[0]!.channels, 'are looked up in it');
  const [shape] = use.outputShapes;
  const channels = use.makes(shape!.at(-1)!, setting('outputDim'));
  use.tie('embeddings', 1, channels, 'makes');
  return [{shape: shape!, axis: shape!.length - 1, channels}];
}
