import {execFileSync} from 'node:child_process';
import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {build} from 'esbuild';
import {deadLinks} from '../docs/links.js';
import {projectWithTarball} from '../support/installed-tarball.js';

const sorted = (names: string) => names.trim().split(/\s+/).sort();

/** The public names, listed by hand: a name that comes or goes is a decision. */
const NAMES: Record<string, string[]> = {
  'tfjs-pruning': sorted(`
    BackupAndRestore GradualPruning IterativePruning LearnedMasks MaskedWeight ProximalPenalty PrunableConv1D
    PrunableConv2D PrunableConv2DTranspose PrunableDense PrunableDepthwiseConv2D PrunableLayer
    PrunableSeparableConv2D PruneAtInitialization PruningCallback RigL ScheduledPenalty SoftFilterPruning
    SparseEvolutionaryTraining SparseMomentum SparsityLogger StaticSparse TargetedDropout addPenalty agents
    applyMasks asymptoticDecay attentionScores averagePercentageOfZeros batchNormDeadness batchNormScale bernoulli
    biasCorrection bisection blocks channelSpace channels constantSparsity continuousSparsification cosineDecay
    coupledChannels declareGate declareLayer declareParametrization differentiablePruning distill dynamicThreshold
    eachWeight edgePopup elasticNet erdosRenyi erdosRenyiKernel evolution exponentialDecay exponentialGrowth files
    filters fisher formatChannelPlan formatChannelTrace formatGates formatLatency formatModelCost formatPrunable
    formatSensitivity formatShiftable formatSparsityReport gateReport geometricMedian globalRanking
    gradientMagnitude grasp greedy groupLasso growingRegularization hardConcrete hoyerSquare inputBlocks inverted
    isPrunableLayer isomorphic iterative joinSchedules kernelColumns kernelRows kernels l1 l2 lamp lassoScores
    listPrunable listShiftable magnitude maskChannels maskZeros measureLatency metricScore modelCost movement nOfM
    networkSlimming oneShot optimalBrainDamage outputBlocks perLayer perOutput planChannelPruning plotGates
    plotSensitivity polynomialDecay progressBar prunable pruneByThreshold pruneOnce random readMasks
    recalibrateBatchNorm recommendStructure reconstruct regularizers reinforcement reinitialize removeGates
    restoreDense scaleGates scores searchRates seededBatches clusterWeights entropyPenalty foldBatchNorm
    formatModelSize listFoldable modelSize quantizationAware selectiveWeightDecay sensitivity sensitivityScan
    shiftConvolutions shifts shrink shuffleMasks slices snip softThreshold sparseGroupLasso sparsityReport
    startTraining stripPruning synFlow tapAttention taylor traceChannels uniform updateMasks wanda weightSpace
    weights`),
  'tfjs-pruning/callbacks': sorted(`
    BackupAndRestore GradualPruning IterativePruning LearnedMasks ProximalPenalty PruneAtInitialization PruningCallback
    RigL ScheduledPenalty SoftFilterPruning SparseEvolutionaryTraining SparseMomentum SparsityLogger StaticSparse
    TargetedDropout seededBatches startTraining updateMasks`),
  'tfjs-pruning/runtime': ['compile', 'formatRuntimeReport'],
  'tfjs-pruning/schedules': [
    'asymptoticDecay',
    'constantSparsity',
    'cosineDecay',
    'exponentialDecay',
    'exponentialGrowth',
    'iterative',
    'joinSchedules',
    'oneShot',
    'polynomialDecay',
  ],
  'tfjs-pruning/study': sorted(`
    dataSet formatStudy mergeResults method metric mnist1d net pageOfStudy plotsOfStudy runStudy strategy study top1
    top5`),
  'tfjs-pruning/wasm': sorted('FusedAdam completeWasmBackend files registerFileUrls startWasm useFastestBackend'),
  'tfjs-pruning/wire': ['CompressedFileError', 'compressed', 'quantized'],
};

let folder: string;
beforeAll(() => {
  folder = projectWithTarball();
});

