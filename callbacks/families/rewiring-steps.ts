import {interval, step} from '../../schedules/step.js';
import {expectAbsent} from '../../src/options/read.js';
import type {Args, Values} from '../../src/options/table.js';
import {expectNoLength} from '../parts/fit-length.js';
import type {FIT_STEPS} from '../parts/step-counter.js';

/** The options that say when connections may move. */
export const REWIRING_STEPS = {
  /** The first step at which connections may move, at least 1, or a fraction of the fit. Defaults to `frequency`. */
  beginStep: interval(undefined), // at step 0 nothing has been learned to decide by
  /**
   * The last step at which connections may move; what grows then needs time to train. By default it is laid over the
   * fit, as with `stepUnit: 'fit'`: three quarters of it.
   */
  endStep: step({}, undefined),
  /** Steps between two rewirings, at least 1. Defaults to 1, and to 0.01 if `endStep` is a fraction of the fit. */
  frequency: interval(undefined),
};

/** Steps at which connections move, in the unit of `stepUnit`. */
export interface RewiringSteps {
  readonly beginStep: number | undefined;
  readonly endStep: number;
  readonly frequency: number;
  /** Whether they are fractions of the fit. */
  readonly isFitted: boolean;
}

/**
 * When connections move, with defaults.
 *
 * @param frequency the default, in batches or epochs.
 * @throws TypeError or RangeError if the steps are of another unit than `stepUnit` says.
 */
export function rewiringSteps(
  owner: string,
  options: Partial<Values<typeof REWIRING_STEPS & typeof FIT_STEPS>>,
  frequency: number,
): RewiringSteps {
  const {stepUnit, beginStep, endStep} = options;
  const isFitted = stepUnit === 'fit' || endStep === undefined;
  if (!isFitted) {
    expectNoLength(owner, options);
    for (const name of NAMES) expectWhole(name, options[name]);
    return {beginStep, endStep, frequency: options.frequency ?? frequency, isFitted};
  }
  if (stepUnit !== 'fit') {
    expectAbsent(owner, options, ['stepUnit'], 'without `endStep`, as the rewirings are then laid over the fit');
  }
  for (const name of NAMES) expectFraction(name, options[name]);
  return {beginStep, endStep: endStep ?? 0.75, frequency: options.frequency ?? 0.01, isFitted};
}

const NAMES = ['beginStep', 'endStep', 'frequency'] as const satisfies readonly (keyof Args<typeof REWIRING_STEPS>)[];

function expectWhole(name: string, value: number | undefined): void {
  if (value === undefined || Number.isInteger(value)) return;
  throw new RangeError(
    `Expected \`${name}\` to be a whole number, got ${value}; for fractions of the fit give \`stepUnit: 'fit'\``,
  );
}

function expectFraction(name: string, value: number | undefined): void {
  if (value === undefined || value <= 1) return;
  throw new RangeError(
    `Expected \`${name}\` to be a fraction of the fit, in [0, 1], as \`stepUnit\` is "fit" or \`endStep\` is not ` +
      `given, got ${value}`,
  );
}
