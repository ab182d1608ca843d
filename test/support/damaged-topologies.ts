import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import {prunable} from 'tfjs-pruning';
import {modelOf, recipes} from './random-architecture.js';
import {expectTopology} from '../../src/files/topology.js';

/**
 * A process of its own, since what it looks for are endless loops: damages the topologies of random models, and builds
 * those that are not refused. Prints what came of each kind. `damaged-topologies.ts <seed> <models>`
 */
type Json = Record<string, unknown>;

/** The fields that say how layers hang together. */
const STRUCTURE = /^(name|class_name|config|inbound_nodes|layers|input_layers|output_layers|\d+)$/;
const DAMAGES_EACH = 12;
const copy = (value: unknown) => JSON.parse(JSON.stringify(value)) as Json;

function places(value: unknown): [owner: Json, key: string][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.keys(value).flatMap(key => [[value as Json, key], ...places((value as Json)[key])] as [Json, string][]);
}

function damaged(topology: Json, next: (end: number) => number): Json {
  const result = copy(topology);
  const all = places(result).filter(([, key]) => STRUCTURE.test(key));
  const [owner, key] = all[next(all.length)]!;
  const [otherOwner, otherKey] = all[next(all.length)]!;
  const value = owner[key];
  const changes = [
    () => (Array.isArray(owner) ? owner.splice(Number(key), 1) : Reflect.deleteProperty(owner, key)),
    () => (Array.isArray(owner) ? owner.splice(Number(key), 0, value) : (owner[key] = {})),
    () => (owner[key] = copy(otherOwner[otherKey] ?? null)),
    () => (owner[key] = typeof value === 'number' ? value + 1 : []),
    () => (owner[key] = null),
    () => (owner[key] = 'nowhere'),
    () => (owner[key] = next(3)),
  ];
  changes[next(changes.length)]!();
  return result;
}

/** A model around another that is used twice, where that fits. */
function nested(model: tf.LayersModel): tf.LayersModel {
  if (model.inputs.length > 1 || model.outputs.length > 1 || model.inputs[0]!.dtype === 'int32') return model;
  const input = tf.input({shape: model.inputs[0]!.shape.slice(1)});
  const other = tf.layers.activation({activation: 'relu'}).apply(input) as tf.SymbolicTensor;
  const uses = [model.apply(input), model.apply(other)] as tf.SymbolicTensor[];
  return tf.model({inputs: input, outputs: tf.layers.add().apply(uses) as tf.SymbolicTensor});
}

async function outcome(topology: Json): Promise<string> {
  try {
    expectTopology(topology, 'model.json');
  } catch (error) {
    return error instanceof TypeError && error.message.startsWith('Expected ')
      ? 'refused'
      : `strange: ${String(error)}`;
  }
  return tf.loadLayersModel(tf.io.fromMemory({modelTopology: topology})).then(
    model => (model.dispose(), 'built'),
    () => 'refused by tf.js',
  );
}

async function main([seed, models]: readonly number[]): Promise<void> {
  console.warn = () => undefined;
  await tf.setBackend('cpu');
  const counts: Record<string, number> = {};
  for (const [i, recipe] of fc.sample(recipes, {numRuns: models!, seed: seed!}).entries()) {
    const whole = [modelOf, (r: typeof recipe) => prunable(modelOf(r)), (r: typeof recipe) => nested(modelOf(r))][
      i % 3
    ]!(recipe);
    const topology = whole.toJSON(null, false) as unknown as Json;
    expectTopology(copy(topology), 'a valid model');
    const numbers = fc.sample(fc.nat(), {numRuns: DAMAGES_EACH * 5, seed: seed! + i});
    for (let k = 0; k < DAMAGES_EACH; k++) {
      const came = await outcome(damaged(topology, end => numbers.pop()! % end));
      counts[came] = (counts[came] ?? 0) + 1;
    }
    tf.disposeVariables();
  }
  console.log(JSON.stringify(counts));
}

void main(process.argv.slice(2).map(Number));
