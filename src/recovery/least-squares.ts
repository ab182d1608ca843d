import {factorRows, solveFactored} from '../math/cholesky.js';
import type {NormalEquations} from './normal-equations.js';

/** Rows that are factored between two pauses. */
const ROWS = 16;

/**
 * The best changes of the kept weights. Outputs that keep weights of the same inputs share one factorization.
 *
 * @param kept 1 for weights that may change, `[inputs, outputs]`.
 * @param pause is awaited every few milliseconds of work.
 * @returns the changes, `[inputs, outputs]`; undefined if a system is singular.
 */
export async function leastSquares(
  equations: NormalEquations,
  kept: Uint8Array,
  pause: () => Promise<void>,
): Promise<Float64Array | undefined> {
  const {outputs, cross} = equations;
  const changes = new Float64Array(kept.length);
  for (const {support, members} of bySupport(equations, kept)) {
    const factor = await factored(equations, support, pause);
    if (!factor) return undefined;
    for (const output of members) {
      const solution = Float64Array.from(support, input => cross[input * outputs + output]!);
      solveFactored(factor, support.length, solution);
      support.forEach((input, i) => (changes[input * outputs + output] = solution[i]!));
      await pause();
    }
  }
  return changes;
}

/** Outputs that keep weights of the same inputs. */
interface SharedSupport {
  readonly support: Int32Array;
  readonly members: number[];
}

function bySupport({inputs, outputs, isDead}: NormalEquations, kept: Uint8Array): SharedSupport[] {
  const groups = new Map<string, SharedSupport>();
  for (let output = 0; output < outputs; output++) {
    const support = Int32Array.from(inputsOf(output));
    if (support.length === 0) continue;
    const key = support.join();
    const group = groups.get(key) ?? {support, members: []};
    group.members.push(output);
    groups.set(key, group);
  }
  return [...groups.values()];

  function* inputsOf(output: number): Generator<number> {
    for (let i = 0; i < inputs; i++) if (kept[i * outputs + output] === 1 && isDead[i] === 0) yield i;
  }
}

/** The damped Gram matrix of some inputs, factored; undefined if it is singular. */
async function factored(
  {gram, inputs, damping}: NormalEquations,
  support: Int32Array,
  pause: () => Promise<void>,
): Promise<Float64Array | undefined> {
  const size = support.length;
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    const row = support[i]! * inputs;
    for (let j = 0; j <= i; j++) matrix[i * size + j] = gram[row + support[j]!]!;
    matrix[i * size + i]! += damping;
  }
  for (let row = 0; row < size; row += ROWS) {
    if (factorRows(matrix, size, row, row + ROWS) >= 0) return undefined;
    await pause();
  }
  return matrix;
}
