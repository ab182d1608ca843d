import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import * as pruning from 'tfjs-pruning';
import * as callbacks from 'tfjs-pruning/callbacks';
import {completeWasmBackend, FusedAdam, registerFileUrls, startWasm, useFastestBackend} from 'tfjs-pruning/wasm';
import {wrapper} from './support/masks.js';

/** What an option may be handed by mistake, by the name under which a failure is told. */
const WRONG: Record<string, unknown> = {
  null: null,
  NaN,
  Infinity,
  '-1': -1,
  '1.5': 1.5,
  "''": '',
  "'x'": 'x',
  "'5'": '5',
  '5n': 5n,
  true: true,
  '[]': [],

  '[ ,1]': [, 1],
  '[null]': [null],
  '{}': {},
  'new Map': new Map([['strength', 1]]),
  'new Date': new Date(0),
  'new Class': new (class Options {})(),
  'a function': () => undefined,
  'a Symbol': Symbol('s'),
};

/** What an option takes, and which of the above are no mistake there. */
const KINDS = {
  fraction: [],
  count: [],
  'count or Infinity': ['Infinity'],
  number: ['1.5'],
  'any number': ['1.5', '-1'],
  'number or function': ['1.5', 'a function'],
  'number or Infinity': ['1.5', 'Infinity'],
  flag: ['true'],
  word: [],
  loss: ["'x'", "'5'", 'a function'],
  text: ["'x'", "'5'"],
  selector: ["'x'", "'5'", 'a function'],
  /** Whether a selector matches anything is seen when a fit begins. */
  'selector of a fit': ["'x'", "'5'", 'a function', '[]'],
  plug: [],
  function: ['a function'],
  'function or null': ['a function', 'null'],
  place: ["'x'", "'5'"],
  list: [],
  axes: ['[]'],
  rules: ['{}'],
} as const;
type Options = Record<string, keyof typeof KINDS>;

const plugs: Options = {criterion: 'plug', structure: 'function', allocation: 'function'};
const limits: Options = {minKept: 'count', maxSparsity: 'fraction'};
const grid: Options = {beginStep: 'count', endStep: 'count', frequency: 'count'};
const ramp: Options = {initialSparsity: 'fraction', finalSparsity: 'fraction', ...grid};
const steps: Options = {stepUnit: 'word', initialStep: 'count', layers: 'selector of a fit'};
const targeted: Options = {
  target: 'fraction',
  below: 'number',
  structure: 'plug',
  epochs: 'count',
  batchesPerEpoch: 'count',
};
const scheduled: Options = {...plugs, ...steps, observedBatches: 'count or Infinity'};
const sparse: Options = {sparsity: 'fraction', allocation: 'function', seed: 'count', ...steps};
const moving: Options = {...sparse, dropFraction: 'fraction', decay: 'word', ...grid};
const long: Options = {onProgress: 'function', signal: 'plug'};
const group: Options = {reduction: 'word'};
const strength: Options = {strength: 'number'};
const gate: Options = {gateSpeed: 'number', seed: 'count'};

const schedule = pruning.polynomialDecay({finalSparsity: 0.5, endStep: 2, frequency: 1});
const penalty = pruning.l1({strength: 0.1});
const rampArgs = {finalSparsity: 0.5, endStep: 10};
const report: pruning.SensitivityReport = {
  baseline: {loss: 1, metrics: {}},
  layers: [{layer: 'd', weights: ['d/kernel'], points: [{sparsity: 0.5, loss: 2, metrics: {}}]}],
};

type Row = [name: string, call: (args: never) => unknown, valid: object, options: Options];

/** Tensors that are there once the tests run. */
const withData = {
  data: {
    get xs() {
      return x;
    },
    get ys() {
      return y;
    },
  },
};

