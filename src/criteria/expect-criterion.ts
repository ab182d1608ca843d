import {expectMethods, expectOneOf, received} from '../options/expect.js';
import {REDUCTIONS} from '../structures/structure.js';
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
 * Expects a criterion: any object with the functions that go with what it sees.
 *
 * @throws TypeError or RangeError if `sees` is unknown, a function is missing or goes with another `sees`, or a
 *     property has another kind of value.
 */
export function expectCriterion(option: string, criterion: Criterion): Criterion {
  expectMethods(option, criterion, ['score']);
  const {sees = 'weights', reduction, tellsApart, name} = criterion;
  expectOneOf(`${option}.sees`, sees, SIGHTS);
  expectNoOthers(criterion, sees);
  expectMethods<Partial<Record<Method, unknown>>>(option, criterion, METHODS[sees]);
  if (reduction !== undefined) expectOneOf(`${option}.reduction`, reduction, REDUCTIONS);
  if (tellsApart !== undefined) expectOneOf(`${option}.tellsApart`, tellsApart, ['outputs', 'inputs']);
  if (name === undefined || typeof (name as unknown) === 'string') return criterion;
  throw new TypeError(`Expected \`${option}.name\` to be a string, got ${received(name)}`);
}

/** A function that would never be called is a mistake. */
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
 * Expects a criterion that sees no more than it is shown.
 *
 * @param owner the function or callback that asks, for messages.
 * @param shown what the criterion may see besides the weights.
 */
export function expectSees(owner: string, {sees = 'weights'}: Criterion, shown: readonly Sight[] = []): void {
  if (sees === 'weights' || shown.includes(sees)) return;
  const hint =
    sees === 'curvature'
      ? 'that takes three passes over each batch: use it in PruneAtInitialization, or in pruneOnce with `data`'
      : 'use one that needs only the weights, such as magnitude()';
  throw new TypeError(
    `${owner} expects a criterion that sees ${['weights', ...shown].join(', ')}, got one that sees ${sees}; ${hint}`,
  );
}
