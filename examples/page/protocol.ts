/** What the page and its worker tell each other. */
import type {Choices} from './choices.js';

/** A net that answers: the dense one, its pruned twin, and one that was loaded from files. */
export type NetName = 'dense' | 'sparse' | 'loaded';

/** What the page asks of the worker. */
export type Request =
  | {readonly type: 'train'; readonly choices: Choices}
  | {readonly type: 'stop'}
  | {readonly type: 'goOn'}
  /** Which digit is it? 28 x 28 pixels in [0, 1], row by row. */
  | {readonly type: 'read'; readonly pixels: Float32Array}
  | {readonly type: 'showDigit'}
  /** Reads digit after digit, by the pruned net compiled and by both nets of tf.js, or stops that. */
  | {readonly type: 'runPruned'; readonly isOn: boolean}
  | {readonly type: 'save'}
  | {readonly type: 'load'; readonly files: readonly File[]};

/** What the worker reports. */
export type Report =
  | {readonly type: 'began'; readonly steps: number; readonly stepsPerEpoch: number}
  | ({readonly type: 'step'} & Step)
  | {readonly type: 'kernel'; readonly picture: KernelPicture}
  | {readonly type: 'checkup'; readonly step: number; readonly dense: Figures; readonly sparse: Figures}
  /** With what surgery makes of the pruned net, if whole channels were pruned. */
  | {readonly type: 'ended'; readonly dense: Figures; readonly sparse: Figures; readonly surgery?: Surgery}
  | {readonly type: 'answers'; readonly answers: Answers}
  | {readonly type: 'digit'; readonly pixels: Float32Array; readonly label: number}
  | {readonly type: 'speeds'; readonly speeds: Speeds}
  | {readonly type: 'saved'; readonly files: ModelFiles}
  | {readonly type: 'loaded'; readonly figures: Figures}
  | {readonly type: 'failed'; readonly request: Request['type']; readonly reason: string};

/** Means over the batches since the last report. */
export interface Step {
  readonly step: number;
  readonly losses: Readonly<Record<'dense' | 'sparse', number>>;
  /** The fraction of zeros in the pruned net's kernels. */
  readonly zeros: number;
}

/** The kernel of a layer, a pixel for each weight. */
export interface KernelPicture {
  readonly layer: string;
  readonly shape: readonly number[];
  readonly weights: number;
  readonly kept: number;
  readonly width: number;
  readonly height: number;
  /** Row by row: 0 for a weight that is pruned, else -127 to 127 by its sign and size; {@link GAP} between filters. */
  readonly ink: Int8Array<ArrayBuffer>;
}

export const GAP = -128;

/** What a net is worth, and what it costs. */
export interface Figures {
  /** On test digits, in [0, 1]. */
  readonly accuracy: number;
  readonly weights: number;
  readonly weightsLeft: number;
  /** Multiplications with a weight that is not zero, for one digit. */
  readonly multiplyAdds: number;
  /** Of the files that are downloaded, gzipped. */
  readonly bytes: number;
}

/** What surgery makes of the pruned net. */
export interface Surgery {
  readonly figures: Figures;
  readonly layers: readonly CutLayer[];
}

/** The channels and parameters of a layer, before and after. */
export interface CutLayer {
  readonly name: string;
  readonly channels: readonly [before: number, after: number];
  readonly parameters: readonly [before: number, after: number];
}

/** The probability of each digit, by the nets that there are. */
export type Answers = Readonly<Partial<Record<NetName, readonly number[]>>>;

/** What runs: `predict` of the dense net, that of the pruned one, and the pruned one compiled. */
export type RunName = 'dense' | 'pruned' | 'compiled';

/** Digits a second, one at a time. */
export type Speeds = Readonly<Record<RunName, number>>;

/** The two files that `tf.loadLayersModel` reads. */
export interface ModelFiles {
  readonly json: string;
  readonly weights: ArrayBuffer;
  /** The name of the second file, which the first one refers to. */
  readonly weightsName: string;
}
