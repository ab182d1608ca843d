import {fieldsOf, type Layer} from '../../tfjs-internals.js';
import {passed} from './activations.js';
import {lastAxis} from './channel-axis.js';
import type {ChannelCards} from './channel-card.js';
import type {LayerCards} from './layer-card.js';
import type {LayerUse, TracedTensor} from './layer-use.js';
import type {PassCards} from './pass-card.js';

/** Layers that work on time steps and carry no state. */
export const SEQUENCES: LayerCards = {
  TimeDistributed: {holds: ['layer']},
};

export const SEQUENCE_PASSES: PassCards = {
  TimeDistributed: {overTime: true},
};

export const SEQUENCE_CHANNELS: ChannelCards = {
  TimeDistributed: {
    channelRule: timeDistributed,
    constants: ({outputs, valuesOf}) => outputs.map(output => valuesOf(output.of!)),
  },
  Masking: {channelRule: masking, masksSteps: true},
};

/** The layer inside works on one step (axis 1) at a time. */
function timeDistributed(use: LayerUse): TracedTensor[] {
  const [input] = use.inputs;
  const axis = input!.axis === 1 ? input!.shape.length - 1 : input!.axis;
  const step = {
    shape: input!.shape.filter((_, i) => i !== 1),
    axis: axis - 1,
    channels: use.along(input!, axis),
    of: input!,
  };
  const outputs = use.through(fieldsOf(use.layer)['layer'] as Layer, [step]);
  return outputs.map((output, i) => ({...output, shape: use.outputShapes[i]!, axis: output.axis + 1, of: output}));
}

/** A step is masked if all its channels equal the mask value. */
function masking(use: LayerUse): TracedTensor[] {
  use.freeze(use.along(use.inputs[0]!, lastAxis(use.inputs[0]!)), 'decide together which steps it masks');
  return passed(use);
}
