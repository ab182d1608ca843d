import * as tf from '@tensorflow/tfjs-core';
import {expectCompiled} from '../layers/model-layers.js';
import {putBeside} from '../layers/weights-beside.js';
import {boolean, fraction, listOf, needs, number, positive} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args, Values} from '../options/table.js';
import type {Tensors} from '../passes/batch.js';
import {addLoss} from '../penalties/add-penalty.js';
import {currentTape, innerModel, isInFit, whenFitEnds, type Model} from '../tfjs-internals.js';
import {expectTeacher} from './distillation/expect-teacher.js';
import {expectPairNames, featurePairs, type FeaturePair} from './distillation/feature-pairs.js';
import {headsOf, type HeadDistance} from './distillation/heads.js';
import {LabelShare} from './distillation/label-share.js';
import {inputTaps, outputTaps} from './distillation/outer-taps.js';
import {placeholderLabels} from './distillation/placeholder-labels.js';
import {StudentPass} from './distillation/student-pass.js';
import type {Tap} from './distillation/tapped-tensors.js';
import {Teacher} from './distillation/teacher.js';

const OPTIONS = {
  /**
   * Softens the distributions that are compared, > 0; 1 leaves them as they are. More shows the student more of how the
   * teacher ranks wrong classes. Of no effect on outputs that are values. Defaults to 4.
   */
  temperature: positive(4),
  /** The share of the teacher in the loss, in [0, 1]; the labels have the rest, and 1 ignores them. Defaults to 0.5. */
  weight: fraction(0.5),
  /** Whether outputs are compared. Without it, only `features` are. Defaults to true. */
  outputs: boolean(true),
  /**
   * Layers whose outputs are compared, too: names that are the same in both models (`shrink` keeps them), or pairs of
   * the student's name and the teacher's. Paths as `block/conv` name layers of nested models.
   */
  features: listOf(expectPairNames, undefined),
  /** What the distance of features counts in comparison with that of outputs, >= 0. Defaults to 1. */
  featureWeight: needs('features', 'it weighs their distance', number({min: 0}, 1)),
};

/** Options of {@link distill}. */
export type DistillArgs = Args<typeof OPTIONS>;

/** A student that learns from a teacher. */
export interface Distillation {
  /** Ends it, from the next step on: the student's loss is again what it was, and nothing is held any more. */
  remove(): void;
  /**
   * Zeros in place of labels, of the shape that `fit` asks for, for a student that ignores them: `fit` of tf.js takes
   * no data without. For several outputs a list. They are yours to dispose; in `map` of a dataset they go with the
   * batch. Metrics of labels, such as accuracy, mean nothing then.
   *
   * @param xs inputs, in one of the forms that `fit` takes.
   * @throws Error if labels count, that is, `weight` is below 1; TypeError or RangeError if `xs` do not fit.
   */
  noLabels(xs: Tensors): tf.Tensor | tf.Tensor[];
}

/**
 * Lets a student learn from a teacher in `fit`, as from labels. The student is a pruned or shrunk model; the teacher is
 * the dense one, or any other model with the same inputs. From its next step on, `fit` minimizes
 *
 *     (1 - weight) * loss of the labels + weight * (sum of D(output) + featureWeight * sum of D(feature))
 *
 * plus regularizers and penalties as before, where D is a mean over examples and positions:
 *
 * - for an output that ends with a softmax, T^2 KL(softmax(t / T) || softmax(s / T)), summed over the last axis, of the
 *   logits t of the teacher and s of the student at the temperature T (Hinton et al. 2015);
 * - for one that ends with a sigmoid, the same divergence of each probability: but for a constant, the binary
 *   cross-entropy;
 * - for any other the squared error. An output without activation counts as logits if the other model ends with a
 *   softmax or sigmoid, or if the loss is `tf.losses.softmaxCrossEntropy` or `sigmoidCrossEntropy`;
 * - for features the squared error. Where the numbers of channels differ, it is that of a 1x1 projection of the
 *   student's channels, which is learned along by least squares (Romero et al. 2015 learn it by gradients).
 *
 * Logits are computed from probabilities, as log(p) for a softmax and log(p / (1 - p)) for a sigmoid; of the latter,
 * float32 keeps none above 16.
 *
 * The teacher runs once on each batch, on the very inputs that the student sees, as in `predict`; it gets no gradient
 * and does not change. The logged `loss` is the whole sum; `val_loss` and `evaluate` are the student's own loss. It
 * works with `fit`, `fitDataset` and all callbacks, with wrapped, gated and shrunk students, and remains when the
 * student is compiled again. In a loop of your own ({@link startTraining}) `penalty()` holds the teacher's part, for
 * the last call of the student before it; multiply your own loss by `1 - weight`. It is not saved, and copies that
 * `shrink` and `stripPruning` make do not have it. {@link BackupAndRestore} holds the projections: call this in the
 * function that you hand to `restore`.
 *
 * Hinton, Vinyals, Dean 2015, https://arxiv.org/abs/1503.02531; Romero et al. 2015, https://arxiv.org/abs/1412.6550
 *
 * @param student compiled; its inputs and outputs belong to layers that are used once.
 * @param teacher compiled or not; it stays yours to dispose, after `remove`.
 * @throws TypeError or RangeError if one is not a model, an option is unknown or wrong, nothing is compared, or inputs,
 *     outputs or features do not fit; Error if the student is not compiled or learns from a teacher already, or the
 *     teacher shares weights with it, has states, or was disposed. Nothing has changed then.
 *
 * @example
 * const small = await shrink(dense, plan);
 * const distillation = distill(small, dense, {temperature: 4, weight: 0.9});
 * await small.fit(x, y, {epochs: 5});
 * distillation.remove();
 */
