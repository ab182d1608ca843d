import * as tf from '@tensorflow/tfjs-core';
import {assign} from '../tfjs-internals.js';
import type {Draft} from './draft.js';
import {fromMatrices, type LinearWeight} from './linear-weight.js';
import type {Change, RecoveredWeight} from './weight-change.js';

/** What was found for a weight. */
export interface Found {
  readonly weight: LinearWeight;
  readonly change: Change;
  readonly recovered: RecoveredWeight;
}

/** Gives a model its drafted weights and the masks that were found, all or none. */
export function commit(found: readonly Found[], draft: Draft): void {
  tf.tidy(() => found.map(one => prepared(one, draft)).forEach(put => put()));
}

/** Computes all that is new of a weight. @returns what assigns it. */
function prepared({weight, change}: Found, draft: Draft): () => void {
  const {computes, steps, index, variable, masked, constant} = weight;
  const value = draft.of(computes, steps[index]!.field);
  const shifted = constant && draft.of(constant.layer, constant.field);
  const mask = change.kept && fromMatrices(Float32Array.from(change.kept), weight);
  // Weights behind a mask that stays may be kept for `restoreDense`.
  const hidden = masked && !mask && value && tf.mul(masked.kernel.read(), tf.sub(1, masked.mask.read()));
  const whole = value && hidden ? tf.add(value, hidden) : value;
  return () => {
    if (masked && mask) masked.setMask(mask, {isDense: change.kept.every(one => one === 1), maskedKernel: whole});
    else if (whole) assign(variable, whole);
    if (constant && shifted) assign(constant.variable, shifted);
  };
}
