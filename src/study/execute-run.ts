import {cpus} from 'node:os';
import type * as tfl from '@tensorflow/tfjs-layers';
import {sparsityAt} from '../report/sparsity-report.js';
import {freeWeight} from '../tfjs-internals.js';
import {shapesOf} from './examples.js';
import {expectNames} from './expect-names.js';
import {measured, type Measured} from './measured.js';
import {idOf, labelOf} from './named.js';
import type {MethodCall, MetricCall, StudyData, StudyMethod} from './parts.js';
import {prunedLayers} from './pruned-layers.js';
import {openSizes} from './open-sizes.js';
import type {Run} from './run.js';
import {seedRandom, withSeededRandom} from './seeded-random.js';
import {sparsityFor, type NetSize} from './target.js';
import {compiled, trainPart} from './train-part.js';
import {trainedNet, type TrainedNet} from './trained-net.js';
import type {RunParts} from './study.js';

/** The seconds that the parts of a run took. */
export interface RunSeconds {
  /** Training. */
  readonly train: number;
  /** Pruning. */
  readonly prune: number;
  /** Fine-tuning. */
  readonly tune: number;
}

/** The result of a run, as JSON. */
export interface RunResult {
  /** What was run. */
  readonly run: Run;
  /** The net as it was made. */
  readonly dense: Pick<Measured, 'parameters' | 'multiplyAdds'>;
  /** Right after pruning; null if the method prunes while it trains, and in the control. */
  readonly before: Measured | null;
  /** At the end. */
  readonly after: Measured;
  /** What it took; a training that was resumed counts from then on. */
  readonly seconds: RunSeconds;
  /** The processor, and the version of Node. */
  readonly machine: string;
  /** When it ended: ISO 8601. */
  readonly ended: string;
}

/** Where a run keeps what it needs, and who is told. */
export interface RunPlace {
  /** The folder of the study. */
  readonly folder: string;
  /** Told after each epoch. */
  readonly onEpoch: () => void;
}

/** Trains, prunes and measures one net. */
export async function executeRun(run: Run, parts: RunParts, data: StudyData, place: RunPlace): Promise<RunResult> {
  const models = new Set<tfl.LayersModel>();
  const keep: Keep = model => (models.add(model), model);
  return withSeededRandom(`${run.id} ${run.seed}`, async () => {
    try {
      const {method} = parts;
      const outcome = method?.train
        ? await pruneInTraining(run, parts, {...method, train: method.train}, data, place, keep)
        : await pruneTrained(run, parts, data, place, keep);
      const machine = `${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}`;
      return {run, ...outcome, machine, ended: new Date().toISOString()};
    } finally {
      freeAll(...models);
    }
  });
}

/** Notes a model that goes when the run ends, however it ends. */
type Keep = <M extends tfl.LayersModel>(model: M) => M;

type Outcome = Pick<RunResult, 'dense' | 'before' | 'after' | 'seconds'>;

async function pruneInTraining(
  run: Run,
  parts: RunParts,
  method: StudyMethod & {train: NonNullable<StudyMethod['train']>},
  data: StudyData,
  place: RunPlace,
  keep: Keep,
): Promise<Outcome> {
  const recipe = run.train;
  const epochs = recipe.epochs + recipe.tuneEpochs;
  const fresh = keep(freshNet(run, parts, data));
  const {call, size: dense} = await callOf(run, fresh, data, epochs);
  const {model, callbacks} = await method.train(call);
  compiled(keep(model), recipe);
  const part = {recipe, first: 0, epochs, data: data.train, seed: run.seed, ...placeOf(run, place)};
  const train = await trainPart({...part, model, callbacks});
  const [finished, prune] = await timed(async () => keep((await method.finish?.(model, call)) ?? model));
  const trained = async () => keep((await denseNet(run, parts, data, place)).model);
  const after = await measured(finished, parts.metrics, data.test, {...call, method: idOf(method), trained});
  return {dense, before: null, after, seconds: {train, prune, tune: 0}};
}

