import {say} from '../src/display/say.js';
import {percent} from '../src/display/table.js';
import {gatedLayers, isGatedLayer} from '../src/gates/gated-layers.js';
import {countMasked} from '../src/masks/zero-count.js';
import {expectNumber} from '../src/options/expect.js';
import {integer, number, option} from '../src/options/option.js';
import {expectAbsent, expectExactlyOne, read} from '../src/options/read.js';
import type {Args} from '../src/options/table.js';
import type {Model} from '../src/tfjs-internals.js';
import type {Method, PrunedTraining} from './method.js';
import {FIT_LENGTH} from './parts/fit-length.js';
import {GateTraining} from './parts/gate-training.js';
import {gatedCosts} from './parts/gated-costs.js';
import {readTarget, type GateTarget, type Quantity} from './parts/gate-target.js';
import {nextStrength} from './parts/target-controller.js';
import {PruningCallback} from './pruning-callback.js';

const OPTIONS = {
  /**
   * What to reach: a sparsity of the gated weights, in [0, 1); a schedule of sparsities in fractions of the fit; or
   * `{multiplyAdds: 0.5}`, `{parameters: 0.5}`, the fraction of the whole model's that is left. A number is approached
   * along a cubic curve, from a twentieth of `endStep` to two thirds of it. With `filters()` the slices of kernels that
   * read closed filters are not counted, though `shrink` removes them; `coupledChannels()` counts them.
   */
  target: option((name, target: GateTarget) => (readTarget(name, target), target), undefined),
  /**
   * In place of a `target`, what each open weight adds to the loss, at least 0 (lambda): a number, or a function of the
   * step.
   */
  strength: option(expectStrength, undefined),
  /** The fraction of the fit at which the gates are decided, in (0, 1]; the rest fine-tunes. Defaults to 0.75. */
  endStep: number({min: Number.MIN_VALUE, max: 1, includeMax: true}, 0.75),
  /** The step to begin with, a whole number >= 0: see {@link GradualPruning}. Defaults to 0. */
  initialStep: integer({}, undefined),
};

/** Options of {@link LearnedMasks}: exactly one of `target` and `strength`. */
export type LearnedMasksArgs = Args<typeof OPTIONS & typeof FIT_LENGTH>;

/**
 * Trains the gates of a model with its weights, and turns them into masks: `prunable(model, {gate, structure})` puts
 * gates on groups of weights, this callback anneals them, drives them to a target, and decides them at `endStep`. The
 * rest of the same `fit` fine-tunes what is left.
 *
 *     loss + strength * left,  left = the fraction of the costs that open gates leave
 *     strength = limit * clip(d / 0.02, -1, 1),  d = left - wanted;  limit grows while d > 0.005, and falls otherwise
 *
 * Beyond the target the strength is negative, and gates open again. Gates that follow a sparsity by themselves
 * (`differentiablePruning()`, `edgePopup()`) have no cost. Costs leave the last hundredth of a weight's groups alone,
 * and one at least always stays. From nine tenths of `endStep` on, gates are decided as soon as they are within half a
 * hundredth of the target.
 *
 * With a `strength` each open weight costs that much, as the lambda of L0 regularization; how sparse the model gets is
 * then for you to find out.
 *
 * In the logs, `expectedSparsity` is the fraction of the costs that would be gone if gates were decided now, and
 * `sparsity` that of the masked weights, 0 until then; `loss` includes the cost. `evaluate`, validation and
 * `stripPruning` compute what the decided model will. If the target is missed by more than a hundredth, a line on the
 * console says so.
 *
 * Decided gates are constants. They stay in the model, where the optimizer expects them, until `stripPruning` or
 * `shrink`. The noise of gates follows from their seed and the step: a training that is stopped and resumed ends with
 * the same weights.
 *
 * An optimizer of tf.js has one learning rate for all variables, so gates hold a fraction of their value: with Adam
 * they move `gateSpeed` times as fast as weights, with SGD `gateSpeed` squared times. Use `gateSpeed: 1` with SGD.
 *
 * @throws TypeError or RangeError from the constructor if an option is unknown or wrong; from `fit` if the model has no
 *     gates, the gates take no target or need one, or the length of the training is unknown; Error from `fit` if
 *     weights or gates become NaN or infinite.
 *
 * @example
 * const model = prunable(net, {gate: hardConcrete(), structure: coupledChannels()});
 * model.compile({optimizer: 'adam', loss: 'categoricalCrossentropy', metrics: ['accuracy']});
 * await model.fit(x, y, {epochs: 20, callbacks: [new LearnedMasks({target: {multiplyAdds: 0.5}})]});
 * const small = await shrink(stripPruning(model));
 */
export class LearnedMasks extends PruningCallback {
  constructor(args: LearnedMasksArgs = {}) {
    super(learnedMasks(args), {...args, layers: isGatedLayer});
  }
}

