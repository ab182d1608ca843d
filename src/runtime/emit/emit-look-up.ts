import type {LookUp} from '../graph/nodes.js';
import type {Emit} from './emitter.js';

export const emitLookUp: Emit<LookUp> = ({input, output, rows, table}, {layouts, batch, fixed}) => {
  const [from, to] = [layouts.get(input)!, layouts.get(output)!];
  const numbers = [
    ...[from.address, fixed.put(table), rows, output.channels],
    ...[batch, from.imageStep, to.imageStep],
    ...[output.width, from.channelStep, to.columnStep],
    ...[to.address, to.channelStep],
  ];
  return {steps: [{kernel: 'lookUp', numbers}], kernel: 'table', bytes: table.byteLength};
};
