import type {InputNumbers} from '../compiled-model.js';
import {isList, received} from '../../options/expect.js';
import type {Graph} from '../graph/nodes.js';
import {sizeOfValue} from '../graph/value.js';

/** The numbers of each input, and of how many examples they are. */
export interface CalibrationData {
  readonly inputs: readonly InputNumbers[];
  readonly examples: number;
}

/** @throws TypeError or RangeError if the data do not fit the inputs of a model. */
export function expectCalibration(
  {inputs}: Pick<Graph, 'inputs'>,
  calibration: InputNumbers | readonly InputNumbers[],
): CalibrationData {
  const given = (isList(calibration) ? calibration : [calibration]) as readonly InputNumbers[];
  if (given.length !== inputs.length) {
    throw new TypeError(`Expected \`calibration\` to be of ${inputs.length} inputs, got ${given.length}`);
  }
  const counts = given.map((numbers, i) => {
    if (!ArrayBuffer.isView(numbers)) {
      throw new TypeError(`Expected \`calibration\` to be typed arrays of numbers, got ${received(numbers)}`);
    }
    const size = sizeOfValue(inputs[i]!);
    if (numbers.length > 0 && numbers.length % size === 0) return numbers.length / size;
    const shape = inputs[i]!.shape.join();
    throw new RangeError(
      `Expected \`calibration\` to be examples of [${shape}], ${size} numbers each, got ${numbers.length} numbers`,
    );
  });
  if (counts.some(count => count !== counts[0])) {
    throw new RangeError(`Expected \`calibration\` to be as many examples of each input, got ${counts.join(', ')}`);
  }
  return {inputs: given, examples: counts[0]!};
}