function learnedMasks(args: LearnedMasksArgs): Method {
  const {target: given, strength, endStep} = read('LearnedMasks', args, {...OPTIONS, ...FIT_LENGTH});
  const target = given === undefined ? undefined : readTarget('target', given);
  const strengthAt = (step: number) =>
    typeof strength === 'function' ? expectNumber(`strength(${step})`, strength(step), {min: 0}) : (strength ?? 0);
  const memory = {left: 1, limit: 1};
  let training: GateTraining | undefined;
  let decidedAt = Infinity;

  const progressAt = ({step}: PrunedTraining) => Math.min(1, step / decidedAt);
  const goneAt = (fit: PrunedTraining) => target?.goneAt(Math.min(1, fit.step / fit.stepsOfFit!), progressAt(fit));

  async function drive(fit: PrunedTraining): Promise<void> {
    const gone = goneAt(fit);
    await training!.drive({step: fit.step, progress: progressAt(fit), sparsity: gone});
    memory.left = await training!.measure();
    const toTarget = (wanted: number) => nextStrength(memory, memory.left - wanted, decidedAt);
    training!.strength = gone === undefined ? strengthAt(fit.step) * training!.total : toTarget(1 - gone);
  }

  return {
    stepUnit: 'fit',
    unitOfFit: 'batch',
    masks: 'more',
    memory,
    goal: {
      name: 'the gates are decided, at `endStep`',
      isReachedAt: step => step >= decidedAt,
      remedy: 'Train on with the same callback, or give it an earlier `endStep`',
    },
    keepsZeros: () => true,
    logs: () => ({expectedSparsity: 1 - memory.left}),

    expectModel(model) {
      if (gatedLayers(model).length > 0) return;
      throw new TypeError(
        `LearnedMasks expects a model with gates, but "${model.name}" has none; use prunable(model, {gate: ` +
          'hardConcrete()}) first',
      );
    },

    async prepare({model, stepsOfFit}) {
      expectTrainable(model);
      expectMoved(model, args, target?.quantity);
      training = await GateTraining.of(model, gatedCosts(model, target?.quantity ?? 'weights'));
      decidedAt = endStep * stepsOfFit!;
    },

    async atStep(fit) {
      if (training!.isHard || fit.step < EARLIEST * decidedAt) return undefined;
      await drive(fit);
      const gone = goneAt(fit);
      const missed = gone === undefined ? 0 : Math.abs(1 - memory.left - gone);
      const isDue = fit.step >= decidedAt || (gone !== undefined && training!.isPushed && missed <= WITHIN);
      if (!isDue) return undefined;
      await training!.harden();
      if (missed > TOLERATED) {
        say(
          'LearnedMasks',
          `decided the gates with ${percent(1 - memory.left)} gone instead of ${percent(gone!)}; train longer, or ` +
            'with a larger `gateSpeed`',
        );
      }
      return countMasked(fit.weights.map(({weight}) => weight));
    },

    async batchBegin(fit) {
      if (!training!.isHard) await drive(fit);
    },

    batchEnd() {
      training!.stepEnd();
    },

    release() {
      training?.release();
    },
  };
}

/** From this fraction of `endStep` on, gates are decided as soon as they are within half a hundredth of the target. */
const EARLIEST = 0.9;
const WITHIN = 0.005;
const TOLERATED = 0.01;

/** What each open weight adds to the loss: a number at least 0, or a function of the step. */
export type GateStrength = number | ((step: number) => number);

function expectStrength(name: string, strength: GateStrength): GateStrength {
  return typeof strength === 'function' ? strength : expectNumber(name, strength, {min: 0});
}

/** Expects gates that the optimizer moves. */
function expectTrainable(model: Model): void {
  const frozen = gatedLayers(model).find(layer => !layer.trainable && layer.weightGates.some(gate => gate.isTrained));
  if (!frozen) return;
  throw new TypeError(
    `LearnedMasks can't train the gates of "${frozen.name}", since the layer is frozen; set its \`trainable\` to ` +
      'true until its gates are decided, or put gates on other layers',
  );
}

/** Expects a target or a strength as the gates of a model need it. */
function expectMoved(model: Model, args: LearnedMasksArgs, quantity: Quantity | undefined): void {
  const gates = gatedLayers(model).flatMap(({weightGates}) => weightGates);
  const movedBy = new Set(gates.map(gate => gate.movedBy));
  if (movedBy.has('sparsity') && quantity !== 'weights') {
    throw new RangeError(
      'LearnedMasks expects a sparsity or a schedule as `target`: these gates follow a sparsity by themselves',
    );
  }
  if (movedBy.has('cost')) expectExactlyOne('LearnedMasks', args, ['target', 'strength']);
  else if (movedBy.has('sparsity'))
    expectAbsent('LearnedMasks', args, ['strength'], 'with gates that follow a `target`');
  else
    expectAbsent('LearnedMasks', args, ['target', 'strength'], 'with gates that keep a fixed fraction by themselves');
}
