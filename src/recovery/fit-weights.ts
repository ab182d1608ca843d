import type {LayerByLayer} from './layer-by-layer.js';
import {leastSquares} from './least-squares.js';
import type {LinearWeight} from './linear-weight.js';
import {gains, normalEquations} from './normal-equations.js';

/** Fits the kept weights of a layer to its teacher. @param pause is awaited every few milliseconds of work. */
export function fitWeights({ridge, pause}: {ridge: number; pause: () => Promise<void>}): LayerByLayer['solve'] {
  return async (weight, moments, {values, kept}) => {
    const {parts, inputs, outputs, constant} = weight;
    const size = inputs * outputs;
    const fitted = Float64Array.from(values);
    const gained = new Float64Array(parts * outputs);
    for (let part = 0; part < parts; part++) {
      const equations = normalEquations(moments, part, weight, {ridge, isCentered: constant !== undefined});
      const changes = await leastSquares(equations, kept.subarray(part * size, (part + 1) * size), pause);
      if (!changes) throw singular(weight, moments.count, ridge);
      for (let i = 0; i < size; i++) fitted[part * size + i]! += changes[i]!;
      gained.set(gains(equations, changes), part * outputs);
    }
    return {values: fitted, gains: gained};
  };
}

/** The error for inputs that depend on each other. */
export function singular({path, inputs}: LinearWeight, count: number, ridge: number): Error {
  const few = `there are only ${count} values of each of its ${inputs} inputs`;
  return new Error(
    `Expected inputs of layer "${path}" that determine its weights, but ` +
      `${count < inputs ? few : 'some depend on others'}; use more data, or a \`ridge\` above ${ridge}, such as 0.01`,
  );
}
