import * as tf from '@tensorflow/tfjs-core';
import {GradualPruning} from '../../callbacks/gradual-pruning.js';
import {iterative} from '../../schedules/iterative.js';
import type {SparsitySchedule} from '../../schedules/sparsity-schedule.js';
import type {Allocation} from '../allocations/allocation.js';
import {globalRanking} from '../allocations/global-ranking.js';
import {uniform} from '../allocations/uniform.js';
import type {Criterion} from '../criteria/criterion.js';
import {magnitude} from '../criteria/magnitude.js';
import {random} from '../criteria/random.js';
import {snip} from '../criteria/snip.js';
import {wanda} from '../criteria/wanda.js';
import {prunable} from '../layers/prunable.js';
import {pruneOnce} from '../masks/prune-once.js';
import {restoreDense} from '../masks/restore-dense.js';
import {randomNumbers} from '../math/random-numbers.js';
import {integer, oneOf} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {sparsityAt} from '../report/sparsity-report.js';
import type {Model} from '../tfjs-internals.js';
import {countOf, mapExamples, type Examples} from './examples.js';
import {openSizes} from './open-sizes.js';
import {method, type MethodCall, type StudyMethod} from './parts.js';
import {entryOf} from './target.js';

interface Rule {
  readonly criterion: (seed: number) => Criterion;
  readonly allocation: () => Allocation;
  readonly needsData: boolean;
}

const STRATEGIES = {
  random: {criterion: seed => random({seed}), allocation: uniform, needsData: false},
  globalMagnitude: {criterion: () => magnitude(), allocation: globalRanking, needsData: false},
  layerMagnitude: {criterion: () => magnitude(), allocation: uniform, needsData: false},
  globalGradient: {criterion: () => snip(), allocation: globalRanking, needsData: true},
  layerGradient: {criterion: () => snip(), allocation: uniform, needsData: true},
  globalActivation: {criterion: () => wanda(), allocation: globalRanking, needsData: true},
  layerActivation: {criterion: () => wanda(), allocation: uniform, needsData: true},
} satisfies Record<string, Rule>;

const OPTIONS = {
  /**
   * How weights are chosen: `random`; by their magnitude (`globalMagnitude`, `layerMagnitude`), by gradient x weight
   * (`globalGradient`, `layerGradient`), or by magnitude x size of the input (`globalActivation`, `layerActivation`).
   * `global` ranks all layers together, `layer` prunes each of them alike.
   */
  name: oneOf(Object.keys(STRATEGIES) as (keyof typeof STRATEGIES)[]),
  /**
   * In how many rounds it prunes, spread over the fine-tuning: the same fraction of the rest in each. Defaults to 1.
   */
  rounds: integer({min: 1}, 1),
  /** How many training examples gradients and activations are seen on, drawn by the seed. Defaults to 256. */
  examples: integer({min: 1}, 256),
};

/** Options of {@link strategy}. */
export type StrategyArgs = Args<typeof OPTIONS>;

/**
 * A baseline of ShrinkBench: prunes single weights of the trained net, which is fine-tuned then. Blalock et al. 2020,
 * https://arxiv.org/abs/2003.03033
 *
 * A target of multiply-adds is met by a search for the sparsity.
 *
 * @throws TypeError or RangeError if an option is unknown or wrong.
 *
 * @example
 * const methods = [strategy({name: 'globalMagnitude'}), strategy({name: 'globalMagnitude', rounds: 5})];
 */
export function strategy(args: StrategyArgs): StudyMethod {
  const {name, rounds, examples} = read('strategy', args, OPTIONS);
  const rule: Rule = STRATEGIES[name];
  const ruleOf = ({seed, layers}: MethodCall) => ({
    criterion: rule.criterion(seed),
    allocation: rule.allocation(),
    layers: [...layers],
  });
  return method({
    name,
    version: 1,
    options: {...(rounds > 1 && {rounds}), ...(rule.needsData && {examples})},
    async prune(call) {
      const model = prunable(call.net, {layers: [...call.layers]});
      const seen = rule.needsData ? drawn(call.data, examples, call.seed) : undefined;
      const args = {...ruleOf(call), ...(seen && {data: seen, batchSize: call.batchSize})};
      if (call.net.optimizer as unknown) model.compile({optimizer: call.net.optimizer, loss: call.net.loss});
      const sparsity = await sparsityToReach(model, call, args);
      await pruneOnce(model, {...args, sparsity: scheduleOf(sparsity, rounds).sparsityAt(0)});
      tf.dispose(seen as never);
      const later = {...ruleOf(call), schedule: laterRounds(sparsity, rounds), stepUnit: 'fit' as const};
      return {model, callbacks: rounds > 1 ? [new GradualPruning(later)] : []};
    },
  });
}

/** The rounds over the fit, the first one at its beginning. */
function scheduleOf(finalSparsity: number, rounds: number): SparsitySchedule {
  return iterative({rounds, finalSparsity, beginStep: 0, frequency: 1 / rounds});
}

/** All rounds but the first. */
function laterRounds(finalSparsity: number, rounds: number): SparsitySchedule {
  const all = scheduleOf(finalSparsity, rounds);
  return {
    endStep: all.endStep,
    sparsityAt: step => all.sparsityAt(step),
    updatesAt: (step, previous) => step > 0 && all.updatesAt(step, previous),
  };
}

type PruneArgs = Omit<Parameters<typeof pruneOnce>[1], 'sparsity' | 'amount'>;

/** Multiply-adds are met to within a thousandth of them, in so many trials. */
const [NEAR, TRIALS] = [0.001, 16];

/** The sparsity of the pruned layers that meets a target with these masks. */
async function sparsityToReach(model: Model, {target, sparsity, data}: MethodCall, args: PruneArgs): Promise<number> {
  const [kind, left] = entryOf(target);
  if (kind !== 'multiplyAdds') return sparsity;
  let [low, high] = [0, 1];
  let tried = sparsity;
  for (let trial = 0; trial < TRIALS; trial++) {
    if (tried > 0) await pruneOnce(model, {...args, sparsity: tried, keepDense: true});
    const {total} = await sparsityAt(model, openSizes(model, data));
    if (tried > 0) await restoreDense(model);
    const missed = total.nonZeroMultiplyAdds / total.multiplyAdds - left;
    if (Math.abs(missed) < NEAR) break;
    [low, high] = missed > 0 ? [tried, high] : [low, tried];
    tried = (low + high) / 2;
  }
  return tried;
}

/** Some of the examples, drawn by a seed. */
function drawn(examples: Examples, count: number, seed: number): Examples {
  const chances = randomNumbers(countOf(examples), `examples ${seed}`);
  const order = [...chances.keys()].sort((a, b) => chances[a]! - chances[b]!).slice(0, count);
  return tf.tidy(() => {
    const indices = tf.tensor1d(order, 'int32');
    return mapExamples(examples, tensor => tf.gather(tensor, indices)) as never;
  });
}
