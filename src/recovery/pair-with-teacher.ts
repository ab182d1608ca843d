import {received} from '../options/expect.js';
import {option} from '../options/option.js';
import {isModel, type Model} from '../tfjs-internals.js';
import {linearLayers, type LinearWeight} from './linear-weight.js';

/** A weight and the weight of the teacher that it should compute the same as. */
export interface Pair {
  readonly weight: LinearWeight;
  readonly teacher?: LinearWeight | undefined;
}

/** The option of functions that learn from a dense model. */
export const TEACHER = {
  /** The dense model that was pruned, or a copy of it: with layers of the same names, wrapped or not. Not changed. */
  teacher: option(expectTeacher),
};

/** Expects a model. */
export function expectTeacher(name: string, teacher: Model): Model {
  if (isModelLike(teacher)) return teacher;
  throw new TypeError(`Expected \`${name}\` to be the dense model that was pruned, got ${received(teacher)}`);
}

function isModelLike(value: unknown): value is Model {
  const model = value as Partial<Model> | null | undefined;
  return typeof model?.getClassName === 'function' && isModel(value as Model);
}

/**
 * Finds the teacher of each weight, by the names of the layers.
 *
 * @throws TypeError if the teacher is the model itself; RangeError if its inputs differ, or it lacks a layer, or has
 *     another of that name.
 */
export function pairWithTeacher(model: Model, teacher: Model, weights: readonly LinearWeight[]): Pair[] {
  if (teacher === model) {
    throw new TypeError(
      'Expected `teacher` to be another model, got the pruned model itself; keep the dense one: prunable(dense) ' +
        'wraps a copy and leaves `dense` as it is',
    );
  }
  expectSameInputs(model, teacher);
  const theirs = linearLayers(teacher).flatMap(layer => layer.weights);
  return weights.map(weight => {
    const found = theirs.find(other => other.path === weight.path && other.index === weight.index);
    return {weight, teacher: expectAlike(weight, found, teacher)};
  });
}

function expectSameInputs(model: Model, teacher: Model): void {
  const [ours, theirs] = [model, teacher].map(({inputs}) => inputs.map(({shape}) => `[${shape.join()}]`).join(', '));
  if (ours === theirs) return;
  throw new RangeError(`Expected \`teacher\` to have the inputs of the model, ${ours}, got ${theirs}`);
}

function expectAlike(weight: LinearWeight, found: LinearWeight | undefined, teacher: Model): LinearWeight {
  const {path, name, computes, variable} = weight;
  if (!found || found.computes.getClassName() !== computes.getClassName()) {
    const got = found ? `a ${found.computes.getClassName()}` : 'none';
    throw new RangeError(
      `Expected \`teacher\` ("${teacher.name}") to have a layer "${path}" (${computes.getClassName()}) as the model ` +
        `has, got ${got}; pass the dense model, or leave the layer out by \`layers\``,
    );
  }
  if (found.variable === variable) {
    throw new TypeError(`Expected \`teacher\` to have layers of its own, but it shares "${path}" with the model`);
  }
  if (String(found.variable.shape) === String(variable.shape)) return found;
  throw new RangeError(
    `Expected "${name}" of \`teacher\` to have the shape [${variable.shape.join()}], got ` +
      `[${found.variable.shape.join()}]; to cut out channels, mask them by maskChannels, reconstruct, then shrink`,
  );
}
