/**
 * How sparse a model is at each step. Pure functions, without tf.js.
 *
 * @module tfjs-pruning/schedules
 */

export type {RampArgs} from './ramp.js';
export type {ScheduleGrid, SparsitySchedule} from './sparsity-schedule.js';
export {asymptoticDecay} from './asymptotic-decay.js';
export {constantSparsity, type ConstantSparsityArgs} from './constant-sparsity.js';
export {cosineDecay} from './cosine-decay.js';
export {exponentialDecay} from './exponential-decay.js';
export {exponentialGrowth, type ExponentialGrowthArgs} from './exponential-growth.js';
export {iterative, type IterativeArgs} from './iterative.js';
export {joinSchedules} from './join-schedules.js';
export {oneShot, type OneShotArgs} from './one-shot.js';
export {polynomialDecay, type PolynomialDecayArgs} from './polynomial-decay.js';
