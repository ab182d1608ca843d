import {emitted, statesOf} from '../emit/emit.js';
import {wholePiece} from '../graph/graph-builder.js';
import type {Graph, Move} from '../graph/nodes.js';
import {sizeOfValue, valueOf, type Value} from '../graph/value.js';
import {startMachine, startPacker, type MachineKind} from '../machine.js';
import {planned} from '../plan/plan.js';
import type {CalibrationData} from './calibration-data.js';
import type {Range} from './levels.js';
import {RangeFinder} from './range-finder.js';

/** What floats gave for some examples. */
export interface Calibration {
  readonly ranges: ReadonlyMap<Value, Range>;
  /** Each output, example by example. */
  readonly outputs: readonly Float32Array[];
}

/** How examples are run, and which share of what they give is in a range. */
interface CalibrationArgs {
  readonly batch: number;
  readonly machines: readonly MachineKind[] | undefined;
  readonly percentile: number;
}

/**
 * Runs a graph in floats, one example at a time, and notes the range of each value and what comes out. States go on
 * as in a batch.
 */
export async function calibrated(
  graph: Graph,
  {inputs, examples}: CalibrationData,
  {batch, machines, percentile}: CalibrationArgs,
): Promise<Calibration> {
  const values = [...new Set([...graph.inputs, ...graph.nodes.map(({output}) => output)])];
  const layers = new Map(graph.nodes.map(({output, layer}) => [output, layer]));
  const watched = values.map(value => ({value, copy: copyOf(value, layers.get(value) ?? 'input')}));
  const nodes = [...graph.nodes, ...watched.map(({copy}) => copy)];
  const outputs = [...graph.outputs, ...watched.map(({copy}) => copy.output)];
  const plan = planned({...graph, nodes, outputs}, 1);
  const program = await emitted(plan, graph.constants, {packer: await startPacker(machines)});
  const {fixed, begin, end, isRare} = program;
  const machine = await startMachine({bytes: fixed.end, isRare}, machines);
  fixed.writeTo(machine.memory);
  const viewOf = (value: Value) =>
    new Float32Array(machine.memory, plan.layouts.get(value)!.address, sizeOfValue(value));
  const results = graph.outputs.map(value => new Float32Array(examples * sizeOfValue(value)));
  const finders = new Map(watched.map(({value}) => [value, new RangeFinder(percentile)]));
  const states = statesOf(program, machine.memory);
  const kept = Array.from({length: batch}, () => states.map(state => state.slice()));
  for (let example = 0; example < examples; example++) {
    const own = kept[example % batch]!;
    states.forEach((state, i) => state.set(own[i]!));
    graph.inputs.forEach((value, i) => {
      const size = sizeOfValue(value);
      viewOf(value).set(inputs[i]!.subarray(example * size, (example + 1) * size));
    });
    machine.run(begin, end);
    states.forEach((state, i) => own[i]!.set(state));
    graph.outputs.forEach((value, i) => results[i]!.set(viewOf(value), example * sizeOfValue(value)));
    for (const {value, copy} of watched) finders.get(value)!.add(expectFinite(viewOf(copy.output), copy));
  }
  const ranges = new Map([...finders].map(([value, finder]) => [value, finder.range]));
  return {ranges, outputs: results};
}

function copyOf(value: Value, layer: string): Move {
  return {kind: 'move', layer, output: valueOf(value.shape), pieces: [wholePiece(value)], hasZeros: false};
}

function expectFinite(numbers: Float32Array, {layer}: Move): Float32Array {
  const wrong = numbers.find(number => !Number.isFinite(number));
  if (wrong === undefined) return numbers;
  throw new RangeError(`compile expects \`calibration\` to give finite numbers, and layer "${layer}" gives ${wrong}`);
}
