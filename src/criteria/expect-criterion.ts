import {expectMethods, expectOneOf, received} from '../options/expect.js';
import type {Criterion, Sight} from './criterion.js';

type Method = 'score' | 'observe' | 'measure';

const METHODS: Readonly<Record<Sight, readonly Method[]>> = {
  weights: ['score'],
  gradients: ['observe', 'score'],
  curvature: ['observe', 'score'],
  inputs: ['observe', 'score'],
  model: ['measure', 'score'],
};
const SIGHTS = Object.keys(METHODS) as Sight[];

/**
 * Expects a criterion: one of ours, or any object with the functions that go with what it sees.
 *
 * @throws TypeError or RangeError if `sees` is unknown, a function is missing or goes with another `sees`, or a
 *     property has another kind of value.
 */
export function expectCriterion(criterion: Criterion): Criterion {
  expectMethods('criterion', criterion, ['score']);
  const {sees = 'weights', reduction, tellsApart, name} = criterion;
  expectOneOf('criterion.sees', sees, SIGHTS);
  expectNoOthers(criterion, sees);
  expectMethods<Partial<Record<Method, unknown>>>('criterion', criterion, METHODS[sees]);
  if (reduction !== undefined) expectOneOf('criterion.reduction', reduction, ['sum', 'mean', 'max']);
  if (tellsApart !== undefined) expectOneOf('criterion.tellsApart', tellsApart, ['outputs', 'inputs']);
  if (name === undefined || typeof (name as unknown) === 'string') return criterion;
  throw new TypeError(`Expected \`criterion.name\` to be a text, got ${received(name)}`);
}

/** A function that is never called is a mistake. */
function expectNoOthers(criterion: Criterion, sees: Sight): void {
  const given = criterion as Partial<Record<Method, unknown>>;
  for (const method of ['observe', 'measure'] as const) {
    if (given[method] === undefined || METHODS[sees].includes(method)) continue;
    const fitting = SIGHTS.filter(sight => METHODS[sight].includes(method)).map(sight => `\`sees: '${sight}'\``);
    throw new TypeError(
      `Expected a criterion that has \`${method}\` to say what it sees, got '${sees}'; write ${fitting.join(' or ')}`,
    );
  }
}

/**
 * Expects a criterion that sees no more than is shown to it.
 *
 * @param owner who asks, for messages.
 * @param shown what it may see beside the weights.
 */
export function expectSees(owner: string, {sees = 'weights'}: Criterion, shown: readonly Sight[] = []): void {
  if (sees === 'weights' || shown.includes(sees)) return;
  const hint =
    sees === 'curvature'
      ? 'that takes three passes over each batch: use it in PruneAtInitialization, or in pruneOnce with `data`'
      : 'use one of the weights alone, such as magnitude()';
  throw new TypeError(
    `${owner} expects a criterion that sees ${['weights', ...shown].join(', ')}, got one that sees ${sees}; ${hint}`,
  );
}
