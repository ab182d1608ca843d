import * as tf from '@tensorflow/tfjs-core';
import {layersWithin} from '../../layers/inner-layers.js';
import {assign, fieldsOf, type Layer, type LayerVariable, type Model} from '../../tfjs-internals.js';
import {biasOf} from './bias-of.js';
import type {ChannelCut} from './channel-cut.js';
import type {Intake} from './intake.js';
import type {Removal} from './removal.js';
import type {Survey} from './survey.js';

/** What a layer has to add to its bias for constants that its kernel no longer takes in. */
export interface FoldedBias {
  readonly intake: Intake;
  /** One value for each output, before the surgery. */
  readonly shift: Float32Array;
}

/** The constants of removed channels, multiplied by the weights that took them in. */
export function foldedBiases(
  {trace: {axes}, constants: {intakes}}: Pick<Survey, 'trace' | 'constants'>,
  {units: removed, dead}: Removal,
): FoldedBias[] {
  return axes.flatMap(({role, variable, units}) => {
    const intake = intakes.get(variable.id);
    if (role !== 'takes' || !intake || dead.has(intake.layer)) return [];
    const {view, values} = intake;
    const folded = [...units.keys()].filter(i => {
      return removed.has(units[i]!) && values[i] !== 0 && !Number.isNaN(values[i]) && view.takes(i);
    });
    if (folded.length === 0) return [];
    const shift = Float32Array.from({length: view.outputs}, (_, output) =>
      folded.reduce((sum, input) => sum + values[input]! * view.sum(input, output), 0),
    );
    return [{intake, shift}];
  });
}

/** The layers that need to be given a bias first. */
export function withoutBias(folded: readonly FoldedBias[]): Set<Layer> {
  return new Set(folded.map(({intake}) => intake.layer).filter(layer => !biasOf(layer)));
}

/** Adds the shifts to the biases of a model that was cut. @param twins its variables. */
export function foldBiases(
  copy: Model,
  folded: readonly FoldedBias[],
  cut: ChannelCut,
  twins: ReadonlyMap<number, LayerVariable>,
): void {
  const layers = layersWithin(copy);
  const newBias = ({kernel, field}: Intake) => {
    const twin = twins.get(kernel.id)!;
    return biasOf(layers.find(layer => (fieldsOf(layer)[field] as LayerVariable | undefined)?.id === twin.id)!);
  };
  for (const {intake, shift} of folded) {
    const {kernel, outputAxis, layer} = intake;
    const before = biasOf(layer);
    const bias = (before ? twins.get(before.id) : newBias(intake))!;
    tf.tidy(() => assign(bias, tf.add(bias.read(), cut.along(kernel, outputAxis, shift))));
  }
}
