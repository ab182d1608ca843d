import {mapped, number} from './activations.js';
import {weightOf, type Lowering} from './layer-to-lower.js';

export const RARE_ACTIVATION_LAYERS: Readonly<Record<string, Lowering>> = {
  LeakyReLU: ({config}, [x], graph) => mapped('leaky', number(config['alpha'], 0.3))(graph, x!),
  ELU: ({config}, [x], graph) => mapped('elu', number(config['alpha'], 1))(graph, x!),
  ThresholdedReLU: ({config}, [x], graph) => mapped('thresholded', number(config['theta'], 1))(graph, x!),
  PReLU(layer, [x], graph) {
    const {shape, values} = weightOf(layer, 'alpha');
    return graph.add(x!.shape, {kind: 'combine', inputs: [x!, graph.constant(shape, values)], apply: 'prelu'});
  },
};
