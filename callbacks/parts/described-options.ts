import type {SparsitySchedule} from '../../schedules/sparsity-schedule.js';
import {observes, type Criterion} from '../../src/criteria/criterion.js';

/** Options that don't affect a resumed training, or can't be compared. */
const LEFT_OUT = ['initialStep', 'snapshot', 'data', 'print', 'jsonLines'];

/**
 * A callback's options as JSON, to compare those of two processes: plain values as they are, a schedule by its
 * sparsities at some steps, a criterion by what it sees, other functions only by their presence.
 */
export function describedOptions(options: object): Record<string, unknown> {
  const entries = Object.entries(options).filter(([name, value]) => value !== undefined && !LEFT_OUT.includes(name));
  return Object.fromEntries(entries.map(([name, value]) => [name, described(name, value)]));
}

function described(name: string, value: unknown): unknown {
  if (isSchedule(value)) return describedSchedule(value);
  if (name === 'criterion') return describedCriterion(value as Criterion);
  if (Array.isArray(value)) return value.map(each => described(name, each));
  if (value === null || ['string', 'boolean'].includes(typeof value) || Number.isFinite(value)) return value;
  if (value instanceof RegExp || typeof value === 'number') return String(value);
  if (typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) return describedFields(value);
  return `(${typeof value})`;
}

/** Nested objects, such as rates of layers, without their methods. */
function describedFields(object: object): Record<string, unknown> {
  const fields = Object.entries(object).filter(([, value]) => value !== undefined && typeof value !== 'function');
  return Object.fromEntries(fields.map(([name, value]) => [name, described(name, value)]));
}

function isSchedule(value: unknown): value is SparsitySchedule {
  return typeof (value as Partial<SparsitySchedule> | null | undefined)?.sparsityAt === 'function';
}

/** Samples a schedule at some of its steps. */
function describedSchedule(schedule: SparsitySchedule): object {
  const {endStep} = schedule;
  const steps =
    endStep === Infinity
      ? [0, 10, 100, 1000, 10000]
      : [0, 0.25, 0.5, 0.75, 1].map(t => (endStep > 1 ? Math.round(t * endStep) : t * endStep));
  return {
    endStep: endStep === Infinity ? 'Infinity' : endStep,
    sparsities: steps.map(step => described('sparsity', schedule.sparsityAt(step))),
  };
}

function describedCriterion(criterion: Criterion): object {
  const {name = null, sees = 'weights', tellsApart = null} = criterion;
  return {name, sees, remembers: observes(criterion) && criterion.remembers === true, tellsApart};
}
