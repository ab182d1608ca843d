import {sizeOf} from '../../math/size-of.js';
import type {InputNumbers} from '../compiled-model.js';
import type {Build} from '../built.js';
import {emitted} from '../emit/emit.js';
import type {Graph} from '../graph/nodes.js';
import {startPacker} from '../machine.js';
import {planned} from '../plan/plan.js';
import {portsOf, SizedModel, type Parts} from '../sized-model.js';
import {compared, type Int8Accuracy} from './accuracy.js';
import {byteGraph} from './byte-graph.js';
import {calibrated} from './calibrate.js';
import {expectCalibration, type CalibrationData} from './calibration-data.js';
import type {DotProducts} from './dot-products.js';
import {emitterOf} from './emit-int8.js';
import {startInt8Machine} from './int8-machine.js';
import {separated} from './separate.js';

/** Finds the ranges of all values, puts bytes in their place, and starts a machine with the program. */
export async function builtInt8<T>(
  folded: Graph,
  calibration: InputNumbers | readonly InputNumbers[],
  {batch, tf, machines, products, percentile = 100}: Build<T> & {readonly products?: DotProducts},
): Promise<SizedModel<T>> {
  const data = expectCalibration(folded, calibration);
  const floats = separated(folded);
  const {ranges, outputs} = await calibrated(floats, data, {batch, machines, percentile});
  const {graph, bytes} = byteGraph(floats, ranges);
  if (bytes.size === 0) {
    throw new TypeError("compile finds no layer to compute in int8; leave out `precision: 'int8'`");
  }
  const plan = planned(graph, batch);
  const program = await emitted(plan, graph.constants, {
    packer: await startPacker(machines),
    emitterOf: floats => emitterOf(bytes, floats),
  });
  const needs = {bytes: program.fixed.end, isRare: program.isRare};
  const machine = await startInt8Machine(needs, machines, products);
  program.fixed.writeTo(machine.memory);
  const ports = {inputs: portsOf(graph.inputs, plan), outputs: portsOf(graph.outputs, plan)};
  const parts: Parts<T> = {machine, program, batch, ...ports, activationBytes: plan.end, tf};
  const found = outputsOf(new SizedModel<T>(parts), data);
  const accuracy: Int8Accuracy = {
    examples: data.examples,
    outputs: outputs.map((expected, i) => compared(expected, found[i]!, data.examples)),
  };
  return new SizedModel<T>({...parts, accuracy});
}

/** The outputs of some examples; states begin anew behind them. */
function outputsOf(model: SizedModel<unknown>, {inputs, examples}: CalibrationData): Float32Array[] {
  const {batch} = model;
  const sizes = inputs.map(numbers => numbers.length / examples);
  const outputs = model.outputShapes.map(shape => new Float32Array(examples * sizeOf(shape)));
  for (let first = 0; first < examples; first += batch) {
    const count = Math.min(batch, examples - first);
    const taken = inputs.map((numbers, i) => {
      const size = sizes[i]!;
      const padded = new Float32Array(batch * size);
      padded.set(numbers.subarray(first * size, (first + count) * size));
      return padded;
    });
    [model.run(taken)].flat().forEach((numbers, i) => {
      const size = outputs[i]!.length / examples;
      outputs[i]!.set(numbers.subarray(0, count * size), first * size);
    });
  }
  model.resetStates();
  return outputs;
}
