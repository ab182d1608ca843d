import {gatedLayers} from '../gates/gated-layers.js';
import {chosenLayers} from '../layers/chosen-layers.js';
import {frozenIn, sayFrozen} from '../layers/frozen-layers.js';
import {selectLayers, type LayerSelector} from '../layers/layer-selector.js';
import {expectMasks, prunableLayers} from '../layers/model-layers.js';
import {isPrunableLayer} from '../layers/prunable-layer.js';
import {kernelsOf} from '../layers/prunable-weights.js';
import {valuesOf} from '../masks/zero-count.js';
import type {Layer, Model} from '../tfjs-internals.js';
import {linearLayers, type LinearLayer, type LinearWeight} from './linear-weight.js';

/** A Gram matrix of so many inputs takes 2 GB. */
const MOST_INPUTS = 16_384;

/**
 * The weights of the chosen layers; by default of all that are not frozen, wrapped or not. A layer that can't be
 * recovered is passed over if nothing of it was pruned.
 *
 * @throws RangeError that names the layers that can't be recovered, if they are chosen or were pruned; if there is none
 *     that can, or a mask holds anything but 0 and 1.
 */
export async function recoverableWeights(
  owner: string,
  model: Model,
  selector: LayerSelector | undefined,
): Promise<LinearWeight[]> {
  expectMasks(prunableLayers(model));
  const all = linearLayers(model);
  const chosen = selector === undefined ? await byDefault(owner, model, all) : selectLayers(all, selector, 'layers');
  return expectRecoverable(owner, model, chosen);
}

/** The weights of the wrapped layers that a selector chooses, by default of those that are not frozen. */
export function wrappedWeights(owner: string, model: Model, selector: LayerSelector | undefined): LinearWeight[] {
  const chosen = new Set(chosenLayers(owner, model, selector).map(({path}) => path));
  return expectRecoverable(
    owner,
    model,
    linearLayers(model).filter(({path}) => chosen.has(path)),
  );
}

function expectRecoverable(owner: string, model: Model, layers: readonly LinearLayer[]): LinearWeight[] {
  const wrong = layers.filter(({isLinear}) => !isLinear);
  if (wrong.length > 0) throw notLinear(owner, wrong);
  const weights = layers.flatMap(layer => layer.weights);
  if (weights.length === 0) throw new RangeError(`${owner} expects a Dense or Conv layer that is not frozen, got none`);
  expectOnlyMasks(owner, model, weights);
  return weights;
}

async function byDefault(owner: string, model: Model, all: readonly LinearLayer[]): Promise<LinearLayer[]> {
  const isFrozen = frozenIn(model);
  const left = all.filter(({layer}) => isFrozen(layer));
  const pruned = await Promise.all(all.map(async layer => layer.isLinear || (await hasZeros(layer))));
  sayFrozen(
    owner,
    model,
    left.map(({path}) => path),
  );
  return all.filter((layer, i) => pruned[i] === true && !left.includes(layer));
}

async function hasZeros({layer}: LinearLayer): Promise<boolean> {
  const values = await Promise.all(kernelsOf(layer).map(kernel => valuesOf(kernel.read())));
  return values.some(list => list.includes(0));
}

function notLinear(owner: string, layers: readonly LinearLayer[]): RangeError {
  const names = layers.map(({path, layer}) => `"${path}" (${kindOf(layer)})`).join(', ');
  return new RangeError(
    `${owner} expects Dense and Conv layers, whose outputs are linear in their weights, got ${names}; choose others ` +
      'by `layers`',
  );
}

/** The class of a layer, whether it is wrapped or not. */
function kindOf(layer: Layer): string {
  return (isPrunableLayer(layer) ? layer.layer : layer).getClassName();
}

/** What computes weights from kernels, besides masks, would have to be inverted. */
function expectOnlyMasks(owner: string, model: Model, weights: readonly LinearWeight[]): void {
  const gated = gatedLayers(model)[0];
  if (gated) {
    throw new Error(`${owner} expects a model without gates, but "${gated.name}" has some; call removeGates first`);
  }
  const computed = weights.find(({masked}) => masked?.isParametrized);
  if (computed) {
    throw new Error(
      `${owner} expects weights with nothing but a mask, but "${computed.name}" has a parametrization; call ` +
        'stripPruning first, or leave it out by `layers`',
    );
  }
  const large = weights.find(({inputs}) => inputs > MOST_INPUTS);
  if (!large) return;
  throw new RangeError(
    `${owner} holds a matrix of inputs by inputs, of at most ${MOST_INPUTS} inputs, but "${large.name}" has ` +
      `${large.inputs}; leave it out by \`layers\``,
  );
}
