import type * as tf from '@tensorflow/tfjs-core';
import type {PenalizedWeight} from '../../src/penalties/penalty.js';
import type {Model} from '../../src/tfjs-internals.js';
import type {Remembering} from './callback-state.js';
import type {Logs} from './logs.js';
import type {Gradients} from './pull-size.js';
import {CHANGES} from './strength-control.js';

/** Where a fit stands. */
export interface Progress {
  readonly step: number;
  /** The steps of the whole training. */
  readonly steps: number;
}

/** How a penalty pulls. */
export interface Pull {
  readonly optimizer: tf.Optimizer | undefined;
  /** The gradients of the penalty, if the optimizer steps by them. */
  readonly gradients: Gradients | undefined;
}

/** The penalty of a fit. */
export interface PenalizedModel {
  readonly owner: string;
  readonly model: Model;
  readonly weights: readonly PenalizedWeight[];
}

/** What a penalty should reach, by the strength that is set for it. */
export interface PenaltyGoal extends Remembering {
  /** What the penalty is multiplied by. */
  readonly strength: number;
  /** What its pull on each element is multiplied by, a tensor for each weight; empty if that is 1. */
  readonly pulls: readonly tf.Tensor[];
  /** Called when a fit begins. */
  begin(penalized: PenalizedModel, progress: Progress): Promise<void>;
  /** Called before each batch: changes the strength if it is due. */
  drive(penalized: PenalizedModel, progress: Progress, pull: Pull): Promise<void>;
  /** How far it is reached now. */
  logs(penalized: PenalizedModel): Promise<Logs>;
  /** Called when a fit ends, however it ends. */
  release(): void;
  /** Called when the training is over: says if it was missed. */
  sayIfMissed(penalized: PenalizedModel): Promise<void>;
  /** Starts again, for another training. */
  reset(): void;
}

/** Whether one of the changes, which are equally spaced over the training, falls on a step. */
export function isDue(step: number, steps: number): boolean {
  const changesAt = (at: number) => Math.floor((at * CHANGES) / steps);
  return step === 0 || changesAt(step) > changesAt(step - 1);
}