const FACTORIES: Row[] = [
  ...(['filters', 'channels', 'kernels', 'kernelRows', 'kernelColumns'] as const).map((name): Row => {
    return [name, pruning[name], {}, group];
  }),
  ['shifts', pruning.shifts, {}, {shared: 'flag'}],
  ['blocks', args => pruning.blocks([4, 1], args), {}, {pooling: 'word'}],
  ['inputBlocks', args => pruning.inputBlocks(4, args), {}, group],
  ['outputBlocks', args => pruning.outputBlocks(4, args), {}, group],
  ['slices', args => pruning.slices(0, args), {}, group],
  ['coupledChannels', pruning.coupledChannels, {}, {members: 'word', ...group}],
  ['magnitude', pruning.magnitude, {}, {norm: 'count or Infinity'}],
  ['random', pruning.random, {}, {seed: 'count'}],
  ['hardConcrete', pruning.hardConcrete, {}, {dropRate: 'fraction', ...gate}],
  ['bernoulli', pruning.bernoulli, {}, {dropRate: 'fraction', freezeKernel: 'flag', start: 'word', ...gate}],
  [
    'continuousSparsification',
    pruning.continuousSparsification,
    {},
    {first: 'any number', finalSteepness: 'number', ...gate},
  ],
  [
    'softThreshold',
    pruning.softThreshold,
    {},
    {per: 'word', first: 'any number', leak: 'fraction', gateSpeed: 'number'},
  ],
  ['dynamicThreshold', pruning.dynamicThreshold, {}, {per: 'word', gateSpeed: 'number'}],
  ['differentiablePruning', pruning.differentiablePruning, {}, {temperature: 'number'}],
  ['edgePopup', pruning.edgePopup, {}, {start: 'word', seed: 'count'}],
  ['scaleGates', pruning.scaleGates, {}, {below: 'number', gateSpeed: 'number'}],
  [
    'tapAttention',
    pruning.tapAttention,
    {},
    {firstTemperature: 'number', finalTemperature: 'number', shared: 'flag', ...gate},
  ],
  ['uniform', pruning.uniform, {}, limits],
  ['globalRanking', pruning.globalRanking, {}, {normalize: 'word', scopes: 'list', ...limits}],
  ['isomorphic', pruning.isomorphic, {}, {normalize: 'word', ...limits}],
  ['erdosRenyi', pruning.erdosRenyi, {}, {power: 'number', ...limits}],
  ['erdosRenyiKernel', pruning.erdosRenyiKernel, {}, {power: 'number', ...limits}],
  ['perLayer', args => pruning.perLayer({d: 0.5}, args), {}, {default: 'fraction', ...limits}],
  ['sensitivity', args => pruning.sensitivity(report, args), {}, limits],
  ['l1', pruning.l1, {strength: 1}, strength],
  ['l2', pruning.l2, {strength: 1}, strength],
  ['elasticNet', pruning.elasticNet, {l1: 1, l2: 1}, {l1: 'number', l2: 'number'}],
  ['groupLasso', pruning.groupLasso, {strength: 1}, {...strength, structure: 'plug'}],
  ['hoyerSquare', pruning.hoyerSquare, {strength: 1}, {...strength, structure: 'plug'}],
  [
    'sparseGroupLasso',
    pruning.sparseGroupLasso,
    {strength: 1, alpha: 0.5},
    {...strength, alpha: 'fraction', structure: 'plug'},
  ],
  ['networkSlimming', pruning.networkSlimming, {strength: 1}, strength],
  [
    'selectiveWeightDecay',
    pruning.selectiveWeightDecay,
    {sparsity: 0.5},
    {sparsity: 'fraction', ...strength, ...plugs},
  ],
  [
    'growingRegularization',
    pruning.growingRegularization,
    {variant: 1, sparsity: 0.5},
    {
      variant: 'word',
      sparsity: 'fraction',
      growth: 'number',
      frequency: 'count',
      ceiling: 'number',
      pickingGrowth: 'number',
      pickingCeiling: 'number',
      recovery: 'number',
      ...plugs,
    },
  ],
  ...(['l1', 'l2', 'groupLasso', 'hoyerSquare', 'sparseGroupLasso'] as const).map((name): Row => {
    const isGroup = name !== 'l1' && name !== 'l2';
    const isBoth = name === 'sparseGroupLasso';
    const options: Options = {...strength, ...(isGroup && {structure: 'plug'}), ...(isBoth && {alpha: 'fraction'})};
    return [`regularizers.${name}`, pruning.regularizers[name], {strength: 1, ...(isBoth && {alpha: 0.5})}, options];
  }),
  ['regularizers.elasticNet', pruning.regularizers.elasticNet, {l1: 1, l2: 1}, {l1: 'number', l2: 'number'}],
  ['polynomialDecay', pruning.polynomialDecay, rampArgs, {...ramp, power: 'number'}],
  ['cosineDecay', pruning.cosineDecay, rampArgs, ramp],
  ['exponentialDecay', pruning.exponentialDecay, rampArgs, ramp],
  ['asymptoticDecay', pruning.asymptoticDecay, rampArgs, ramp],
  [
    'constantSparsity',
    pruning.constantSparsity,
    {targetSparsity: 0.5},
    {targetSparsity: 'fraction', ...grid, endStep: 'count or Infinity'},
  ],
  ['oneShot', pruning.oneShot, {targetSparsity: 0.5}, {targetSparsity: 'fraction', beginStep: 'count'}],
  [
    'iterative',
    pruning.iterative,
    {rounds: 2, rate: 0.5},
    {rounds: 'count', rate: 'fraction', beginStep: 'count', frequency: 'count'},
  ],
  ['iterative', pruning.iterative, {rounds: 2, finalSparsity: 0.5}, {finalSparsity: 'fraction'}],
  [
    'exponentialGrowth',
    pruning.exponentialGrowth,
    {from: 1, to: 2, steps: 3},
    {from: 'number', to: 'number', steps: 'count'},
  ],
  ['progressBar', pruning.progressBar, {}, {width: 'count', stream: 'plug'}],
  ['formatSensitivity', args => pruning.formatSensitivity(report, args), {}, {metric: 'word'}],
  ['plotSensitivity', args => pruning.plotSensitivity(report, args), {}, {metric: 'word'}],
  [
    'declareLayer',
    args => pruning.declareLayer('Nobodys', args),
    {prunableWeights: [{field: 'kernel', inputAxes: [0], outputAxes: [1]}]},
    {prunableWeights: 'list', positions: 'function', channelRule: 'function'},
  ],
  [
    'declareLayer, a weight',
    args => pruning.declareLayer('Nobodys', {prunableWeights: [args]}),
    {field: 'kernel', inputAxes: [0], outputAxes: [1]},
    {
      field: 'text',
      inputAxes: 'axes',
      outputAxes: 'axes',
      gates: 'count',
      makesOutputs: 'flag',
      seesInput: 'flag',
    },
  ],
  [
    'PrunableDense',
    args => new pruning.PrunableDense(args),
    {layer: tf.layers.dense({units: 1})},
    {layer: 'plug', gradient: 'word'},
  ],
  ['bisection', pruning.bisection, {}, {sparsities: 'list'}],
  ['greedy', pruning.greedy, {}, {steps: 'count'}],
  [
    'evolution',
    pruning.evolution,
    {},
    {generations: 'count', population: 'count', tournament: 'count', mutated: 'fraction'},
  ],
  [
    'reinforcement',
    pruning.reinforcement,
    {},
    {
      episodes: 'count',
      warmUp: 'count',
      reward: 'word',
      hidden: 'list',
      actorRate: 'number',
      criticRate: 'number',
      noise: 'number',
      noiseDecay: 'fraction',
      follow: 'fraction',
      discount: 'fraction',
      batchSize: 'count',
      memory: 'count',
    },
  ],
  [
    'agents',
    pruning.agents,
    {},
    {episodes: 'count', learningRate: 'number', decay: 'fraction', bound: 'number', confidence: 'number'},
  ],
  [
    'channelSpace',
    pruning.channelSpace,
    {criterion: pruning.snip(), ...withData},
    {
      criterion: 'plug',
      members: 'word',
      minKept: 'count',
      maxSparsity: 'fraction',
      roundTo: 'count',
      data: 'plug',
      batchSize: 'count',
      loss: 'loss',
      perLayer: 'rules',
      latencyOf: 'function',
    },
  ],
  [
    'weightSpace',
    pruning.weightSpace,
    {criterion: pruning.snip(), ...withData},
    {
      criterion: 'plug',
      structure: 'function',
      ...limits,
      data: 'plug',
      batchSize: 'count',
      loss: 'loss',
      perLayer: 'rules',
    },
  ],
  [
    'metricScore',
    pruning.metricScore,
    withData,
    {data: 'plug', batchSize: 'count', metric: 'text', recalibrate: 'plug'},
  ],
  ['useFastestBackend', useFastestBackend, {}, {among: 'list'}],
  ['startWasm', startWasm, {}, {paths: 'place', threads: 'count', kernels: 'word'}],
  ['completeWasmBackend', completeWasmBackend, {}, {kernels: 'word'}],
];

