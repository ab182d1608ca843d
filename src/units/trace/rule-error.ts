import type {Layer} from '../../tfjs-internals.js';

/** The error of a rule that contradicts itself, or its layer. @param problem what it does, as said of the rule. */
export function ruleError({layer, path}: {readonly layer: Layer; readonly path: string}, problem: string): RangeError {
  return new RangeError(`The rule of ${layer.getClassName()} ${problem} ("${path}"); correct it in declareLayer`);
}
