import {allWeights} from '../../layers/all-weights.js';
import {expectModel} from '../../layers/model-layers.js';
import type {Model, Layer} from '../../tfjs-internals.js';

type Shape = readonly (number | null)[];

/**
 * Expects a teacher for a student: a model of its own, without states, with the same inputs and, if they are compared,
 * the same outputs.
 *
 * @throws TypeError if it is no model; Error if it was disposed, has states, or shares weights with the student;
 *     RangeError if shapes differ.
 */
export function expectTeacher(student: Model, teacher: Model, {outputs}: {outputs: boolean}): Model {
  expectModel('distill', teacher);
  expectOwnWeights(student, teacher);
  if ((teacher as Layer).stateful || teacher.layers.some(({stateful}) => stateful)) {
    throw new Error(
      `distill expects a teacher without states, but "${teacher.name}" is stateful: its answers would depend on the ` +
        'batches before; build it with stateful: false and set the same weights',
    );
  }
  expectAlike('inputs', student, teacher, 'use a teacher that takes what the student takes');
  if (outputs) {
    const remedy = 'use a teacher for this task, or learn from `features` alone, with `outputs: false`';
    expectAlike('outputs', student, teacher, remedy);
  }
  return teacher;
}

function expectOwnWeights(student: Model, teacher: Model): void {
  const own = new Set(allWeights(student).map(({weight}) => weight.id));
  const shared = allWeights(teacher).find(({weight}) => own.has(weight.id));
  if (!shared) return;
  const which = student === teacher ? 'the student itself' : `a model that shares "${shared.name}" with the student`;
  throw new Error(
    `distill expects a teacher that does not change when the student is trained, got ${which}; use a copy, such as ` +
      'the one that stripPruning(model) returns',
  );
}

function expectAlike(side: 'inputs' | 'outputs', student: Model, teacher: Model, remedy: string): void {
  const [own, other] = [student, teacher].map(model => model[side].map(({shape}) => shape as Shape)) as [
    Shape[],
    Shape[],
  ];
  if (own.length === other.length && own.every((shape, i) => fits(shape, other[i]!))) return;
  throw new RangeError(
    `distill expects the ${side} of student and teacher to be alike, but the student has ${shown(own)}, and the ` +
      `teacher ${shown(other)}; ${remedy}`,
  );
}

/** A size that is left open fits any other. */
function fits(one: Shape, other: Shape): boolean {
  const isSame = (size: number | null, axis: number) => size === other[axis] || size === null || other[axis] === null;
  return one.length === other.length && one.every(isSame);
}

function shown(shapes: readonly Shape[]): string {
  return shapes.map(([, ...shape]) => `[${['batch', ...shape].map(size => size ?? 'any').join()}]`).join(' and ');
}
