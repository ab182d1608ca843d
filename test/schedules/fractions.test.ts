import {
  constantSparsity,
  iterative,
  joinSchedules,
  oneShot,
  polynomialDecay,
  type SparsitySchedule,
} from '../../schedules/index.js';

/** The batches of a fit after which a schedule in fractions updates. */
function updatesOver(batches: number, schedule: SparsitySchedule): number[] {
  const all = Array.from({length: batches + 1}, (_, batch) => batch);
  return all.filter(batch => schedule.updatesAt(batch / batches, (batch - 1) / batches));
}

const ramp = polynomialDecay({finalSparsity: 0.9, beginStep: 0.1, endStep: 0.5, frequency: 0.1});

test.each([
  ['each tenth is a batch', 10, [1, 2, 3, 4, 5]],
  ['between two batches: after the next one', 7, [1, 2, 3, 4]], // 0.7, 1.4, 2.1 and 2.8, 3.5
  ['twice as many batches', 20, [2, 4, 6, 8, 10]],
  ['fewer batches than updates', 2, [1]],
  ['a single batch', 1, [1]],
])('a grid in fractions updates once for each of its steps, %s', (_what, batches, updates) => {
  expect(updatesOver(batches, ramp)).toEqual(updates);
});

test.each([
  ['from the start', constantSparsity({targetSparsity: 0.5, endStep: 1, frequency: 0.25}), [0, 3, 5, 8, 10]],
  ['once', oneShot({targetSparsity: 0.5, beginStep: 0.55}), [6]],
  ['in rounds', iterative({rounds: 3, rate: 0.2, beginStep: 0.1, frequency: 0.3}), [1, 4, 7]],
  [
    'joined',
    joinSchedules([oneShot({targetSparsity: 0.2, beginStep: 0.1}), oneShot({targetSparsity: 0.5})], [0.45]),
    [1, 5],
  ],
])('other schedules take fractions, too: %s', (_name, schedule, updates) => {
  expect(updatesOver(10, schedule)).toEqual(updates);
});

test('the frequency defaults to a hundredth of the fit', () => {
  const schedule = polynomialDecay({finalSparsity: 0.9, endStep: 0.5});
  expect(updatesOver(1000, schedule)).toEqual(Array.from({length: 51}, (_, update) => update * 10));
});

test('the curve is the same at each fraction', () => {
  const inSteps = polynomialDecay({finalSparsity: 0.9, beginStep: 100, endStep: 500});
  for (const step of [0, 100, 150, 333, 499, 500, 1000]) {
    expect(ramp.sparsityAt(step / 1000)).toBeCloseTo(inSteps.sparsityAt(step), 12);
  }
});
