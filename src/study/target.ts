import {isPlainObject, received} from '../options/expect.js';
import {expectOnce} from './named.js';

/** What a method is to reach: exactly one of these. */
export type Target = ToCompression<number> | ToSparsity<number> | ToMultiplyAdds<number>;

/** One kind of target, and the values that a study goes through. */
export type Targets =
  ToCompression<readonly number[]> | ToSparsity<readonly number[]> | ToMultiplyAdds<readonly number[]>;

/** A target of size. */
export interface ToCompression<T> {
  /** All parameters of the net over those that are left and not zero, >= 1. */
  readonly compression: T;
}

/** A target of zeros. */
export interface ToSparsity<T> {
  /** The fraction of zeros in the kernels of the layers that are pruned, in [0, 1). */
  readonly sparsity: T;
}

/** A target of cost. */
export interface ToMultiplyAdds<T> {
  /** The fraction of the net's multiply-adds that is left, in (0, 1]. */
  readonly multiplyAdds: T;
}

/** The values that ShrinkBench goes through. */
export const USUAL_TARGETS: Targets = {compression: [2, 4, 8, 16, 32]};

const KINDS = {
  compression: {isGood: (value: number) => value >= 1, range: 'at least 1'},
  sparsity: {isGood: (value: number) => value >= 0 && value < 1, range: 'in [0, 1)'},
  multiplyAdds: {isGood: (value: number) => value > 0 && value <= 1, range: 'in (0, 1]'},
};

/** @throws TypeError or RangeError unless it is one list of different values in their range. */
export function expectTargets(name: string, targets: Targets): Targets {
  const entries = isPlainObject(targets) ? (Object.entries(targets) as [string, readonly number[]][]) : [];
  const [[kind, values] = ['', []]] = entries;
  if (entries.length !== 1 || !Object.hasOwn(KINDS, kind) || !Array.isArray(values) || values.length === 0) {
    throw new TypeError(
      `Expected \`${name}\` to be {compression: [...]}, {sparsity: [...]} or {multiplyAdds: [...]}, got ` +
        received(targets),
    );
  }
  const {isGood, range} = KINDS[kind as keyof typeof KINDS];
  for (const value of values) {
    if (typeof value === 'number' && Number.isFinite(value) && isGood(value)) continue;
    throw new RangeError(`Expected \`${name}.${kind}\` to hold numbers ${range}, got ${received(value)}`);
  }
  expectOnce(`${name}.${kind}`, values);
  return targets;
}

/** Each target of a list. */
export function eachTarget(targets: Targets): Target[] {
  const [[kind, values]] = Object.entries(targets) as [[string, readonly number[]]];
  return values.map(value => ({[kind]: value}) as unknown as Target);
}

/** The kind of a target and its value. */
export function entryOf(target: Target): [kind: 'compression' | 'sparsity' | 'multiplyAdds', value: number] {
  return Object.entries(target)[0] as [kind: 'compression' | 'sparsity' | 'multiplyAdds', value: number];
}

/** A target as reports write it: `4 x smaller`, `90 % zeros`, `25 % of the multiply-adds`. */
export function targetText(target: Target): string {
  const [kind, value] = entryOf(target);
  if (kind === 'compression') return `${value} x smaller`;
  const percent = `${Number((100 * value).toFixed(2))} %`;
  return kind === 'sparsity' ? `${percent} zeros` : `${percent} of the multiply-adds`;
}

/** What the parameters of a net are. */
export interface NetSize {
  /** All parameters: kernels, biases, normalization. */
  readonly parameters: number;
  /** The weights of the layers to prune. */
  readonly weights: number;
  /** All multiply-adds. */
  readonly multiplyAdds: number;
  /** The multiply-adds of the layers to prune. */
  readonly prunedMultiplyAdds: number;
}

/**
 * The sparsity of the layers to prune that meets a target, if all of them have it. Of compression c, with P parameters,
 * of which W are weights to prune:
 *
 *     sparsity = 1 - (P / c - (P - W)) / W
 *
 * Blalock et al. 2020 (ShrinkBench), https://arxiv.org/abs/2003.03033
 *
 * @throws RangeError if it can't be met: what is not pruned is already too much.
 */
export function sparsityFor(target: Target, size: NetSize): number {
  const [kind, value] = entryOf(target);
  if (kind === 'sparsity') return value;
  const [all, own, left] =
    kind === 'compression'
      ? [size.parameters, size.weights, size.parameters / value]
      : [size.multiplyAdds, size.prunedMultiplyAdds, size.multiplyAdds * value];
  const kept = (left - (all - own)) / own;
  if (kept > 0) return Math.max(0, 1 - kept);
  throw new RangeError(
    `A target of ${targetText(target)} can't be met: ${all - own} of ${all} ` +
      `${kind === 'compression' ? 'parameters' : 'multiply-adds'} are in what is not pruned`,
  );
}
