import * as tf from '@tensorflow/tfjs-core';
import type {SymbolicTensor} from '@tensorflow/tfjs-layers';
import {fieldsOf, isLayer, isModel, lossFunctionsOf, type Layer, type Model} from '../../tfjs-internals.js';
import {sigmoidDivergence, sigmoidLogits, softmaxDivergence, softmaxLogits, squaredDistance} from './soft-distance.js';

/** What is compared of an output of student and teacher: distributions over classes, probabilities, or values. */
export type Kind = 'softmax' | 'sigmoid' | 'values';

/** The distance between what a student and its teacher return, a scalar with a gradient for the student. */
export type HeadDistance = (student: tf.Tensor, teacher: tf.Tensor, temperature: number) => tf.Scalar;

/**
 * The distances of all outputs, in their order: by the activation that an output of one of the two ends with, or by the
 * student's loss if it takes logits.
 *
 * @throws RangeError if one ends with a softmax and the other with a sigmoid, or a softmax runs along another axis than
 *     the last.
 */
export function headsOf(student: Model, teacher: Model): HeadDistance[] {
  const losses = lossFunctionsOf(student)!;
  return student.outputs.map((output, i) => {
    const [ofStudent, ofTeacher] = [endOf(output), endOf(teacher.outputs[i]!)];
    const kinds = new Set([kindOf(ofStudent), kindOf(ofTeacher)].filter(kind => kind !== 'values'));
    if (kinds.size > 1) {
      throw new RangeError(
        `distill expects student and teacher to end alike, but output "${output.name}" ends with a ` +
          `${kindOf(ofStudent)} in the student and a ${kindOf(ofTeacher)} in the teacher; use a teacher for this ` +
          'task, or learn from `features` alone, with `outputs: false`',
      );
    }
    const kind = [...kinds][0] ?? kindOfLoss(losses[i]);
    return distance(kind, {student: kind === ofStudent, teacher: kind === ofTeacher});
  });
}

/** @param areProbabilities which of the two return probabilities, rather than logits. */
function distance(kind: Kind, areProbabilities: {student: boolean; teacher: boolean}): HeadDistance {
  if (kind === 'values') return squaredDistance;
  const [divergence, logits] =
    kind === 'softmax' ? [softmaxDivergence, softmaxLogits] : [sigmoidDivergence, sigmoidLogits];
  return (student, teacher, temperature) =>
    divergence(
      areProbabilities.student ? logits(student) : student,
      areProbabilities.teacher ? logits(teacher) : teacher,
      temperature,
    );
}

/** How an output ends; a logSoftmax makes logits. */
type End = Kind | 'logSoftmax';

const kindOf = (end: End): Kind => (end === 'logSoftmax' ? 'softmax' : end);

function endOf({sourceLayer, outputTensorIndex = 0}: SymbolicTensor): End {
  return isModel(sourceLayer) ? endOf(sourceLayer.outputs[outputTensorIndex]!) : endOfLayer(sourceLayer);
}

function endOfLayer(layer: Layer): End {
  const {layer: inner, activation, axis} = fieldsOf(layer);
  if (isLayer(inner)) return endOfLayer(inner);
  if (layer.getClassName() === 'Softmax') return expectLastAxis(layer, axis as number);
  const name = (activation as tf.serialization.Serializable | undefined)?.getClassName();
  return name === 'softmax' || name === 'sigmoid' || name === 'logSoftmax' ? name : 'values';
}

function expectLastAxis({name, outputShape}: Layer, axis: number): 'softmax' {
  if (axis === -1 || axis === outputShape.length - 1) return 'softmax';
  throw new RangeError(
    `distill expects the classes of an output along its last axis, but the softmax "${name}" runs along axis ` +
      `${axis}; learn from \`features\` alone, with \`outputs: false\``,
  );
}

/** What a loss that takes logits makes of them. */
function kindOfLoss(loss: unknown): Kind {
  if (loss === tf.losses.softmaxCrossEntropy) return 'softmax';
  return loss === tf.losses.sigmoidCrossEntropy ? 'sigmoid' : 'values';
}
