import type {Layer} from '../../tfjs-internals.js';

/**
 * The error for a rule that contradicts itself or its layer. @param problem what the rule does, after "The rule of X".
 */
export function ruleError({layer, path}: {readonly layer: Layer; readonly path: string}, problem: string): RangeError {
  return new RangeError(`The rule of ${layer.getClassName()} ${problem} ("${path}"); correct it in declareLayer`);
}
