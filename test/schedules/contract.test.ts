import fc from 'fast-check';
import {
  asymptoticDecay,
  constantSparsity,
  cosineDecay,
  exponentialDecay,
  iterative,
  joinSchedules,
  oneShot,
  polynomialDecay,
  type PolynomialDecayArgs,
  type SparsitySchedule,
} from '../../schedules/index.js';

fc.configureGlobal({seed: 1});

/** A schedule to be made, and what its arguments promise, worked out without it. */
interface Specimen {
  readonly args: unknown;
  readonly make: () => SparsitySchedule;
  /** All steps with an update, rising. */
  readonly updates: readonly number[];
  /** The sparsity before the first update, and the one from the last on. */
  readonly initial: number;
  readonly final: number;
}

type Grid = Record<'beginStep' | 'endStep' | 'frequency', number>;

const sparsity = fc.double({min: 0, max: 1, maxExcluded: true, noNaN: true});
const rising = (length: number) =>
  fc.array(sparsity, {minLength: length, maxLength: length}).map(values => values.sort((a, b) => a - b));
const grids = fc
  .record({beginStep: fc.nat(50), span: fc.nat(250), frequency: fc.integer({min: 1, max: 300})})
  .map(({beginStep, span, frequency}): Grid => ({beginStep, endStep: beginStep + span, frequency}));

/** Every `frequency` steps from `beginStep`, and `endStep`. */
function gridSteps({beginStep, endStep, frequency}: Grid): number[] {
  const steps: number[] = [];
  for (let step = beginStep; step < endStep; step += frequency) steps.push(step);
  return [...steps, endStep];
}

const rampFactories: Record<string, (args: PolynomialDecayArgs) => SparsitySchedule> = {
  polynomialDecay,
  cosineDecay,
  exponentialDecay,
  asymptoticDecay,
};

const noPower = fc.constant({});
const anyPower = fc.record({power: fc.double({min: 0.2, max: 8, noNaN: true})});

const ramps = (make: (args: PolynomialDecayArgs) => SparsitySchedule, extras: fc.Arbitrary<{power?: number}>) =>
  fc.tuple(rising(2), grids, extras).map(([[initial = 0, final = 0], grid, extra]): Specimen => {
    const args = Object.freeze({initialSparsity: initial, finalSparsity: final, ...grid, ...extra});
    return {args, make: () => make(args), updates: gridSteps(grid), initial, final};
  });

const families: Record<string, fc.Arbitrary<Specimen>> = {
  constantSparsity: fc.tuple(sparsity, grids).map(([targetSparsity, grid]) => {
    const args = Object.freeze({targetSparsity, ...grid});
    return {
      args,
      make: () => constantSparsity(args),
      updates: gridSteps(grid),
      initial: targetSparsity,
      final: targetSparsity,
    };
  }),
  polynomialDecay: ramps(polynomialDecay, anyPower),
  asymptoticDecay: ramps(asymptoticDecay, noPower),
  cosineDecay: ramps(cosineDecay, noPower),
  exponentialDecay: ramps(exponentialDecay, noPower),
  oneShot: fc.tuple(sparsity, fc.nat(300)).map(([targetSparsity, beginStep]) => {
    const args = Object.freeze({targetSparsity, beginStep});
    return {args, make: () => oneShot(args), updates: [beginStep], initial: 0, final: targetSparsity};
  }),
  'iterative by rate': rounds(fc.double({min: 0, max: 0.8, noNaN: true}), (rate, count) => ({
    target: {rate},
    final: 1 - (1 - rate) ** count,
  })),
  'iterative by finalSparsity': rounds(sparsity, finalSparsity => ({target: {finalSparsity}, final: finalSparsity})),
  joinSchedules: fc
    .tuple(rising(3), grids, grids, fc.integer({min: 1, max: 350}))
    .map(([[low = 0, middle = 0, high = 0], first, second, later]) => {
      const boundary = first.beginStep + later;
      const schedules = Object.freeze([
        polynomialDecay({initialSparsity: low, finalSparsity: middle, ...first}),
        cosineDecay({initialSparsity: middle, finalSparsity: high, ...second}),
      ]);
      const boundaries = Object.freeze([boundary]);
      return {
        args: {low, middle, high, first, second, boundary},
        make: () => joinSchedules(schedules, boundaries),
        updates: [
          ...gridSteps(first).filter(step => step < boundary),
          ...gridSteps(second).map(step => step + boundary),
        ],
        initial: low,
        final: high,
      };
    }),
};

