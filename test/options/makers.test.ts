import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs';
import * as pruning from 'tfjs-pruning';
import * as callbacks from 'tfjs-pruning/callbacks';
import {expectFunction} from '../../src/options/expect.js';

const rates = {trainSteps: 2, rounds: 2, rate: 0.5};
const schedule = pruning.oneShot({targetSparsity: 0.5});
const penalty = pruning.l1({strength: 0.1});
const model = () => pruning.prunable(tf.sequential({layers: [tf.layers.dense({units: 1, inputShape: [1]})]}));
const any = (value: unknown) => value as never;

/** Each option that takes what a function of ours makes, given the function itself. */
const UNCALLED: [option: string, call: string, run: () => unknown][] = [
  ['structure', 'filters()', () => new callbacks.GradualPruning({schedule, structure: any(pruning.filters)})],
  ['structure', 'blocks(...)', () => new callbacks.GradualPruning({schedule, structure: any(pruning.blocks)})],
  [
    'allocation',
    'globalRanking()',
    () => new callbacks.GradualPruning({schedule, allocation: any(pruning.globalRanking)}),
  ],
  ['criterion', 'magnitude()', () => new callbacks.GradualPruning({schedule, criterion: any(pruning.magnitude)})],
  ['schedule', 'oneShot(...)', () => new callbacks.GradualPruning({schedule: any(pruning.oneShot)})],
  [
    'structure',
    'coupledChannels()',
    () => new callbacks.SoftFilterPruning({schedule, structure: any(pruning.coupledChannels)}),
  ],
  ['allocation', 'perLayer(...)', () => new callbacks.IterativePruning({...rates, allocation: any(pruning.perLayer)})],
  [
    'allocation',
    'uniform()',
    () => new callbacks.PruneAtInitialization({sparsity: 0.5, allocation: any(pruning.uniform)}),
  ],
  [
    'allocation',
    'erdosRenyi()',
    () => new callbacks.StaticSparse({sparsity: 0.5, allocation: any(pruning.erdosRenyi)}),
  ],
  [
    'allocation',
    'perOutput()',
    () => new callbacks.RigL({sparsity: 0.5, endStep: 9, allocation: any(pruning.perOutput)}),
  ],
  ['structure', 'kernels()', () => new callbacks.TargetedDropout({schedule, structure: any(pruning.kernels)})],
  ['penalty', 'l2(...)', () => new callbacks.ScheduledPenalty({penalty: any(pruning.l2)})],
  ['penalty', 'groupLasso(...)', () => new callbacks.ProximalPenalty({penalty: any(pruning.groupLasso)})],
  [
    'strength',
    'exponentialGrowth(...)',
    () => new callbacks.ScheduledPenalty({penalty, strength: any(pruning.exponentialGrowth)}),
  ],
  ['penalty', 'hoyerSquare(...)', () => pruning.addPenalty(model(), any(pruning.hoyerSquare))],
  ['structure', 'channels()', () => pruning.groupLasso({strength: 1, structure: any(pruning.channels)})],
  [
    'structure',
    'shifts()',
    () => pruning.growingRegularization({variant: 1, sparsity: 0.5, structure: any(pruning.shifts)}),
  ],
  [
    'allocation',
    'sensitivity(...)',
    () => pruning.selectiveWeightDecay({sparsity: 0.5, allocation: any(pruning.sensitivity)}),
  ],
  ['schedules[0]', 'polynomialDecay(...)', () => pruning.joinSchedules([any(pruning.polynomialDecay)], [])],
  ['criterion', 'taylor()', () => pruning.inverted(any(pruning.taylor))],
  ['structure', 'nOfM(...)', () => pruning.pruneOnce(model(), {sparsity: 0.5, structure: any(pruning.nOfM)})],
  ['structure', 'weights()', () => pruning.pruneByThreshold(model(), {below: 1, structure: any(pruning.weights)})],
  [
    'allocation',
    'erdosRenyiKernel()',
    () => pruning.planChannelPruning(model(), {sparsity: 0.5, allocation: any(pruning.erdosRenyiKernel)}),
  ],
  [
    'onProgress',
    'progressBar()',
    () => pruning.pruneOnce(model(), {sparsity: 0.5, onProgress: any(pruning.progressBar)}),
  ],
];

test.each(UNCALLED)('`%s` is refused uncalled: call it: %s', async (option, call, run) => {
  const error = await Promise.resolve()
    .then(run)
    .catch((thrown: unknown) => thrown as Error);
  const name = call.replace(/\(.*/, '');
  expect(error).toBeInstanceOf(TypeError);
  expect((error as Error).message).toContain(`Expected \`${option}\` to be`);
  expect((error as Error).message).toMatch(`got the function ${name}; call it: ${call}`);
});

/** The public functions whose declarations say that they return a function. */
function declaredMakers(): string[] {
  const root = join(__dirname, '../..');
  const files = ['src', 'schedules'].flatMap(room =>
    readdirSync(join(root, room), {recursive: true, encoding: 'utf8'}).map(file => join(root, room, file)),
  );
  const made = '(?:WeightStructure|Structure|Allocation|Penalty|\\([^()]*\\) => [^{]+)';
  const maker = new RegExp(`^export function (\\w+)\\(.*\\): ${made} \\{$`, 'gm');
  const sources = files.filter(file => file.endsWith('.ts')).map(file => readFileSync(file, 'utf8'));
  return sources.flatMap(text => [...text.matchAll(maker)].map(([, name]) => name!)).filter(name => name in pruning);
}

test.each(declaredMakers())('%s is refused where a function is expected', name => {
  const maker = pruning[name as keyof typeof pruning];
  expect(() => expectFunction('option', maker, 'of something')).toThrow(`got the function ${name}; call it: ${name}(`);
});

test('knows the makers among the public functions', () => {
  expect(declaredMakers()).toEqual(expect.arrayContaining(['blocks', 'filters', 'perLayer', 'l1', 'progressBar']));
  expect(declaredMakers().length).toBeGreaterThanOrEqual(29);
});

test('a gate is refused uncalled', () => {
  const uncalled = () => pruning.prunable(tf.layers.dense({units: 1}), {parametrizations: [any(pruning.hardConcrete)]});
  expect(uncalled).toThrow('got the function hardConcrete; call it');
});
