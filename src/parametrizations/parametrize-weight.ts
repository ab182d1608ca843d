import * as tf from '@tensorflow/tfjs-core';
import {expectMethods, received} from '../options/expect.js';
import type {WeightLayout} from '../structures/structure.js';
import type {AddVariable} from './parametrization.js';
import type {AuxiliaryVariable, ParametrizeWeight} from './parametrized-weight.js';

/**
 * Makes the parametrizations of one weight.
 *
 * @param addWeight gets the name and the shape of each variable that they ask for.
 * @throws TypeError or RangeError that names the parametrization if it has no `apply`, asks for axes that the weight
 *     does not have, or does not return a tensor of the weight's shape.
 */
export const parametrizeWeight: ParametrizeWeight = (declared, weight, layout, addWeight) => {
  const auxiliary: AuxiliaryVariable[] = [];
  const parametrizations = declared.map(({name, parametrize}) => {
    const addVariable: AddVariable = (suffix, {axes, count, initializer, trainable = true}) => {
      const shape = [...shapeAlong(name, layout, axes), ...(count === undefined ? [] : [count])];
      const variable = addWeight(suffix, shape, initializer, trainable);
      auxiliary.push({variable, initializer});
      return variable;
    };
    const made = expectMethods(name, parametrize(layout, addVariable), ['apply']);
    tf.tidy(() => expectSameShape(name, layout, made.apply(weight.read(), {training: false})));
    return made;
  });
  return {parametrizations, auxiliary};
};

/** The weight's sizes along some axes, and 1 along all others. */
function shapeAlong(owner: string, {name, shape}: WeightLayout, axes: readonly number[]): number[] {
  const wrong = axes.find(axis => shape[axis] === undefined);
  if (wrong === undefined) return shape.map((size, axis) => (axes.includes(axis) ? size : 1));
  throw new RangeError(
    `Expected \`axes\` of ${owner} to be axes of "${name}" [${shape.join()}], 0 to ${shape.length - 1}, got ${wrong}`,
  );
}

function expectSameShape(owner: string, {name, shape}: WeightLayout, made: tf.Tensor): void {
  const isTensor = (made as unknown) instanceof tf.Tensor;
  if (isTensor && tf.util.arraysEqual(made.shape, [...shape])) return;
  const got = isTensor ? `one of shape [${made.shape.join()}]` : received(made);
  throw new TypeError(`Expected apply() of ${owner} to return a tensor [${shape.join()}] for "${name}", got ${got}`);
}
