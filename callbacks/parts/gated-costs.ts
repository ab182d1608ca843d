import sum from 'lodash/sum.js';
import {gatedLayers} from '../../src/gates/gated-layers.js';
import {gatedKernels, type GatedCosts} from '../../src/gates/kept-share.js';
import {sizeOf} from '../../src/math/size-of.js';
import {kernelsOf, usedLayers} from '../../src/report/used-layers.js';
import type {Model} from '../../src/tfjs-internals.js';
import type {Quantity} from './gate-target.js';

/**
 * What the gated kernels of a model cost: one for each weight, or in multiply-adds; and for a cost of the whole model,
 * what its other kernels cost.
 */
export function gatedCosts(model: Model, quantity: Quantity): GatedCosts {
  const layers = gatedLayers(model);
  if (quantity === 'weights') return {kernels: gatedKernels(layers), fixed: 0};
  const rows = usedLayers(model).flatMap(kernelsOf);
  const costs = new Map(
    rows.map(({kernel, positions}) => {
      return [kernel.id, sizeOf(kernel.shape) * (quantity === 'multiplyAdds' ? positions : 1)];
    }),
  );
  const kernels = gatedKernels(layers, id => costs.get(id)!);
  const total = sum([...costs.values()]);
  expectKnown(model, total);
  return {kernels, fixed: total - sum(kernels.map(({cost}) => cost))};
}

function expectKnown(model: Model, total: number): void {
  if (!Number.isNaN(total)) return;
  throw new RangeError(
    `Expected the multiply-adds of "${model.name}" to be known, but its inputs leave sizes open; give its first ` +
      'layer an `inputShape` without null, or give a `target` sparsity',
  );
}