const criterion = pruning.taylor();
const CALLBACKS: Row[] = (
  [
    ['GradualPruning', {schedule, criterion}, {schedule: 'plug', ...scheduled, regrowth: 'flag'}],
    ['SoftFilterPruning', {schedule, criterion}, {schedule: 'plug', ...scheduled}],
    [
      'IterativePruning',
      {trainSteps: 2, rounds: 2, rate: 0.5, criterion, rewind: 'weights'},
      {
        trainSteps: 'count',
        retrainSteps: 'count',
        rounds: 'count',
        rate: 'fraction',
        rewind: 'word',
        learningRate: 'function',
        rates: 'plug',
        seed: 'count',
        ...scheduled,
      },
    ],
    ['IterativePruning', {trainSteps: 2, rounds: 2, rate: 0.5, rewind: 'weights'}, {snapshot: 'place'}],
    ['IterativePruning', {trainSteps: 2, rounds: 2, finalSparsity: 0.5}, {finalSparsity: 'fraction'}],
    [
      'IterativePruning',
      {sparsity: 0.5},
      {sparsity: 'fraction', rounds: 'count', epochs: 'count', batchesPerEpoch: 'count'},
    ],
    [
      'PruneAtInitialization',
      {sparsity: 0.5},
      {
        sparsity: 'fraction',
        ...plugs,
        layers: 'selector of a fit',
        initialStep: 'count',
        rounds: 'count',
        observedBatches: 'count',
        data: 'plug',
      },
    ],
    ['PruneAtInitialization', {sparsity: 0.5, data: {xs: []}}, {loss: 'loss', batchSize: 'count'}],
    ['LearnedMasks', {}, {target: 'plug', strength: 'number or function', endStep: 'fraction', initialStep: 'count'}],
    ['LearnedMasks', {}, {epochs: 'count', batchesPerEpoch: 'count'}],
    ['StaticSparse', {sparsity: 0.5}, sparse],
    ['RigL', {sparsity: 0.5, endStep: 100}, {...moving, observedBatches: 'count'}],
    ['RigL', {sparsity: 0.5}, {epochs: 'count', batchesPerEpoch: 'count', endStep: 'count', frequency: 'count'}],
    ['SparseEvolutionaryTraining', {sparsity: 0.5, endStep: 100}, {...moving, startDeviation: 'number'}],
    ['SparseMomentum', {sparsity: 0.5, endStep: 100}, moving],
    [
      'TargetedDropout',
      {schedule},
      {schedule: 'plug', rate: 'fraction', seed: 'count', ...plugs, layers: 'selector of a fit', initialStep: 'count'},
    ],
    ['ScheduledPenalty', {penalty}, {penalty: 'function', strength: 'function', ...steps, frequency: 'count'}],
    ['ScheduledPenalty', {penalty, target: 0.5}, targeted],
    ['ProximalPenalty', {penalty}, {penalty: 'plug', strength: 'function', ...steps}],
    ['ProximalPenalty', {penalty, target: 0.5}, targeted],
    ['SparsityLogger', {}, {print: 'function or null', jsonLines: 'function'}],
  ] as [keyof typeof callbacks, object, Options][]
).map(([name, valid, options]) => {
  const Class = callbacks[name] as unknown as new (args: never) => unknown;
  return [name, (args: never) => new Class(args), valid, options];
});

let model: tf.Sequential;
let unpruned: tf.Sequential;
let batchNormed: tf.Sequential;
let convolution: tf.Sequential;
let x: tf.Tensor;
let y: tf.Tensor;
beforeAll(() => {
  const dense = (name: string, more = {}) => tf.layers.dense({name, units: 3, ...more});
  model = pruning.prunable(tf.sequential({layers: [dense('d', {inputShape: [4]}), dense('o')]}));
  unpruned = pruning.prunable(tf.sequential({layers: [dense('d', {inputShape: [4]}), dense('o')]}));
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  batchNormed = tf.sequential({layers: [dense('plain', {inputShape: [4]}), tf.layers.batchNormalization()]});
  convolution = tf.sequential({layers: [tf.layers.conv2d({filters: 1, kernelSize: 3, inputShape: [4, 4, 1]})]});
  [x, y] = [tf.randomNormal([8, 4]), tf.randomNormal([8, 3])];
});

/** Calls a distillation that ignores labels. */
function withoutLabels(call: (distillation: pruning.Distillation) => unknown): unknown {
  const distillation = pruning.distill(model, unpruned, {weight: 1});
  try {
    return call(distillation);
  } finally {
    distillation.remove();
  }
}

