import {ACTIVATION_LAYERS} from './activations.js';
import {KERNEL_LAYERS} from './kernels.js';
import {unsupported, type Lowering} from './layer-to-lower.js';
import {RARE_ACTIVATION_LAYERS} from './rare-activations.js';
import {RARE_SHAPE_LAYERS} from './rare-shapes.js';
import {SHAPE_LAYERS} from './shapes.js';

const {Dense} = KERNEL_LAYERS;
const {Activation, ReLU} = ACTIVATION_LAYERS;
const {LeakyReLU, ELU, ThresholdedReLU} = RARE_ACTIVATION_LAYERS;
const {Dropout} = SHAPE_LAYERS;
const {GaussianNoise, GaussianDropout, AlphaDropout} = RARE_SHAPE_LAYERS;

/** Layers that do the same at each step as at all of them. */
const AT_EACH_STEP: Readonly<Record<string, Lowering | undefined>> = {
  ...{Dense, Activation, ReLU, LeakyReLU, ELU, ThresholdedReLU},
  ...{Dropout, GaussianNoise, GaussianDropout, AlphaDropout},
};

const timeDistributed: Lowering = (layer, inputs, graph) => {
  const {className, config} = layer.config['layer'] as {className: string; config: Record<string, unknown>};
  const lower = AT_EACH_STEP[className];
  if (!lower) throw unsupported(layer, `it holds a ${className}`);
  return lower({...layer, config}, inputs, graph);
};

export const TIME_LAYERS: Readonly<Record<string, Lowering>> = {TimeDistributed: timeDistributed};