async function pruneTrained(run: Run, parts: RunParts, data: StudyData, place: RunPlace, keep: Keep): Promise<Outcome> {
  const {method, metrics} = parts;
  const recipe = run.train;
  const {model: trained, seconds: train} = await denseNet(run, parts, data, place);
  const {call, size: dense} = await callOf(run, compiled(keep(trained), recipe), data, recipe.tuneEpochs);
  const [{model: pruned, callbacks}, prune] = await timed(async () => {
    return (await method?.prune?.(call)) ?? {model: trained, callbacks: []};
  });
  keep(pruned);
  trained.optimizer.dispose();
  const again = async () => keep((await denseNet(run, parts, data, place)).model);
  const asked: MetricCall = {...call, method: method && idOf(method), trained: again};
  const before = method ? await measured(pruned, metrics, data.test, asked) : null;
  compiled(pruned, recipe);
  const part = {recipe, first: recipe.epochs, epochs: recipe.tuneEpochs, data: data.train, seed: run.seed, callbacks};
  const tune = await trainPart({...part, model: pruned, ...placeOf(run, place)});
  const [finished, more] = await timed(async () => keep((await method?.finish?.(pruned, call)) ?? pruned));
  const after =
    tune === 0 && before && finished === pruned ? before : await measured(finished, metrics, data.test, asked);
  return {dense, before, after, seconds: {train, prune: prune + more, tune}};
}

function denseNet(run: Run, parts: RunParts, data: StudyData, {folder, onEpoch}: RunPlace): Promise<TrainedNet> {
  return trainedNet(run, () => freshNet(run, parts, data), data, folder, onEpoch);
}

/** Where the training of a run is backed up, and who is told of it. */
function placeOf({id}: Run, {folder, onEpoch}: RunPlace) {
  return {backup: `${folder}/backups/${id}`, onEpoch};
}

/** Weights that the net draws without the seed follow from it, too: all methods begin with the same. */
function freshNet({seed}: Run, {net}: RunParts, {train}: StudyData): tfl.LayersModel {
  const stop = seedRandom(`${labelOf(net)} ${net.version} ${seed}`);
  try {
    const made = net.make({seed, ...shapesOf(train)});
    expectNames(`Net "${net.name}"`, made);
    return made;
  } finally {
    stop();
  }
}

/** What a method is told, and the size of the dense net. */
async function callOf(run: Run, net: tfl.LayersModel, {train}: StudyData, epochs: number) {
  const layers = prunedLayers(net, run.denseClassifier);
  const {layers: rows, total} = await sparsityAt(net, openSizes(net, train));
  const own = rows.filter(({layer}) => layers.includes(layer));
  const sum = (key: 'weights' | 'multiplyAdds') => own.reduce((all, row) => all + row[key], 0);
  const size: NetSize = {
    parameters: total.parameters,
    multiplyAdds: total.multiplyAdds,
    weights: sum('weights'),
    prunedMultiplyAdds: sum('multiplyAdds'),
  };
  const {target, seed, train: recipe} = run;
  const call: Omit<MethodCall, 'options'> = {
    net,
    target: target ?? {sparsity: 0},
    sparsity: target ? sparsityFor(target, size) : 0,
    layers,
    seed,
    data: train,
    epochs,
    batchSize: recipe.batchSize,
  };
  return {call, size: {parameters: size.parameters, multiplyAdds: size.multiplyAdds}};
}

async function timed<T>(work: () => Promise<T>): Promise<[result: T, seconds: number]> {
  const began = performance.now();
  const result = await work();
  return [result, (performance.now() - began) / 1000];
}

/** Frees the weights of models that may share layers, and their optimizers. */
function freeAll(...models: readonly tfl.LayersModel[]): void {
  for (const {optimizer} of models) (optimizer as {dispose(): void} | undefined)?.dispose();
  for (const weight of new Set(models.flatMap(({weights}) => weights))) freeWeight(weight);
}
