import {progressBar} from '../display/progress-bar.js';
import {files} from '../files/files.js';
import {expectInteger, expectNumber, expectSparsity} from '../options/expect.js';
import {formatChannelPlan} from '../surgery/format-channel-plan.js';
import {formatModelCost} from '../report/format-model-cost.js';
import {modelCost} from '../report/model-cost.js';
import type {ChannelPlan} from '../surgery/channel-plan.js';
import {shrink} from '../surgery/cut/shrink.js';
import {planChannelPruning} from '../surgery/plan/plan-channel-pruning.js';
import {COMMON} from './common-options.js';
import {DATA, examplesFor, FITTED} from './examples-for.js';
import {EXIT, UsageError} from './exit-codes.js';
import {loadModel, withoutMasks} from './load-model.js';
import {expectSeen, observedData, SEEN} from './observed-data.js';
import {freeFolder, OUT} from './free-place.js';
import {printFound} from './print.js';
import {CRITERION, criterionOf} from './pruning-rule.js';
import {readArguments} from './read-arguments.js';
import {saveModel} from './save-model.js';
import {start} from './start.js';
import {usable} from './usable.js';
import {withFlags} from './with-flags.js';
import {layersOf, numberOf, shapesOf} from './argument-values.js';

const TARGETS = {
  'multiply-adds': {type: 'string'},
  parameters: {type: 'string'},
  'peak-memory': {type: 'string'},
  latency: {type: 'string'},
  sparsity: {type: 'string'},
} as const;

const PLAN = {
  'round-to': {type: 'string'},
  'min-kept': {type: 'string'},
  'max-sparsity': {type: 'string'},
  layers: {type: 'string'},
  'keep-outputs': {type: 'string'},
} as const;

const OPTIONS = {
  ...COMMON,
  ...OUT,
  ...CRITERION,
  ...DATA,
  ...SEEN,
  ...FITTED,
  ...TARGETS,
  ...PLAN,
  'input-shapes': {type: 'string'},
} as const;

type Arguments = Partial<Record<keyof typeof TARGETS | keyof typeof PLAN, string>>;
type Target = Pick<
  Parameters<typeof planChannelPruning>[1],
  'multiplyAdds' | 'parameters' | 'peakMemory' | 'latency' | 'sparsity'
>;

/** `tfjs-pruning shrink MODEL --multiply-adds LEFT --out FOLDER`. */
export async function command(args: readonly string[]): Promise<number> {
  const {values, positionals} = readArguments(args, OPTIONS, {places: 'one', what: 'the MODEL'});
  const target = targetOf(values);
  const limits = limitsOf(values);
  const criterion = criterionOf(values);
  expectSeen(criterion, values);
  const inputShapes = shapesOf(values['input-shapes']);
  if (Object.keys(target).length === 0) expectNoPlan(values);
  const folder = await freeFolder(values);
  await start(values.backend);
  const {model: loaded} = await loadModel(positionals[0]!);
  const model = withoutMasks(loaded);
  const seen = await observedData(model, values, criterion);
  const fitted = values.reconstruct === undefined ? undefined : await examplesFor(model, values.reconstruct);
  const shapes = inputShapes && {inputShapes};
  const {plan, small} = await usable(async () => {
    const options = {...target, ...limits, criterion, ...shapes, ...seen, onProgress: progressBar()};
    const made = Object.keys(target).length > 0 ? await planChannelPruning(model, options) : undefined;
    return {
      plan: made && inFlags(made),
      small: await shrink(model, made, fitted && {reconstruct: {data: {xs: fitted.xs}}}),
    };
  });
  const [before, after] = await usable(() => [modelCost(model, shapes).total, modelCost(small, shapes).total] as const);
  const weightBytes = await saveModel(small, files(folder));
  const text = () => (plan ? formatChannelPlan(plan) : formatModelCost(modelCost(small, shapes)));
  printFound({out: folder, weightBytes, before, after, plan}, () => `${text()}\n\nsaved to ${folder}`, values.json);
  return plan?.shortfall === undefined ? EXIT.done : EXIT.missed;
}

/** The plan, with what it says of options said of arguments. */
function inFlags({shortfall, groups, ...plan}: ChannelPlan): ChannelPlan {
  const named = groups.map(({reason, ...group}) => ({
    ...group,
    ...(reason !== undefined && {reason: withFlags(reason)}),
  }));
  return {...plan, groups: named, ...(shortfall !== undefined && {shortfall: withFlags(shortfall)})};
}

function targetOf(values: Arguments): Target {
  const left = (name: string, text: string | undefined) => numberOf(name, text, expectLeft);
  const target = {
    multiplyAdds: left('--multiply-adds', values['multiply-adds']),
    parameters: left('--parameters', values.parameters),
    peakMemory: left('--peak-memory', values['peak-memory']),
    latency: left('--latency', values.latency),
    sparsity: numberOf('--sparsity', values.sparsity, expectSparsity),
  };
  return given(target);
}

function limitsOf(values: Arguments) {
  const [layers, keepOutputs] = [
    layersOf('--layers', values.layers),
    layersOf('--keep-outputs', values['keep-outputs']),
  ];
  return given({
    roundTo: numberOf('--round-to', values['round-to'], (name, value) => expectInteger(name, value, {min: 1})),
    minKept: numberOf('--min-kept', values['min-kept'], expectInteger),
    maxSparsity: numberOf('--max-sparsity', values['max-sparsity'], (name, value) =>
      expectNumber(name, value, {min: 0, max: 1, includeMax: true}),
    ),
    layers,
    keepOutputs,
  });
}

function given<T extends object>(values: T): {[K in keyof T]?: NonNullable<T[K]>} {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as {[K in keyof T]?: NonNullable<T[K]>};
}

function expectLeft(name: string, value: number): number {
  if (value > 0 && value < 1) return value;
  throw new RangeError(`Expected ${name} to be the fraction that is left, a number in (0, 1), got ${value}`);
}

/** Without a target there is no plan, and what it is made by has no effect. */
function expectNoPlan(values: Readonly<Record<string, unknown>>): void {
  const useless = ['criterion', 'data', 'reconstruct', ...Object.keys(PLAN)].find(name => values[name] !== undefined);
  if (useless === undefined) return;
  throw new UsageError(`--${useless} needs a target: --${Object.keys(TARGETS).join(', --')}`);
}