function rounds(
  numbers: fc.Arbitrary<number>,
  aim: (number: number, rounds: number) => {target: {rate: number} | {finalSparsity: number}; final: number},
): fc.Arbitrary<Specimen> {
  return fc
    .tuple(numbers, fc.integer({min: 1, max: 12}), fc.nat(50), fc.integer({min: 1, max: 40}))
    .map(([number, count, beginStep, frequency]) => {
      const {target, final} = aim(number, count);
      const args = Object.freeze({...target, rounds: count, beginStep, frequency});
      const updates = Array.from({length: count}, (_, round) => beginStep + round * frequency);
      return {args, make: () => iterative(args), updates, initial: 0, final};
    });
}

/** Every step from 0 until well after the last update. */
function stepsOf({updates}: Specimen): number[] {
  return Array.from({length: updates.at(-1)! + 320}, (_, step) => step);
}

describe.each(Object.entries(families))('%s', (_name, specimens) => {
  const always = (claim: (specimen: Specimen, schedule: SparsitySchedule, steps: number[]) => void) =>
    fc.assert(fc.property(specimens, specimen => claim(specimen, specimen.make(), stepsOf(specimen))));

  test('updates at beginStep, on the grid and at endStep, and at no other step', () => {
    always(({updates}, schedule, steps) => {
      expect(steps.filter(step => schedule.updatesAt(step))).toEqual(updates);
      expect(schedule.endStep).toBe(updates.at(-1));
    });
  });

  test('has exactly its initial sparsity before the first update and its final one from the last on', () => {
    always(({updates, initial, final}, schedule, steps) => {
      const sparsities = (from: number, to?: number) => steps.slice(from, to).map(step => schedule.sparsityAt(step));
      expect(new Set(sparsities(0, updates[0]))).toEqual(new Set(updates[0] === 0 ? [] : [initial]));
      expect(new Set(sparsities(updates.at(-1)!))).toEqual(new Set([final]));
      expect([1e9, Number.MAX_SAFE_INTEGER].map(step => schedule.sparsityAt(step))).toEqual([final, final]);
    });
  });

  test('stays within [0, 1) and does not fall by a single bit, since GradualPruning refuses to', () => {
    always((_specimen, schedule, steps) => {
      const sparsities = steps.map(step => schedule.sparsityAt(step));
      expect(sparsities.filter(value => !(value >= 0 && value < 1))).toEqual([]);
      expect(steps.filter(step => sparsities[step]! < (sparsities[step - 1] ?? 0))).toEqual([]);
    });
  });

  test('gives the same answers in any order, from frozen arguments', () => {
    always(({make}, schedule, steps) => {
      const answers = (of: SparsitySchedule, at: number[]) =>
        at.map(step => `${step}: ${of.sparsityAt(step)} ${of.updatesAt(step)}`);
      const forwards = answers(schedule, steps).join('\n');
      expect(answers(schedule, steps.toReversed()).reverse().join('\n')).toBe(forwards);
      expect(answers(make(), steps).join('\n')).toBe(forwards);
    });
  });
});

test.each(Object.entries(rampFactories))('%s may fall too, between its two sparsities', (_name, make) => {
  fc.assert(
    fc.property(rising(2), grids, ([final = 0, initial = 0], grid) => {
      const schedule = make({initialSparsity: initial, finalSparsity: final, ...grid});
      const sparsities = Array.from({length: grid.endStep + 10}, (_, step) => schedule.sparsityAt(step));
      expect(sparsities.filter(value => !(value >= final && value <= initial))).toEqual([]);
      expect(sparsities.filter((value, step) => value > (sparsities[step - 1] ?? 1))).toEqual([]);
    }),
  );
});
