/* Nothing here is run: tsc checks it, and fails where an expected error does not come. */
import {boolean, integer, needs, number, oneOf, option} from '../../src/options/option.js';
import {expectAbsent, expectExactlyOne, read} from '../../src/options/read.js';
import type {Args, ExactlyOne, Extended, Values} from '../../src/options/table.js';

// The usual test for identity; T stands for nothing.
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function same<A, B>(_: Same<A, B>): void;

interface Plug {
  score(n: number): number;
}
const plug = (_: string, value: Plug) => value;
const OPTIONS = {
  steps: integer({min: 1}),
  frequency: integer({min: 1}, 100),
  seed: integer({}, undefined),
  made: number({}, () => 5),
  isOn: boolean(false),
  unit: oneOf(['batch', 'epoch'], 'batch'),
  norm: oneOf([1, 2, Infinity]),
  plug: option(plug, () => ({score: (n: number) => n})),
  sink: option((_, value: (line: string) => unknown) => value, undefined),
  data: needs(
    'plug',
    'nobody looks at it',
    option((_: string, value: number[]) => value, undefined),
  ),
};

// What users hand over: `undefined` for an option without a default is what leaving it out is.
same<
  Args<typeof OPTIONS>,
  {
    steps: number;
    norm: number;
    frequency?: number;
    seed?: number | undefined;
    made?: number;
    isOn?: boolean;
    unit?: 'batch' | 'epoch';
    plug?: Plug;
    sink?: ((line: string) => unknown) | undefined;
    data?: number[] | undefined;
  }
>(true);

// What is read.
same<
  Values<typeof OPTIONS>,
  {
    readonly steps: number;
    readonly norm: number;
    readonly frequency: number;
    readonly seed: number | undefined;
    readonly made: number;
    readonly isOn: boolean;
    readonly unit: 'batch' | 'epoch';
    readonly plug: Plug;
    readonly sink: ((line: string) => unknown) | undefined;
    readonly data: number[] | undefined;
  }
>(true);

same<ReturnType<typeof read<typeof OPTIONS>>, Values<typeof OPTIONS>>(true);
read('own', {steps: 1, norm: 2, seed: undefined, unit: 'epoch', plug: {score: n => n}, sink: console.log}, OPTIONS);
// @ts-expect-error -- a required one is missing
read('own', {steps: 1}, OPTIONS);
// @ts-expect-error -- an unknown one
read('own', {steps: 1, norm: 2, step: 1}, OPTIONS);
// @ts-expect-error -- of another type
read('own', {steps: '1', norm: 2}, OPTIONS);
// @ts-expect-error -- none of the words
read('own', {steps: 1, norm: 2, unit: 'day'}, OPTIONS);
// @ts-expect-error -- null is a value
read('own', {steps: 1, norm: 2, seed: null}, OPTIONS);

// @ts-expect-error -- a default of another type
integer({}, '5');
// @ts-expect-error -- a default that is none of the words
oneOf(['batch', 'epoch'], 'day');
// @ts-expect-error -- a default that is no such plug
option(plug, () => ({points: 1}));

// Tables of several.
const BASE = {steps: integer({}), isOn: boolean(false)};
const MORE = {steps: integer({}, 7), extra: boolean()};
same<Args<Extended<typeof BASE, typeof MORE>>, {extra: boolean; isOn?: boolean; steps?: number}>(true);
read('own', {extra: true}, {...BASE, ...MORE}) satisfies {steps: number; extra: boolean};

// Exactly one of several.
type Target = ExactlyOne<
  Args<{rate: typeof OPTIONS.seed; sparsity: typeof OPTIONS.seed; isOn: typeof OPTIONS.isOn}>,
  'rate' | 'sparsity'
>;
const target = (_: Target) => undefined;
target({rate: 1});
target({sparsity: 1, isOn: true, rate: undefined});
// @ts-expect-error -- none of the two
target({isOn: true});
// @ts-expect-error -- both of them
target({rate: 1, sparsity: 1});

// Options that are asked for are options.
const args: Args<typeof OPTIONS> = {steps: 1, norm: 2};
same<ReturnType<typeof expectExactlyOne<typeof args, 'seed' | 'unit'>>, 'seed' | 'unit'>(true);
expectAbsent('own', args, ['seed'], 'here');
// @ts-expect-error -- a misspelt name
expectAbsent('own', args, ['seeds'], 'here');
// @ts-expect-error -- a misspelt name
expectExactlyOne('own', args, ['seeds', 'unit']);
