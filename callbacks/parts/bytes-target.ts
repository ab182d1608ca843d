import * as tf from '@tensorflow/tfjs-core';
import {say} from '../../src/display/say.js';
import {expectInteger, expectNumber, isPlainObject} from '../../src/options/expect.js';
import {readWeight} from '../../src/penalties/penalized-weights.js';
import type {CodeLength, PenalizedWeight, Penalty} from '../../src/penalties/penalty.js';
import {outerModel, rememberSequentials, valuesLater} from '../../src/tfjs-internals.js';
import type {CallbackState} from './callback-state.js';
import type {Logs} from './logs.js';
import {isDue, type PenalizedModel, type PenaltyGoal, type Progress} from './penalty-goal.js';
import {AT_FIRST, nextStrength, type ControlState} from './strength-control.js';

/** The size of a file. */
export interface FileTarget {
  /**
   * Bytes of the whole file, as `compressed` writes it with the bits of the penalty and `others: 'float16'`. Channels
   * without use are counted: `shrink` makes it smaller still, and so does `foldBatchNorm`.
   */
  readonly bytes: number;
}

/** Whether a target is meant as the size of a file. */
export function isBytes(target: unknown): target is FileTarget {
  return isPlainObject(target) && 'bytes' in (target as object);
}

/** @throws TypeError or RangeError unless it is a number of bytes. */
export function expectBytes(name: string, target: FileTarget): FileTarget {
  const [other] = Object.keys(target).filter(key => key !== 'bytes');
  if (other !== undefined) throw new TypeError(`Expected \`${name}\` to be {bytes}, got {bytes, ${other}}`);
  expectInteger(`${name}.bytes`, target.bytes, {min: 1});
  return target;
}

/** The fraction of the fit at which the ramp to the target ends. */
const RAMP_END = 2 / 3;
/** How many changes of the strength lie between two files that are written to see how large they are. */
const WRITTEN_EVERY = 10;

/** What is remembered besides the control. */
interface Ramp {
  /** The size of the file at first; null before the first fit. */
  readonly from: number | null;
  /** The fraction of the fit at which that was. */
  readonly begun: number;
  /** How large the file is for what the penalty estimates. */
  readonly ratio: number;
  /** How often the strength has changed. */
  readonly changes: number;
}

const BEFORE: Ramp = {from: null, begun: 0, ratio: 1, changes: 0};

/**
 * The strength of a penalty on code lengths, set such that the compressed file gets a size: along a cubic curve from
 * what it is at first, to two thirds of the fit. Between files that are written into memory, one in ten changes, the
 * estimate of the penalty stands for them.
 */
export class BytesTarget implements PenaltyGoal {
  readonly pulls = [];
  readonly #bytes: number;
  readonly #code: CodeLength;
  #control: ControlState = AT_FIRST;
  #ramp = BEFORE;

  /** @throws TypeError if the penalty is not on code lengths. */
  constructor({bytes}: FileTarget, {code}: Penalty) {
    if (!code) {
      throw new TypeError(
        'Expected a penalty on the size of the file with `target: {bytes}`, such as entropyPenalty({strength: ' +
          '1e-7}); others take a fraction of small weights as `target`',
      );
    }
    this.#bytes = bytes;
    this.#code = code;
  }

  get strength(): number {
    return this.#control.strength;
  }

  /** @throws RangeError if the file takes more even when all that is penalized is zero. */
  async begin(penalized: PenalizedModel, {step, steps}: Progress): Promise<void> {
    if (this.#ramp.from !== null) return;
    await this.#expectReachable(penalized);
    const from = await this.#write(penalized);
    this.#ramp = {...this.#ramp, from, begun: step / steps};
  }

  async drive(penalized: PenalizedModel, {step, steps}: Progress): Promise<void> {
    if (!isDue(step, steps)) return;
    const isWritten = this.#ramp.changes % WRITTEN_EVERY === 0;
    const bytes = isWritten ? await this.#write(penalized) : await this.#estimate(penalized);
    const wanted = this.#bytesAt(step / steps);
    const distance = (bytes - wanted) / wanted;
    this.#control = nextStrength(this.#control, distance, {limit: Infinity, phase: 'move'});
    this.#ramp = {...this.#ramp, changes: this.#ramp.changes + 1};
  }

  /** `expectedBytes`: about how large the file is. */
  async logs(penalized: PenalizedModel): Promise<Logs> {
    return {expectedBytes: await this.#estimate(penalized)};
  }

  release(): void {
    // holds nothing
  }

  async sayIfMissed(penalized: PenalizedModel): Promise<void> {
    const bytes = await this.#write(penalized);
    if (Math.abs(bytes - this.#bytes) <= TOLERATED * this.#bytes) return;
    const advice =
      bytes > this.#bytes
        ? 'train longer, or change what the penalty does not reach: biases, normalizations and the number of layers'
        : 'the loss asks for no more of them, so a smaller target may cost nothing';
    say(penalized.owner, `the file has ${bytes} bytes instead of ${this.#bytes}; ${advice}`);
  }

  reset(): void {
    this.#control = AT_FIRST;
    this.#ramp = BEFORE;
  }

  state(): CallbackState {
    return {json: {control: {...this.#control}, ramp: {...this.#ramp}}, tensors: {}};
  }

  restore(state: CallbackState): void {
    const {control, ramp} = state.json as unknown as {control: ControlState; ramp: Ramp};
    const {from, ...others} = ramp;
    for (const [name, value] of Object.entries({...control, ...others})) expectNumber(name, value);
    if (from !== null) expectNumber('from', from, {min: 0});
    this.#control = {...control};
    this.#ramp = {...ramp};
  }

  async #expectReachable({owner, model, weights}: PenalizedModel): Promise<void> {
    const {compressedBytes} = await import('../../src/report/file-sizes.js');
    const names = new Set(weights.map(({variable}) => variable.originalName));
    const least = await compressedBytes(owner, outerModel(model), this.#code.bits, names);
    if (this.#bytes >= least) return;
    throw new RangeError(
      `${owner} expects \`target.bytes\` of at least ${least}, which the file takes without the weights that are ` +
        `penalized, got ${this.#bytes}`,
    );
  }

  #bytesAt(progress: number): number {
    const {from, begun} = this.#ramp;
    if (progress >= RAMP_END) return this.#bytes;
    return this.#bytes + (from! - this.#bytes) * ((RAMP_END - progress) / (RAMP_END - begun)) ** 3;
  }

  async #estimate({weights}: PenalizedModel): Promise<number> {
    const [bits] = await valuesLater(() => tf.addN(weights.map(weight => this.#lengthOf(weight))));
    return (this.#ramp.ratio * bits!) / 8;
  }

  #lengthOf(weight: PenalizedWeight): tf.Scalar {
    return this.#code.lengthOf(readWeight(weight), weight.layout);
  }

  /** The bytes of a file with the weights as they are now. */
  async #write(penalized: PenalizedModel): Promise<number> {
    const {compressedBytes} = await import('../../src/report/file-sizes.js'); // pages that do not ask load no coder
    const bytes = await compressedBytes(penalized.owner, outerModel(penalized.model), this.#code.bits);
    this.#ramp = {...this.#ramp, ratio: 1};
    const estimate = await this.#estimate(penalized);
    this.#ramp = {...this.#ramp, ratio: estimate > 0 ? bytes / estimate : 1};
    return bytes;
  }
}

/** How far a file may be from its target without a word. */
const TOLERATED = 0.02;

rememberSequentials(); // the file of the model inside one has another topology