const run = (file: string, ...args: string[]) =>
  execFileSync(file, args, {cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe']});

const PRINT_NAMES =
  "const others = ['default', 'module.exports', '__esModule'];" +
  'console.log(JSON.stringify(Object.keys(m).filter(name => !others.includes(name)).sort()))';

test.each(Object.entries(NAMES))('%s exports the same names to ESM and to CommonJS', (path, names) => {
  writeFileSync(join(folder, 'names.mjs'), `import * as m from '${path}'; ${PRINT_NAMES};`);
  writeFileSync(join(folder, 'names.cjs'), `const m = require('${path}'); ${PRINT_NAMES};`);
  expect(JSON.parse(run(process.execPath, 'names.mjs').split('\n').at(-2)!)).toEqual(names);
  expect(JSON.parse(run(process.execPath, 'names.cjs').split('\n').at(-2)!)).toEqual(names);
});

/** Wraps, trains, strips and saves; prints the sparsity. */
const TRAIN = `
  await useFastestBackend({among: ['wasm']});
  const model = prunable(sequential({layers: [layers.dense({units: 4, inputShape: [3]})]}));
  model.compile({optimizer: 'adam', loss: 'meanSquaredError'});
  const schedule = oneShot({targetSparsity: 0.5});
  await model.fit(ones([8, 3]), ones([8, 4]), {verbose: 0, callbacks: [new GradualPruning({schedule})]});
  await stripPruning(model).save('file://' + process.argv[2]);
  console.log((await sparsityReport(model)).total.sparsity);`;
const IMPORTS: [string, string][] = [
  ['{ones}', '@tensorflow/tfjs-core'],
  ['{sequential, layers}', '@tensorflow/tfjs-layers'],
  ['{prunable, stripPruning, sparsityReport}', 'tfjs-pruning'],
  ['{GradualPruning}', 'tfjs-pruning/callbacks'],
  ['{oneShot}', 'tfjs-pruning/schedules'],
  ['{useFastestBackend}', 'tfjs-pruning/wasm'],
];

test.each([
  ['train.mjs', IMPORTS.map(([names, path]) => `import ${names} from '${path}';`).join('\n') + TRAIN],
  [
    'train.cjs',
    `${IMPORTS.map(([names, path]) => `const ${names} = require('${path}');`).join('\n')} (async () => {${TRAIN}})();`,
  ],
])('%s does the main job, and what it saves loads where we were never heard of', (file, script) => {
  const saved = join(folder, `${file}-model`);
  writeFileSync(join(folder, file), script);
  expect(run(process.execPath, file, saved).split('\n').at(-2)).toBe('0.5');
  writeFileSync(
    join(folder, 'load.cjs'),
    `const {io, ones} = require('@tensorflow/tfjs-core'); require('@tensorflow/tfjs-backend-cpu');
     const {loadLayersModel} = require('@tensorflow/tfjs-layers'); const fs = require('node:fs');
     const {weightsManifest: [{weights}], modelTopology} = JSON.parse(fs.readFileSync('${saved}/model.json'));
     const weightData = new Uint8Array(fs.readFileSync('${saved}/weights.bin')).buffer;
     loadLayersModel(io.fromMemory({modelTopology, weightSpecs: weights, weightData})).then(model =>
       console.log(model.layers[0].getClassName(), model.predict(ones([1, 3])).shape.join()));`,
  );
  expect(run(process.execPath, 'load.cjs').split('\n').at(-2)).toBe('Dense 1,4');
});

test('a bundle with nothing but the import has all that files may name', async () => {
  const {outputFiles} = await build({
    stdin: {contents: "import 'tfjs-pruning'", resolveDir: folder},
    bundle: true,
    format: 'esm',
    write: false,
    external: ['@tensorflow/*'],
    logLevel: 'silent',
  });
  const classes = ['PrunableDense', 'PrunableLayer', 'TfjsPruningPenalty'];
  expect(classes.filter(name => !outputFiles[0]!.text.includes(`"${name}"`))).toEqual([]);
});

test('the pages in the tarball link to files and images in the tarball', () => {
  const installed = join(folder, 'node_modules/tfjs-pruning');
  const files = readdirSync(installed, {recursive: true, encoding: 'utf8'});
  const pages = files.filter(file => /^[A-Z]+\.md$|^examples\/.*\.md$/.test(file));
  expect(pages.length).toBeGreaterThan(15);
  const dead = pages.flatMap(page => deadLinks(join(installed, page)).map(link => `${page}: ${link}`));
  expect(dead).toEqual([]);
});

/** What is read of a source map. */
interface SourceMap {
  sources: string[];
  sourceRoot?: string;
}

test('the tarball holds the build, the sources that its maps name, and its words, nothing else', () => {
  const installed = join(folder, 'node_modules/tfjs-pruning');
  expect(readdirSync(installed).sort()).toEqual([
    'CHANGELOG.md',
    'CONTRIBUTING.md',
    'LICENSE',
    'README.md',
    'RESULTS.md',
    'callbacks',
    'dist',
    'examples',
    'package.json',
    'schedules',
    'src',
  ]);
  const files = readdirSync(installed, {recursive: true, encoding: 'utf8'});
  const maps = files.filter(file => file.endsWith('.map'));
  expect(maps.length).toBeGreaterThan(100);
  const sources = maps.flatMap(map => {
    const {sources, sourceRoot = ''} = JSON.parse(readFileSync(join(installed, map), 'utf8')) as SourceMap;
    return sources.map(source => join(dirname(map), sourceRoot, source));
  });
  expect(sources.filter(source => !files.includes(source))).toEqual([]);
  const named = files.filter(file => file.endsWith('.js')).map(file => readFileSync(join(installed, file), 'utf8'));
  expect(named.filter(text => text.includes('//# sourceMappingURL=')).length).toBe(
    maps.filter(map => map.endsWith('js.map')).length,
  );
});