const {snip} = pruning;
const data = () => ({xs: x, ys: y});
const FUNCTIONS: Row[] = [
  ['prunable', args => pruning.prunable(batchNormed, args), {}, {layers: 'selector', gate: 'plug'}],
  ['prunable', args => pruning.prunable(batchNormed, args), {gate: pruning.hardConcrete()}, {structure: 'function'}],
  [
    'pruneOnce',
    args => pruning.pruneOnce(model, {criterion: snip(), data: data(), ...(args as object)}),
    {sparsity: 0.5},
    {
      sparsity: 'fraction',
      criterion: 'plug',
      structure: 'function',
      allocation: 'plug',
      layers: 'selector',
      data: 'plug',
      batchSize: 'count',
      loss: 'plug',
      keepDense: 'flag',
      ...long,
    },
  ],
  ['pruneOnce', args => pruning.pruneOnce(model, args), {amount: 1}, {amount: 'fraction'}],
  [
    'pruneByThreshold',
    args => pruning.pruneByThreshold(model, args),
    {below: 0.1},
    {criterion: 'plug', structure: 'function', layers: 'selector', below: 'number'},
  ],
  ['pruneByThreshold', args => pruning.pruneByThreshold(model, args), {deviations: 0.1}, {deviations: 'number'}],
  ['pruneByThreshold', args => pruning.pruneByThreshold(model, args), {gap: true}, {gap: 'flag'}],
  ['maskZeros', args => pruning.maskZeros(model, args), {}, {layers: 'selector'}],
  ['restoreDense', args => pruning.restoreDense(unpruned, args), {}, {layers: 'selector'}],
  ['shuffleMasks', args => pruning.shuffleMasks(model, args), {}, {layers: 'selector', seed: 'count'}],
  ['reinitialize', args => pruning.reinitialize(model, args), {}, {layers: 'selector', seed: 'count'}],
  ['applyMasks', args => pruning.applyMasks(model, {}, args), {}, {keepDense: 'flag'}],
  ['addPenalty', args => pruning.addPenalty(model, penalty, args).remove(), {}, {layers: 'selector'}],
  [
    'distill',
    args => pruning.distill(model, unpruned, args).remove(),
    {features: ['d']},
    {temperature: 'number', weight: 'fraction', outputs: 'flag', features: 'list', featureWeight: 'number'},
  ],
  ['modelCost', args => pruning.modelCost(model, args), {}, {inputShapes: 'list'}],
  [
    'seededBatches',
    args => void pruning.seededBatches(x, y, args),
    {},
    {batchSize: 'count', seed: 'count', shuffle: 'flag'},
  ],
  [
    'startTraining',
    async args => (await pruning.startTraining(batchNormed, [], args)).abandon(),
    {epochs: 1},
    {epochs: 'count', batchesPerEpoch: 'count', initialEpoch: 'count', optimizer: 'plug'},
  ],
  [
    'BackupAndRestore',
    args => void new pruning.BackupAndRestore({save: jest.fn(), load: jest.fn(), remove: jest.fn()}, args),
    {},
    {every: 'count', deleteAtEnd: 'flag'},
  ],
  [
    'sensitivityScan',
    args => pruning.sensitivityScan(model, args),
    {...withData, sparsities: [0.5]},
    {
      data: 'plug',
      sparsities: 'list',
      criterion: 'plug',
      structure: 'function',
      layers: 'selector',
      batchSize: 'count',
      ...long,
    },
  ],
  [
    'measureLatency',
    args => pruning.measureLatency(model, args),
    {runs: 1, warmUp: 0},
    {batchSize: 'count', backend: 'word', runs: 'count', warmUp: 'count', inputShapes: 'list', ...long},
  ],
  [
    'recalibrateBatchNorm',
    args => pruning.recalibrateBatchNorm(batchNormed, args),
    withData,
    {data: 'plug', batchSize: 'count', ...long},
  ],
  [
    'biasCorrection',
    args => pruning.biasCorrection(model, {teacher: unpruned, ...(args as object)} as never),
    withData,
    {data: 'plug', batchSize: 'count', teacher: 'plug', layers: 'selector', ...long},
  ],
  [
    'reconstruct',
    args => pruning.reconstruct(model, {teacher: unpruned, ...(args as object)} as never),
    withData,
    {data: 'plug', batchSize: 'count', teacher: 'plug', by: 'word', ridge: 'number', layers: 'selector', ...long},
  ],
  [
    'reconstruct by sparseGpt',
    args => pruning.reconstruct(model, {by: 'sparseGpt', ...(args as object)} as never),
    {...withData, sparsity: 0.5},
    {sparsity: 'fraction', structure: 'function', allocation: 'function', layers: 'selector', ridge: 'number'},
  ],
  [
    'lassoScores',
    args => pruning.lassoScores(model, {layers: 'd', ...(args as object)} as never).then(tf.dispose),
    withData,
    {data: 'plug', batchSize: 'count', layers: 'selector', ...long},
  ],
  [
    'attentionScores',
    args => pruning.attentionScores(model, {layers: 'd', ...(args as object)} as never).then(tf.dispose),
    {...withData, epochs: 1, loss: 'meanSquaredError'},
    {
      data: 'plug',
      batchSize: 'count',
      layers: 'selector',
      reduction: 'number',
      epochs: 'count',
      learningRate: 'number',
      firstAttention: 'fraction',
      seed: 'count',
      loss: 'plug',
      ...long,
    },
  ],
  ['shiftConvolutions', args => pruning.shiftConvolutions(convolution, args), {}, {layers: 'selector', always: 'flag'}],
  [
    'planChannelPruning',
    args => pruning.planChannelPruning(model, {criterion: snip(), data: data(), ...(args as object)}),
    {sparsity: 0.5},
    {
      sparsity: 'fraction',
      criterion: 'plug',
      allocation: 'plug',
      members: 'word',
      minKept: 'count',
      maxSparsity: 'fraction',
      roundTo: 'count',
      data: 'plug',
      batchSize: 'count',
      loss: 'plug',
      layers: 'selector',
      keepOutputs: 'selector',
      keepInputs: 'selector',
      inputShapes: 'list',
      previous: 'plug',
      ...long,
    },
  ],
  ['planChannelPruning', args => pruning.planChannelPruning(model, args), {sparsity: 0.5}, {perLayer: 'rules'}],
  [
    'planChannelPruning',
    args => pruning.planChannelPruning(model, args),
    {multiplyAdds: 0.5},
    {multiplyAdds: 'fraction'},
  ],
  ['planChannelPruning', args => pruning.planChannelPruning(model, args), {parameters: 0.5}, {parameters: 'fraction'}],
  [
    'planChannelPruning',
    args => pruning.planChannelPruning(model, args),
    {latency: 0.5, latencyOf: () => 1},
    {latency: 'fraction', latencyOf: 'plug'},
  ],
  ['planChannelPruning', args => pruning.planChannelPruning(model, args), {peakMemory: 0.5}, {peakMemory: 'fraction'}],
  [
    'searchRates',
    args => pruning.searchRates(model, args),
    {target: {parameters: 0.9}, score: () => 0, policy: pruning.bisection(), evaluations: 1},
    {
      target: 'plug',
      score: 'function',
      policy: 'plug',
      space: 'plug',
      evaluations: 'count or Infinity',
      minutes: 'number',
      seed: 'count',
      state: 'plug',
      ...long,
    },
  ],
  [
    'searchRates, target',
    target => pruning.searchRates(model, {target, score: () => 0, policy: pruning.bisection(), evaluations: 1}),
    {parameters: 0.9},
    {multiplyAdds: 'fraction', sparsity: 'fraction', latency: 'fraction', peakMemory: 'fraction'},
  ],
  [
    'searchRates, target over weights',
    target => {
      const space = pruning.weightSpace();
      return pruning.searchRates(model, {target, space, score: () => 0, policy: pruning.bisection(), evaluations: 1});
    },
    {sparsity: 0.5},
    {sparsity: 'fraction'},
  ],
];

