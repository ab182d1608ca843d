import {CompiledModel, type InputNumbers, type Port, type TensorMaker} from './compiled-model.js';
import {emitted} from './emit/emit.js';
import {folded} from './graph/fold.js';
import type {Value} from './graph/value.js';
import {lowered} from './lower/lower-model.js';
import {startMachine, type MachineKind} from './machine.js';
import {planned} from './plan/plan.js';
import type {ModelSource} from './source/model-source.js';

/** How a model is compiled. */
export interface Build<T> {
  readonly batch: number;
  readonly inputShapes?: readonly (readonly number[])[] | undefined;
  readonly tf?: TensorMaker<T> | undefined;
  /** The machines to choose from, the best first. Defaults to those that are there. */
  readonly machines?: readonly MachineKind[];
  /** Examples of each input, by which int8 is scaled. Without, it is floats. */
  readonly calibration?: InputNumbers | readonly InputNumbers[] | undefined;
}

/** Lowers a model to a graph, places its values, packs its weights, and starts a machine with the program. */
export async function built<T>(source: ModelSource, build: Build<T>): Promise<CompiledModel<T>> {
  const {batch, inputShapes, tf, machines, calibration} = build;
  const graph = folded(lowered(source, inputShapes));
  if (calibration) return (await import('./int8/built-int8.js')).builtInt8(graph, calibration, build);
  const plan = planned(graph, batch);
  const program = emitted(plan, graph.constants);
  const machine = await startMachine(program.fixed.end, machines);
  program.fixed.writeTo(machine.memory);
  const portOf = (value: Value): Port => ({shape: value.shape, address: plan.layouts.get(value)!.address});
  const [inputs, outputs] = [graph.inputs.map(portOf), graph.outputs.map(portOf)];
  return new CompiledModel<T>({machine, program, batch, inputs, outputs, activationBytes: plan.end, tf});
}
