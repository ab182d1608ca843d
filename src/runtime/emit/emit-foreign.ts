import type {Foreign} from '../graph/nodes.js';
import type {Emit} from './emitter.js';

/** Programs stop where tf.js goes on. */
export const emitForeign: Emit<Foreign> = ({inputs, output, by}, {layouts}) => {
  const addressOf = (value: typeof output) => layouts.get(value)!.address;
  return {steps: [], kernel: 'tf.js', island: {by, inputs: inputs.map(addressOf), output: addressOf(output)}};
};