/** What came of a call: the error, or that there was none. */
async function outcome(run: () => unknown): Promise<Error | undefined> {
  try {
    await run();
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

function complaint(error: Error | undefined, option: string): string | undefined {
  if (error === undefined) return 'accepted';
  if (!(error instanceof TypeError) && !(error instanceof RangeError)) return String(error);
  return error.message.includes(option) ? undefined : `does not name it: ${error.message}`;
}

describe.each([...FACTORIES, ...CALLBACKS, ...FUNCTIONS])('%s', (_name, call, valid, options) => {
  const calling = (args: unknown) => outcome(() => call(args as never));

  test.each(Object.keys(options))('refuses wrong values of %s, and changes nothing', async option => {
    expect(await calling(valid)).toBeUndefined();
    const before = model.getWeights().map(weight => [...weight.dataSync()]);
    const tensors = tf.memory().numTensors;
    const wrong: [string, string][] = [];
    for (const [name, value] of Object.entries(WRONG)) {
      if ((KINDS[options[option]!] as readonly string[]).includes(name)) continue;
      const text = complaint(await calling({...valid, [option]: value}), option);
      if (text !== undefined) wrong.push([name, text]);
      if (tf.memory().numTensors > tensors) wrong.push([name, `leaks ${tf.memory().numTensors - tensors}`]);
    }
    expect(wrong).toEqual([]);
    expect(model.getWeights().map(weight => [...weight.dataSync()])).toEqual(before);
  });

  test('takes no options but a plain object of those that it has', async () => {
    const wrong: string[] = [];
    class Options {
      strength = 1;
    }
    const notPlain = {...WRONG, 'an inheriting object': Object.create(valid) as object, 'an instance': new Options()};
    for (const [name, value] of Object.entries(notPlain)) {
      if (name === '{}') continue;
      const error = await calling(value);
      if (!(error instanceof TypeError)) wrong.push(`${name}: ${error === undefined ? 'accepted' : String(error)}`);
    }
    for (const key of ['no such option', Symbol('option')]) {
      const error = await calling({...valid, [key]: 1});
      if (!(error instanceof TypeError)) wrong.push(String(key));
    }
    expect(wrong).toEqual([]);
    expect(await calling(Object.assign(Object.create(null), valid))).toBeUndefined();
  });
});

describe('functions that take nothing', () => {
  const names = [
    'averagePercentageOfZeros',
    'batchNormDeadness',
    'batchNormScale',
    'fisher',
    'geometricMedian',
    'gradientMagnitude',
    'grasp',
    'lamp',
    'movement',
    'optimalBrainDamage',
    'perOutput',
    'snip',
    'synFlow',
    'taylor',
    'wanda',
    'weights',
  ] as const;

  test.each([...names.map(name => [name, pruning[name]] as const), ['registerFileUrls', registerFileUrls] as const])(
    '%s',
    (name, make) => {
      const call = (...args: unknown[]) => Reflect.apply(make, undefined, args) as unknown;
      expect(() => call()).not.toThrow();
      expect(() => call(undefined)).not.toThrow();
      for (const wrong of [{minKept: 5}, 5, null, 'x']) {
        expect(() => call(wrong)).toThrow(TypeError);
        expect(() => call(wrong)).toThrow(`${name} takes no arguments, got `);
      }
    },
  );
});

describe('what is handed over by its place', () => {
  const POSITIONS: [string, (wrong: never) => unknown, legal: string[]][] = [
    ['nOfM n', wrong => pruning.nOfM(wrong, 4), []],
    ['nOfM m', wrong => pruning.nOfM(2, wrong), []],
    ['blocks', wrong => pruning.blocks(wrong), []],
    ['blocks height', wrong => pruning.blocks([wrong, 1]), ['Infinity']],
    ['inputBlocks', wrong => pruning.inputBlocks(wrong), []],
    ['outputBlocks', wrong => pruning.outputBlocks(wrong), []],
    ['slices', wrong => pruning.slices(wrong), ['-1']],
    ['inverted', wrong => pruning.inverted(wrong), []],
    ['scores', wrong => pruning.scores(wrong), ['{}']],
    ['scores of a weight', wrong => pruning.scores({d: wrong}), []],
    ['perLayer', wrong => pruning.perLayer(wrong), []],
    ['perLayer with a default', wrong => pruning.perLayer(wrong, {default: 0.5}), ['[]', '{}']],
    ['perLayer of a layer', wrong => pruning.perLayer({d: wrong}), []],
    ['perLayer of a pair', wrong => pruning.perLayer([[wrong, 0.5]]), ["''", "'x'", "'5'"]],
    ['sensitivity', wrong => pruning.sensitivity(wrong), []],
    ['joinSchedules', wrong => pruning.joinSchedules(wrong, []), []],
    ['joinSchedules of one', wrong => pruning.joinSchedules([wrong], []), []],
    ['joinSchedules boundaries', wrong => pruning.joinSchedules([schedule, schedule], wrong), []],
    ['joinSchedules of one boundary', wrong => pruning.joinSchedules([schedule, schedule], [wrong]), []],
    ['files', wrong => pruning.files(wrong), ["'x'", "'5'"]],
    ['BackupAndRestore', wrong => void new pruning.BackupAndRestore(wrong), ["'x'", "'5'"]],
    ['seededBatches', wrong => void pruning.seededBatches(wrong, y), []],
    ['seededBatches of one', wrong => void pruning.seededBatches([wrong], y), []],
    ['startTraining', wrong => pruning.startTraining(batchNormed, wrong, {epochs: 1}), ['[]']],
    ['startTraining of one', wrong => pruning.startTraining(batchNormed, [wrong], {epochs: 1}), ['[]']],
    ['formatSensitivity', wrong => pruning.formatSensitivity(wrong), []],
    ['plotSensitivity', wrong => pruning.plotSensitivity(wrong), []],
    ['formatModelCost', wrong => pruning.formatModelCost(wrong), []],
    ['formatSparsityReport', wrong => pruning.formatSparsityReport(wrong), []],
    ['formatChannelPlan', wrong => pruning.formatChannelPlan(wrong), []],
    ['formatChannelTrace', wrong => pruning.formatChannelTrace(wrong), []],
    ['declareLayer', wrong => pruning.declareLayer(wrong, {channelRule: () => []}), ["'x'", "'5'"]],
    ['declareLayer rule', wrong => pruning.declareLayer('Nobodys', {channelRule: wrong}), ['a function']],
    [
      'declareLayer with weights',
      wrong => pruning.declareLayer(wrong, {prunableWeights: [{field: 'kernel', inputAxes: [0], outputAxes: [1]}]}),
      ["'x'", "'5'"],
    ],
    ['FusedAdam', wrong => new FusedAdam(wrong), ['1.5']],
    ['FusedAdam beta1', wrong => new FusedAdam(0.1, wrong), []],
    ['FusedAdam beta2', wrong => new FusedAdam(0.1, 0.9, wrong), []],
    ['FusedAdam epsilon', wrong => new FusedAdam(0.1, 0.9, 0.999, wrong), ['1.5']],
    ['addPenalty', wrong => pruning.addPenalty(model, wrong), []],
    ['distill', wrong => pruning.distill(model, wrong), []],
    ['distill without labels', wrong => withoutLabels(distillation => distillation.noLabels(wrong)), []],
    ['sensitivityScan', wrong => pruning.sensitivityScan(model, wrong), []],
    ['sensitivityScan xs', wrong => pruning.sensitivityScan(model, {data: {xs: wrong, ys: y}}), []],
    ['recalibrateBatchNorm', wrong => pruning.recalibrateBatchNorm(batchNormed, wrong), []],
    ['recalibrateBatchNorm of one', wrong => pruning.recalibrateBatchNorm(batchNormed, {data: [wrong]}), []],
    ['biasCorrection', wrong => pruning.biasCorrection(model, wrong), []],
    ['reconstruct', wrong => pruning.reconstruct(model, wrong), []],
    ['reconstruct of one', wrong => pruning.reconstruct(model, {data: [wrong], teacher: unpruned}), []],
    ['lassoScores', wrong => pruning.lassoScores(model, wrong), []],
    ['lassoScores of one', wrong => pruning.lassoScores(model, {data: [wrong]}), []],
    ['attentionScores', wrong => pruning.attentionScores(model, wrong), []],
    ['attentionScores of one', wrong => pruning.attentionScores(model, {data: [wrong]}), []],
    ['attentionScores xs', wrong => pruning.attentionScores(model, {data: {xs: wrong, ys: y}, layers: 'd'}), []],
    ['applyMasks', wrong => pruning.applyMasks(model, wrong), ['{}']],
    ['applyMasks of one', wrong => pruning.applyMasks(model, {'d/kernel': wrong}), []],
    ['shrink', wrong => pruning.shrink(unpruned, wrong), []],
    ['maskChannels', wrong => pruning.maskChannels(unpruned, wrong), []],
    ['reset of a callback', wrong => new callbacks.GradualPruning({schedule}).reset(wrong), []],
    ['tapGradients', wrong => wrapper(model, 'd').tapGradients(wrong), ['a function']],
    ['tapInputs', wrong => wrapper(model, 'd').tapInputs(wrong), ['a function']],
    ['gradient of a wrapper', wrong => (wrapper(unpruned, 'd').gradient = wrong), []],
    ['tap', wrong => wrapper(unpruned, 'd').maskedWeights[0]!.tap(wrong), ['a function']],
    ['tapInput', wrong => wrapper(unpruned, 'd').maskedWeights[0]!.tapInput(wrong), ['a function']],
  ];

  test.each(POSITIONS)('%s', async (_name, call, legal) => {
    const wrong: [string, unknown][] = [];
    const tensors = tf.memory().numTensors;
    for (const [name, value] of Object.entries(WRONG)) {
      if (legal.includes(name)) continue;
      const error = await outcome(() => call(value as never));
      if (!(error instanceof TypeError) && !(error instanceof RangeError)) wrong.push([name, String(error)]);
      // What JavaScript says where nobody has looked.
      else if (/undefined \(reading|null \(reading|is not (a function|iterable)|Cannot /.test(error.message))
        wrong.push([name, error.message]);
    }
    expect(wrong).toEqual([]);
    expect(tf.memory().numTensors).toBe(tensors);
  });
});

test.each(['sees', 'reduction', 'tellsApart'])('a criterion whose %s is none', name => {
  for (const value of Object.values(WRONG)) {
    const criterion = {score: (weight: tf.Tensor) => weight, [name]: value} as pruning.Criterion;
    expect(() => new callbacks.GradualPruning({schedule, criterion})).toThrow(`Expected \`criterion.${name}\` to be `);
  }
});

test.each([
  ['gradients', 'observe'],
  ['curvature', 'observe'],
  ['inputs', 'observe'],
  ['model', 'measure'],
])('a criterion that sees %s whose %s is none', (sees, name) => {
  for (const [key, value] of Object.entries(WRONG)) {
    if (key === 'a function') continue;
    const criterion = {sees, score: (weight: tf.Tensor) => weight, [name]: value} as never;
    expect(() => new callbacks.GradualPruning({schedule, criterion})).toThrow(
      `Expected \`criterion\` to be an object with ${name}() and score(), got an Object`,
    );
  }
});

test('a structure that is a plain object', () => {
  const structure = {...pruning.weights()} as never;
  expect(() => new callbacks.GradualPruning({schedule, structure})).toThrow(
    'Expected `structure` to be a function such as filters(), got an Object; turn {pool, ' +
      'spread} into one with eachWeight',
  );
  expect(() => pruning.eachWeight({pool: true, spread: true} as never)).toThrow(
    'Expected `groups` to be an object with pool() and spread(), got an Object',
  );
});

describe('models', () => {
  const CALLS: Record<string, (wrong: never) => unknown> = {
    addPenalty: wrong => pruning.addPenalty(wrong, penalty),
    applyMasks: wrong => pruning.applyMasks(wrong, {}),
    attentionScores: wrong => pruning.attentionScores(wrong, {data: data()}),
    lassoScores: wrong => pruning.lassoScores(wrong, {data: data()}),
    distill: wrong => pruning.distill(wrong, unpruned),
    'distill from a teacher': wrong => pruning.distill(model, wrong),
    biasCorrection: wrong => pruning.biasCorrection(wrong, {data: data(), teacher: unpruned}),
    listPrunable: wrong => pruning.listPrunable(wrong),
    maskChannels: wrong => pruning.maskChannels(wrong, {remove: {}}),
    maskZeros: wrong => pruning.maskZeros(wrong),
    measureLatency: wrong => pruning.measureLatency(wrong),
    'measureLatency of several': wrong => pruning.measureLatency([model, wrong]),
    modelCost: wrong => pruning.modelCost(wrong),
    planChannelPruning: wrong => pruning.planChannelPruning(wrong, {sparsity: 0.5}),
    prunable: wrong => pruning.prunable(wrong),
    pruneByThreshold: wrong => pruning.pruneByThreshold(wrong, {below: 0.1}),
    pruneOnce: wrong => pruning.pruneOnce(wrong, {sparsity: 0.5}),
    readMasks: wrong => pruning.readMasks(wrong),
    recalibrateBatchNorm: wrong => pruning.recalibrateBatchNorm(wrong, {data: {xs: x}}),
    reconstruct: wrong => pruning.reconstruct(wrong, {data: data(), teacher: unpruned}),
    reinitialize: wrong => pruning.reinitialize(wrong),
    restoreDense: wrong => pruning.restoreDense(wrong),
    searchRates: wrong =>
      pruning.searchRates(wrong, {target: {parameters: 0.5}, score: () => 0, policy: pruning.greedy()}),
    sensitivityScan: wrong => pruning.sensitivityScan(wrong, {data: data()}),
    shiftConvolutions: wrong => pruning.shiftConvolutions(wrong),
    shrink: wrong => pruning.shrink(wrong),
    shuffleMasks: wrong => pruning.shuffleMasks(wrong),
    sparsityReport: wrong => pruning.sparsityReport(wrong),
    stripPruning: wrong => pruning.stripPruning(wrong),
    traceChannels: wrong => pruning.traceChannels(wrong),
  };

  test.each(Object.entries(CALLS))('%s refuses what is no model, and one that was disposed', async (name, call) => {
    const owner = name.split(' ')[0]!;
    const wrong: string[] = [];
    for (const [key, value] of Object.entries(WRONG)) {
      const error = await outcome(() => call(value as never));
      if (!(error instanceof TypeError || error instanceof RangeError) || !error.message.includes(owner)) {
        wrong.push(`${key}: ${String(error)}`);
      }
    }
    expect(wrong).toEqual([]);
    const disposed = tf.sequential({layers: [tf.layers.dense({units: 1, inputShape: [1]})]});
    disposed.dispose();
    expect(String(await outcome(() => call(disposed as never)))).toMatch(
      `${owner} expects a model that has its weights`,
    );
    const layer = tf.layers.dense({units: 1});
    if (name === 'prunable') return;
    expect(String(await outcome(() => call(layer as never)))).toMatch(
      `${owner} expects a tf.Sequential or tf.LayersModel`,
    );
  });

  test('`layers` chooses among those of a model: a single layer has none', () => {
    expect(() => pruning.prunable(tf.layers.dense({units: 1}), {layers: 'x'})).toThrow(/`layers` only with a model/);
  });
});

describe('data and a loss that nobody looks at', () => {
  const CALLS: Record<string, (args: object) => unknown> = {
    pruneOnce: args => pruning.pruneOnce(unpruned, {sparsity: 0.5, ...args}),
    planChannelPruning: args => pruning.planChannelPruning(unpruned, {sparsity: 0.5, ...args}),
  };

  test.each(Object.entries(CALLS))('%s refuses them without a criterion, whatever they are', async (name, call) => {
    for (const wrong of [{data: data()}, {data: 'junk'}, {loss: 'meanSquaredError'}, {loss: 17}]) {
      const error = await outcome(() => call(wrong));
      expect(error).toBeInstanceOf(TypeError);
      const [option] = Object.keys(wrong);
      expect(error!.message).toMatch(
        `${name} expects no \`${option}\` without \`criterion\`: magnitude(), the default, reads only the weights`,
      );
    }
  });

  test.each(Object.values(CALLS))('with one that leaves them they are of the right kind, all the same', async call => {
    const criterion = pruning.magnitude();
    expect(await outcome(() => call({criterion, data: data(), loss: 'meanSquaredError'}))).toBeUndefined();
    expect(String(await outcome(() => call({criterion, data: 'junk'})))).toMatch(/Expected `data` to be tensors/);
    expect(String(await outcome(() => call({criterion, loss: 17})))).toMatch(
      /Expected `loss` to be a name or function/,
    );
  });
});

test('batches to probe are none of those that are handed over', () => {
  expect(() => new callbacks.PruneAtInitialization({sparsity: 0.5, data: data(), observedBatches: 2})).toThrow(
    'PruneAtInitialization expects no `observedBatches` with `data`, which takes the place of batches of `fit`',
  );
});

describe('a loss that fails', () => {
  const fails = () => {
    throw new Error('mine');
  };
  test.each<[string, unknown, string]>([
    ['throws', fails, 'mine'],
    ['throws after it has computed', (a: tf.Tensor, b: tf.Tensor) => [tf.square(tf.sub(a, b)), fails()][0], 'mine'],
    ['gives nothing', () => undefined, 'Expected `loss` to return a tensor, got undefined'],
    ['gives a number', () => 5, 'Expected `loss` to return a tensor, got 5 (number)'],
    ['has a name that there is not', 'x', 'Expected `loss` to be one that compile takes, but: Unknown loss x'],
    ['is for no output', {z: 'meanSquaredError'}, 'Expected `loss` to have one for each output'],
    ['is too long', ['meanSquaredError', 'meanSquaredError'], 'Expected `loss` to be one that compile takes'],
  ])('it %s: nothing is leaked, and training goes on', async (_, loss, message) => {
    const before = model.getWeights().map(weight => [...weight.dataSync()]);
    const tensors = tf.memory().numTensors;
    for (const criterion of [pruning.snip(), pruning.grasp()]) {
      const args = {sparsity: 0.5, criterion, data: data(), loss: loss as never};
      expect(String(await outcome(() => pruning.pruneOnce(model, args)))).toMatch(message);
      expect(tf.memory().numTensors).toBe(tensors);
    }
    expect(model.getWeights().map(weight => [...weight.dataSync()])).toEqual(before);
    await model.fit(x, y, {epochs: 1, verbose: 0});
    expect(tf.memory().numTensors).toBe(tensors);
  });
});

test('selectors that match nothing are refused when a fit begins, and leave nothing on the model', async () => {
  const {losses} = model.inputs[0]!.sourceLayer;
  const terms = losses.length;
  const tensors = tf.memory().numTensors;
  const plain = {
    StaticSparse: {sparsity: 0.5},
    GradualPruning: {schedule},
    ScheduledPenalty: {penalty},
    ProximalPenalty: {penalty},
  };
  for (const [name, args] of Object.entries(plain)) {
    const Class = callbacks[name as keyof typeof plain] as unknown as new (args: object) => tf.Callback;
    for (const layers of ['no such layer', /nothing/, ['d', 'nobody'], () => false, []]) {
      const callback = new Class({...args, layers});
      const error = await outcome(() => model.fit(x, y, {epochs: 1, verbose: 0, callbacks: [callback]}));
      expect(String(error)).toMatch(/^RangeError: Expected `layers` to match at least one of the/);
      expect(tf.memory().numTensors).toBe(tensors);
    }
  }
  expect(losses).toHaveLength(terms);
  await model.fit(x, y, {epochs: 1, verbose: 0});
});

test.each([
  ['null', null],
  ['an array', []],
  ['text', 'units'],
  ['left out', undefined],
])('a wrapped layer whose config is %s is told to be damaged', (_, config) => {
  const damaged = {name: 'd', layer: {className: 'Dense', config}, gradient: 'masked'};
  const load = () => pruning.PrunableDense.fromConfig(pruning.PrunableDense, damaged as never);
  expect(load).toThrow(TypeError);
  expect(load).toThrow(/Expected the configuration of a PrunableDense to hold `layer: \{className, config\}`/);
});

test.each(['L1L2', 'Adam', 'Zeros'])('a wrapped layer that is no layer, but a %s', className => {
  const damaged = {name: 'd', layer: {className, config: {}}, gradient: 'masked'};
  const load = () => pruning.PrunableLayer.fromConfig(pruning.PrunableLayer, damaged);
  expect(load).toThrow(TypeError);
  expect(load).toThrow(`Expected the class of a layer, got "${className}", which is not one`);
});

describe('what only its own kind can be taken for', () => {
  class Layers {}
  const {polynomialDecay: decay} = pruning;

  test.each<[string, () => unknown, string]>([
    [
      'a selector',
      () => pruning.prunable(batchNormed, {layers: Layers as never}),
      'got the class Layers; for the layers',
    ],
    ['a penalty', () => pruning.addPenalty(model, Layers as never), '`penalty` to be a function such as'],
    ['a strength', () => new callbacks.ScheduledPenalty({penalty, strength: Layers as never}), 'got the class Layers'],
    ['an allocation', () => pruning.pruneOnce(model, {sparsity: 0.5, allocation: Layers as never}), 'the class Layers'],
    ['a channel rule', () => pruning.declareLayer('Nobodys', {channelRule: Layers as never}), 'got the class Layers'],
    [
      'a listener',
      () => new callbacks.SparsityLogger({print: Layers as never}),
      '`print` to be a function that takes a',
    ],
  ])('a class is no %s, as it can not be called', async (_, call, message) => {
    const error = await outcome(call);
    expect(error).toBeInstanceOf(TypeError);
    expect(error!.message).toContain(message);
  });

  test.each([
    ['a promise', () => Promise.resolve(false), 'a Promise'],
    ['a generator', function* () {}, 'an unnamed object'],
  ])('a selector that answers with %s would choose all layers', async (_, layers, got) => {
    const error = await outcome(() => pruning.pruneOnce(model, {sparsity: 0.5, layers: layers as never}));
    expect(String(error)).toBe(`TypeError: Expected the function of \`layers\` to return true or false, got ${got}`);
  });

  test('planChannelPruning with a loss expects a model all the same', async () => {
    const args = {sparsity: 0.5, criterion: snip(), data: data(), loss: 'meanSquaredError'};
    for (const wrong of [undefined, {}, /x/]) {
      const error = await outcome(() => pruning.planChannelPruning(wrong as never, args));
      expect(String(error)).toMatch('TypeError: planChannelPruning expects a tf.Sequential or tf.LayersModel');
    }
  });

  test('handlers of backups that can not remove', () => {
    const handler = {save: jest.fn(), load: jest.fn(), remove: true};
    expect(() => new pruning.BackupAndRestore(handler as never)).toThrow(
      '`remove` to be a function of the handler, or left out',
    );
    expect(() => new pruning.BackupAndRestore('./backup')).toThrow(/expects a URL that tf.js .* "file:\/\/.\/backup"/);
  });

  test('RigL that ends before its first step', () => {
    expect(() => new callbacks.RigL({sparsity: 0.5, endStep: 4})).toThrow(
      'at least `beginStep`, which is `frequency` (100) if it is not given, got 4',
    );
  });

  test('a plug with a damaged name', async () => {
    const criterion = {...pruning.magnitude(), name: 5 as never};
    expect(String(await outcome(() => pruning.pruneOnce(model, {sparsity: 0.5, criterion})))).toMatch(
      '`criterion.name`',
    );
    const text = pruning.inverted({score: () => 'x' as never});
    expect(String(await outcome(() => pruning.pruneOnce(model, {sparsity: 0.5, criterion: text})))).toMatch(
      'Expected the criterion to score "d/kernel" in a tensor, got "x" (string)',
    );
  });

  test('a schedule that gives no sparsity says nothing of it', async () => {
    const warn = jest.spyOn(console, 'warn').mockImplementation();
    const callback = new callbacks.GradualPruning({schedule: {...decay(rampArgs), sparsityAt: () => NaN}});
    const error = await outcome(() => model.fit(x, y, {epochs: 1, verbose: 0, callbacks: [callback]}));
    expect(String(error)).toMatch('RangeError: Expected `schedule.sparsityAt(0)` to be a number in [0, 1), got NaN');
    expect(warn.mock.calls).toEqual([]);
    warn.mockRestore();
  });
});

describe('damaged reports', () => {
  const {formatModelCost, formatSparsityReport, modelCost, sparsityReport, plotSensitivity, progressBar} = pruning;

  type Rows = {layers: readonly object[]; total: object};
  test.each<[string, (row: object) => unknown, () => Rows | Promise<Rows>]>([
    ['formatModelCost', cost => formatModelCost(cost as never), () => modelCost(model)],
    ['formatSparsityReport', counts => formatSparsityReport(counts as never), () => sparsityReport(model)],
  ])('%s', async (name, format, make) => {
    const {layers, total} = await make();
    const [first, ...rest] = layers;
    format({layers, total});
    for (const wrong of [undefined, null, 'x', {}, {...first, parameters: '5'}, {...first, layer: 5}]) {
      expect(() => format({layers: [wrong, ...rest], total})).toThrow(`${name} expects what`);
    }
    expect(() => format({layers: [, ...rest], total})).toThrow(`${name} expects what`);
    expect(() => format({layers, total: {...total, parameters: null}})).toThrow(`${name} expects what`);
  });

  test('of channels', () => {
    const {sources, groups} = pruning.traceChannels(model);
    const {layers, ...rest} = groups[0]!;
    const damaged = [
      {groups},
      {sources: [{...sources[0]!, units: {}}], groups},
      {sources: [{...sources[0]!, path: 5}], groups},
      {sources, groups: [rest]},
      {sources, groups: [{...rest, layers, units: [0]}]},
    ];
    pruning.formatChannelTrace({sources, groups});
    for (const wrong of damaged) {
      expect(() => pruning.formatChannelTrace(wrong as never)).toThrow('formatChannelTrace expects what');
    }
  });

  test('of sensitivity', () => {
    const points = [, {sparsity: 0.5, loss: 2, metrics: {}}] as never;
    const damagedReport = {...report, layers: [{...report.layers[0]!, points}]};
    expect(() => plotSensitivity(damagedReport)).toThrow('but `layers[0]` is different');
    expect(() => plotSensitivity(report, {metric: Object.create(null) as never})).toThrow(
      'Expected `metric` to be one of',
    );
  });

  test('of progress', () => {
    const write = jest.fn();
    const draw = progressBar({stream: {isTTY: true, write}});
    for (const wrong of [
      null,
      {},
      {done: 1},
      {done: NaN, total: 1},
      {done: 2, total: 1},
      {done: 0, total: 1, label: 5},
    ])
      expect(() => draw(wrong as never)).toThrow(/^Expected `(total|done|label)` to be a/);
    expect(write).not.toHaveBeenCalled();
    draw({done: 0, total: 0});
    expect(write).toHaveBeenCalledWith(expect.stringMatching(/^\r\[#{30}\] 0\/0 +\n$/));
  });
});

describe('damaged states', () => {
  const JUNK = [{}, [5], 5, 'x', {names: [5]}, {names: ['d'], seen: [1]}, {names: ['d'], seen: [true]}, {names: 'd'}];
  const pruningOf = () => new callbacks.PruneAtInitialization({sparsity: 0.5});
  const penaltyOf = () => new callbacks.ScheduledPenalty({penalty});
  const roundsOf = () => new callbacks.IterativePruning({trainSteps: 2, rounds: 2, rate: 0.5});

  test.each<[string, () => {state(): Promise<callbacks.CallbackState>; restore(state: object): Promise<void>}]>([
    ['observed', pruningOf],
    ['choice', penaltyOf],
    ['snapshot', roundsOf],
  ])('what is told of %s', async (field, make) => {
    const {json, tensors} = await make().state();
    await make().restore({json, tensors});
    for (const wrong of JUNK) {
      const error = await outcome(() => make().restore({json: {...json, [field]: wrong}, tensors}));
      expect(error).toBeInstanceOf(TypeError);
      expect(error!.message).toMatch(/\.restore expects .*the state is damaged, or was given by another version/);
    }
    for (const wrong of [{a: 5}, {a: null}, new Date(0)]) {
      expect(String(await outcome(() => make().restore({json, tensors: wrong})))).toMatch(/\.restore expects/);
    }
    const cyclic: Record<string, unknown> = {};
    cyclic['own'] = cyclic;
    const options = {...(json['options'] as object), sparsity: cyclic};
    expect(String(await outcome(() => make().restore({json: {...json, options}, tensors})))).toMatch('was an Object');
  });
});
