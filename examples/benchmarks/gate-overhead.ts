/**
 * The cost of gates while they train: `fit` with LearnedMasks in the middle of its training over `fit` of the plain
 * net, FusedAdam, batch 64; gates of filters and neurons, and of single weights. It counts processor time.
 *
 * In pieces: `ROUNDS=7 NETS=LeNet-5 STRUCTURES=filters GATES=hardConcrete npm run bench -- gate-overhead`.
 */
import * as tf from '@tensorflow/tfjs';
import {
  bernoulli,
  continuousSparsification,
  coupledChannels,
  differentiablePruning,
  dynamicThreshold,
  edgePopup,
  filters,
  hardConcrete,
  prunable,
  scaleGates,
  softThreshold,
  weights,
  type DeclaredGate,
  type Structure,
} from 'tfjs-pruning';
import {LearnedMasks} from 'tfjs-pruning/callbacks';
import {FusedAdam} from 'tfjs-pruning/wasm';
import {report} from './support/figures.js';
import {fitCostsOn, processorTime, type Contender, type TimedNet} from './support/fit-cost.js';
import {NETS as MAKERS} from './support/nets.js';

const ALLOWED = 1.15;

/** Noise, which the time of a step does not depend on. */
const images = (count: number) => ({
  x: tf.randomNormal([count, 32, 32, 3], 0, 1, 'float32', 1),
  y: tf.oneHot(tf.randomUniform([count], 0, 10, 'int32', 2), 10).toFloat(),
});

const NETS: Record<string, TimedNet & {readonly structures: readonly string[]}> = {
  'LeNet-300-100': {make: MAKERS['LeNet-300-100'], batches: 200, structures: ['weights']},
  'LeNet-5': {make: MAKERS['LeNet-5'], batches: 50, structures: ['coupledChannels', 'filters', 'weights']},
  'ResNet-20-like': {
    make: MAKERS['ResNet-20-like'],
    data: images,
    batches: 10,
    structures: ['coupledChannels', 'filters'],
  },
};

const STRUCTURES: Record<string, () => Structure> = {coupledChannels, filters, weights};

const GATES: Record<string, () => DeclaredGate> = {
  bernoulli,
  continuousSparsification,
  differentiablePruning,
  dynamicThreshold: () => dynamicThreshold({per: 'layer'}),
  edgePopup,
  hardConcrete,
  scaleGates,
  softThreshold,
};

/** Far from both ends of a training of the gates, whose target has been half reached. */
const middle = (batches: number) => () =>
  new LearnedMasks({target: 0.5, epochs: 100, endStep: 1, initialStep: 30 * batches});

function contenders({batches}: TimedNet, structure: string, gates: readonly string[]): Record<string, Contender> {
  const runs = gates.map(gate => {
    const wrap = (net: tf.LayersModel) => prunable(net, {gate: GATES[gate]!(), structure: STRUCTURES[structure]!()});
    const allowed = structure === 'weights' ? {} : {allowed: ALLOWED};
    return [`${gate} of ${structure}`, {wrap, callback: middle(batches), ...allowed}] as const;
  });
  return Object.fromEntries(runs);
}

const chosen = (name: string, all: readonly string[]) => {
  const wanted = process.env[name]?.split(',');
  return wanted ? all.filter(each => wanted.includes(each)) : all;
};

/** Runs the comparison. */
export async function main(): Promise<void> {
  const rounds = Number(process.env['ROUNDS'] ?? 25);
  const figures = [];
  for (const name of chosen('NETS', Object.keys(NETS))) {
    const net = NETS[name]!;
    for (const structure of chosen('STRUCTURES', net.structures)) {
      const runs = contenders(net, structure, chosen('GATES', Object.keys(GATES)));
      const optimizer = () => new FusedAdam();
      figures.push(...(await fitCostsOn(name, net, runs, {rounds, optimizer, clock: processorTime})));
    }
  }
  report('gate-overhead', figures);
}
