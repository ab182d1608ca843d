import type {InputNumbers, TensorMaker} from './compiled-model.js';
import {emitted, type Writing} from './emit/emit.js';
import {folded} from './graph/fold.js';
import type {Graph} from './graph/nodes.js';
import type {ForeignLayers, TensorRunner} from './islands/foreign-layers.js';
import type {Islands} from './islands/islands.js';
import {UnsupportedError} from './lower/layer-to-lower.js';
import {lowered} from './lower/lower-model.js';
import {startMachine, startPacker, type Machine, type MachineKind} from './machine.js';
import {planned} from './plan/plan.js';
import {portsOf, SizedModel} from './sized-model.js';
import {complete, type ModelSource} from './source/model-source.js';
import {WarmUp} from './warm-up.js';

/** How a model is compiled. */
export interface Build<T> {
  readonly batch: number;
  readonly inputShapes: readonly (readonly number[])[];
  readonly tf?: TensorMaker<T> | undefined;
  /** The machines to choose from, the best first. Defaults to those that are there. */
  readonly machines?: readonly MachineKind[];
  /** Gives layers that tf.js runs; by default those of the source. */
  readonly foreignLayers?: () => Promise<ForeignLayers>;
  /** Examples of each input, by which int8 is scaled. Without, it is floats. */
  readonly calibration?: InputNumbers | readonly InputNumbers[] | undefined;
  /** How much of the numbers of each value is scaled. Defaults to 100, all of them. */
  readonly percentile?: number | undefined;
}

/** Lowers a model to a graph, places its values, packs its weights, and starts a machine with the program. */
export async function built<T>(source: ModelSource, build: Build<T>): Promise<SizedModel<T>> {
  const {batch, tf, machines, calibration} = build;
  const {graph, foreign} = await graphOf(source, build);
  if (calibration) {
    await complete(source);
    return (await import('./int8/built-int8.js')).builtInt8(graph, calibration, build);
  }
  const plan = planned(graph, batch);
  const early = await startMachine({bytes: plan.end, isRare: false}, machines);
  const program = await emitted(plan, graph.constants, {
    packer: await startPacker([early.kind]),
    memory: early.shared,
    more: source.more && moreWith(source.more, early),
  });
  const needs = {bytes: program.fixed.end, isRare: program.isRare, memory: early.shared};
  const machine = await startMachine(needs, [early.kind]);
  program.fixed.writeTo(machine.memory);
  await complete(source);
  const [inputs, outputs] = [portsOf(graph.inputs, plan), portsOf(graph.outputs, plan)];
  const islands = foreign && (await islandsOf(machine, program, foreign, tf as object as TensorRunner));
  return new SizedModel<T>({machine, program, batch, inputs, outputs, activationBytes: plan.end, tf, islands});
}

/** While a file arrives, what is there of the program runs on zeros. */
function moreWith(more: () => Promise<boolean>, machine: Machine): Writing['more'] {
  if (!machine.shared) return more;
  const warmUp = new WarmUp(machine);
  return (fixed, steps) => {
    warmUp.add(steps);
    return warmUp.during(more(), fixed);
  };
}

/** The graph of a model, if need be with layers of tf.js in it. */
async function graphOf<T>(source: ModelSource, build: Build<T>): Promise<Lowered> {
  const {batch, inputShapes, tf, foreignLayers, calibration} = build;
  try {
    return {graph: folded(await lowered(source, inputShapes))};
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error;
    if (calibration) throw unsupportedInt8(error);
    if (!tf) throw error;
    await complete(source);
    const {ForeignLayers} = await import('./islands/foreign-layers.js');
    const foreign = await (foreignLayers ? foreignLayers() : ForeignLayers.of(source, tf, batch));
    try {
      return {graph: folded(await lowered(source, inputShapes, foreign)), foreign};
    } catch (other) {
      foreign.dispose();
      throw other;
    }
  }
}

function unsupportedInt8({what}: UnsupportedError): TypeError {
  return new TypeError(
    `compile can't run ${what}, and runs nothing by tf.js in int8; leave out \`precision: 'int8'\`, or replace them`,
  );
}

async function islandsOf(...parts: ConstructorParameters<typeof Islands>): Promise<Islands> {
  const {Islands} = await import('./islands/islands.js');
  return new Islands(...parts);
}

interface Lowered {
  readonly graph: Graph;
  readonly foreign?: ForeignLayers;
}
