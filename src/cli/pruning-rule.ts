import {erdosRenyi, erdosRenyiKernel} from '../allocations/erdos-renyi.js';
import {globalRanking} from '../allocations/global-ranking.js';
import {isomorphic} from '../allocations/isomorphic.js';
import {perOutput} from '../allocations/per-output.js';
import {uniform} from '../allocations/uniform.js';
import {averagePercentageOfZeros} from '../criteria/average-percentage-of-zeros.js';
import {batchNormScale} from '../criteria/batch-norm-scale.js';
import type {Criterion} from '../criteria/criterion.js';
import {fisher, optimalBrainDamage} from '../criteria/fisher.js';
import {geometricMedian} from '../criteria/geometric-median.js';
import {gradientMagnitude} from '../criteria/gradient-magnitude.js';
import {lamp} from '../criteria/lamp.js';
import {magnitude} from '../criteria/magnitude.js';
import {random} from '../criteria/random.js';
import {snip} from '../criteria/snip.js';
import {synFlow} from '../criteria/syn-flow.js';
import {taylor} from '../criteria/taylor.js';
import {wanda} from '../criteria/wanda.js';
import {expectInteger} from '../options/expect.js';
import {blocks} from '../structures/blocks.js';
import {channels} from '../structures/channels.js';
import {filters} from '../structures/filters.js';
import {kernelColumns, kernelRows, kernels} from '../structures/kernels.js';
import {nOfM} from '../structures/n-of-m.js';
import type {Structure} from '../structures/structure.js';
import {weights} from '../structures/weights.js';
import {coupledChannels} from '../units/coupled-channels.js';
import {UsageError} from './exit-codes.js';
import {usableNow} from './usable.js';
import {numberOf, oneOfNames} from './argument-values.js';

const CRITERIA = {
  averagePercentageOfZeros: () => averagePercentageOfZeros(),
  batchNormScale: () => batchNormScale(),
  fisher: () => fisher(),
  geometricMedian: () => geometricMedian(),
  gradientMagnitude: () => gradientMagnitude(),
  lamp: () => lamp(),
  magnitude: () => magnitude(),
  optimalBrainDamage: () => optimalBrainDamage(),
  random: seed => random({seed}),
  snip: () => snip(),
  synFlow: () => synFlow(),
  taylor: () => taylor(),
  wanda: () => wanda(),
} satisfies Record<string, (seed: number) => Criterion>;

const STRUCTURES = {
  weights: () => weights(),
  filters: () => filters(),
  channels: () => channels(),
  kernels: () => kernels(),
  kernelRows: () => kernelRows(),
  kernelColumns: () => kernelColumns(),
  coupledChannels: () => coupledChannels(),
} satisfies Record<string, () => Structure>;

const ALLOCATIONS = {
  uniform: () => uniform(),
  globalRanking: () => globalRanking(),
  erdosRenyi: () => erdosRenyi(),
  erdosRenyiKernel: () => erdosRenyiKernel(),
  isomorphic: () => isomorphic(),
  perOutput: () => perOutput(),
};

/** The arguments that choose a criterion. */
export const CRITERION = {criterion: {type: 'string'}, seed: {type: 'string'}} as const;

/** The arguments that choose a structure and an allocation. */
export const RULE = {structure: {type: 'string'}, allocation: {type: 'string'}} as const;

/** What gives scores. @throws UsageError if there is none of that name, or a seed would have no effect. */
export function criterionOf({criterion = 'magnitude', seed}: {criterion?: string; seed?: string}): Criterion {
  const name = oneOfNames('--criterion', criterion, namesOf(CRITERIA));
  if (seed !== undefined && name !== 'random') throw new UsageError('--seed needs --criterion random');
  return CRITERIA[name](numberOf('--seed', seed ?? '0', expectInteger)!);
}

/** Which weights go together: a name, `2:4` or `4x4`. @throws UsageError if there is none of that name. */
export function structureOf(text = 'weights'): Structure {
  const [, n, m] = /^(\d+):(\d+)$/.exec(text) ?? [];
  if (m !== undefined) return usableNow(() => nOfM(Number(n), Number(m)));
  const [, height, width] = /^(\d+)x(\d+)$/.exec(text) ?? [];
  if (width !== undefined) return usableNow(() => blocks([Number(height), Number(width)]));
  const names = [...namesOf(STRUCTURES), '2:4', '4x4'] as const;
  return STRUCTURES[oneOfNames('--structure', text, names) as keyof typeof STRUCTURES]();
}

/** How the sparsity is shared among layers. @throws UsageError if there is none of that name. */
export function allocationOf(text = 'uniform') {
  return ALLOCATIONS[oneOfNames('--allocation', text, namesOf(ALLOCATIONS))]();
}

function namesOf<T extends object>(table: T): (keyof T & string)[] {
  return Object.keys(table) as (keyof T & string)[];
}
