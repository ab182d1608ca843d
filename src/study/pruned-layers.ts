import {listPrunable} from '../layers/prunable.js';
import type {Layer, Model} from '../tfjs-internals.js';

type SymbolicTensor = Model['outputs'][number];

/**
 * The layers whose kernels a method prunes, by their paths: all that can be pruned and are not frozen.
 *
 * @param denseClassifier leaves out the layers that make the outputs: the last ones with kernels on the way to them.
 */
export function prunedLayers(model: Model, denseClassifier: boolean): string[] {
  const all = listPrunable(model)
    .filter(({status}) => status === 'prunable' || status === 'wrapped')
    .map(({layer}) => layer);
  if (!denseClassifier) return all;
  const last = new Set(model.outputs.flatMap(output => makersOf(output, '', new Set(all))));
  return all.filter(path => !last.has(path));
}

/** The nearest layers of a set on all ways to a tensor. */
function makersOf({sourceLayer, inputs}: SymbolicTensor, within: string, among: ReadonlySet<string>): string[] {
  const path = within + sourceLayer.name;
  if (among.has(path)) return [path];
  const inner = (sourceLayer as Layer & Partial<Model>).outputs ?? [];
  const inside = inner.flatMap(output => makersOf(output, `${path}/`, among));
  return inside.length > 0 ? inside : inputs.flatMap(input => makersOf(input, within, among));
}
