import {fieldsOf, type Layer} from '../../../tfjs-internals.js';
import type {ChannelRule, LayerUse, TracedTensor} from '../layer-use.js';

/** Layers that hand their input on to one inside of them. */
export const WRAPPER_RULES: Record<string, ChannelRule> = {
  TimeDistributed: timeDistributed,
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