export function distill(student: Model, teacher: Model, args: DistillArgs = {}): Distillation {
  const options = read('distill', args, OPTIONS);
  expectCompiled('distill', student);
  if (learners.has(student) || learners.has(innerModel(student))) {
    throw new Error(
      `distill expects a student without a teacher, but "${student.name}" learns from one; remove() that one first`,
    );
  }
  expectTeacher(student, teacher, options);
  if (!options.outputs && !options.features) {
    throw new RangeError('distill expects `features` with `outputs: false`: otherwise nothing is compared');
  }
  const trained = innerModel(student);
  const taps = {inputs: inputTaps(trained), outputs: options.outputs ? outputTaps(trained) : []};
  const heads = options.outputs ? headsOf(trained, teacher) : [];
  const pairs = featurePairs(student, teacher, options.features ?? []);
  return new RunningDistillation(student, teacher, {...options, taps, heads, pairs});
}

/** The models that learn from a teacher. */
const learners = new WeakSet<Model>();

function register(models: readonly Model[]): () => void {
  models.forEach(model => learners.add(model));
  return () => models.forEach(model => learners.delete(model));
}

/** What is compared, and how. */
interface Comparison extends Pick<Values<typeof OPTIONS>, 'temperature' | 'weight' | 'featureWeight'> {
  readonly taps: {readonly inputs: readonly Tap[]; readonly outputs: readonly Tap[]};
  readonly heads: readonly HeadDistance[];
  readonly pairs: readonly FeaturePair[];
}

class RunningDistillation implements Distillation {
  readonly #student: Model;
  readonly #teacher: Teacher;
  readonly #compared: Comparison;
  readonly #pass: StudentPass;
  readonly #labels: LabelShare;
  readonly #undo: (() => void)[];
  #isInFit = false;

  constructor(student: Model, teacher: Model, compared: Comparison) {
    this.#student = student;
    this.#teacher = new Teacher(
      teacher,
      compared.pairs.map(pair => pair.teacher),
    );
    this.#compared = compared;
    const {inputs, outputs} = compared.taps;
    const seen = [...inputs, ...outputs, ...compared.pairs.map(pair => pair.student)];
    this.#pass = new StudentPass(student, seen, () => this.#begin());
    this.#labels = new LabelShare(student, 1 - compared.weight, () => this.#pass.isRunning);
    const projections = compared.pairs.flatMap(({projection}) => projection?.matrix ?? []);
    this.#undo = [
      register([student, innerModel(student)]),
      putBeside(student, projections),
      () => projections.forEach(matrix => matrix.dispose()),
      addLoss(student, () => this.#term()),
      () => this.#pass.stop(),
      () => this.#release(),
    ];
  }

  remove(): void {
    for (const undo of this.#undo.splice(0)) undo();
  }

  noLabels(xs: Tensors): tf.Tensor | tf.Tensor[] {
    const {weight} = this.#compared;
    if (weight === 1) return placeholderLabels(innerModel(this.#student), xs);
    throw new Error(`Labels count for ${1 - weight} of the loss; to train without them, pass \`weight: 1\` to distill`);
  }

  #begin(): void {
    this.#teacher.expectAlive();
    this.#labels.begin();
    const trained = innerModel(this.#student);
    if (this.#isInFit || !isInFit(trained)) return;
    this.#isInFit = true;
    whenFitEnds(trained, () => {
      this.#isInFit = false;
      this.#release();
    });
  }

  /** The teacher's part of the loss of the running pass. */
  #term(): tf.Scalar {
    const {seen} = this.#pass;
    if (!seen) return this.#withoutPass();
    try {
      return tf.tidy(() => tf.mul(this.#compared.weight, this.#distance(seen)));
    } finally {
      this.#endPass();
    }
  }

  #distance(seen: ReadonlyMap<Tap, tf.Tensor>): tf.Scalar {
    const {taps, heads, pairs, temperature, featureWeight} = this.#compared;
    const inputs = taps.inputs.map(tap => seen.get(tap)!);
    const isNew = !this.#teacher.knows(inputs);
    const lesson = this.#teacher.teach(inputs);
    const ofOutputs = heads.map((head, i) => head(seen.get(taps.outputs[i]!)!, lesson.outputs[i]!, temperature));
    const ofFeatures = pairs.map(pair => {
      const features = [seen.get(pair.student)!, lesson.features.get(pair.teacher)!] as const;
      if (isNew) pair.learn(...features);
      return tf.mul<tf.Scalar>(featureWeight, pair.distance(...features));
    });
    return tf.addN([...ofOutputs, ...ofFeatures]);
  }

  #withoutPass(): tf.Scalar {
    if (!currentTape() || !isInFit(innerModel(this.#student))) return tf.scalar(0);
    throw new Error(
      `distill expects student "${this.#student.name}" to be called before its penalties are read, with ` +
        '{training: true}, in the same function that is differentiated',
    );
  }

  #endPass(): void {
    this.#pass.forget();
    this.#labels.end();
    if (!this.#isInFit) this.#teacher.forget(); // nothing tells when the step is over
  }

  #release(): void {
    this.#pass.forget();
    this.#labels.end();
    this.#teacher.forget();
  }
}
