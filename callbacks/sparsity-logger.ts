import * as tfl from '@tensorflow/tfjs-layers';
import type {MaskedWeight} from '../src/layers/masked-weight.js';
import {expectMasks, prunableLayers} from '../src/layers/model-layers.js';
import {expectFunction} from '../src/options/expect.js';
import {option} from '../src/options/option.js';
import {read} from '../src/options/read.js';
import type {Args, Values} from '../src/options/table.js';
import {countModelZeros} from '../src/masks/model-zeros.js';
import {countMasked, type ZeroCount} from '../src/masks/zero-count.js';
import type {CallbackState, ResumableCallback} from './parts/callback-state.js';
import {FitGuard} from './parts/fit-guard.js';
import {numbersOf, type Logs} from './parts/logs.js';
import {States} from './parts/states.js';

/** @inline */
type TakesLines = (line: string) => unknown;

const OPTIONS = {
  /** Gets one readable line per epoch. Defaults to `console.log`; null prints nothing. What it returns is awaited. */
  print: option(
    (name, print: TakesLines | null) => (print === null ? null : expectTakesLines(name, print)),
    () => console.log, // eslint-disable-line no-console -- printing is what a logger is for
  ),
  /** Gets one JSON object per epoch, as text without a line break. Defaults to none. What it returns is awaited. */
  jsonLines: option(expectTakesLines, undefined),
};

/** Options of {@link SparsityLogger}. */
export type SparsityLoggerArgs = Args<typeof OPTIONS>;

/**
 * Prints one line per epoch: the metrics, and how sparse the model is.
 *
 *     epoch 3/5  loss 0.0512  acc 0.9841  val_acc 0.9853  sparsity 0.842  (224,140 of 266,200 weights zero)
 *
 * `sparsity` is the sparsity of the layers that a callback before it in the list prunes; without one, of all wrapped
 * layers. `modelSparsity` follows if it differs: the sparsity of all weights of the model that can be pruned, including
 * layers that are frozen or not wrapped. The counts at the end are also of all these weights.
 *
 * @throws TypeError if an option is unknown or not a function.
 *
 * @example
 * new SparsityLogger({jsonLines: line => fs.appendFileSync('run.jsonl', line + '\n')});
 */
export class SparsityLogger extends tfl.Callback implements ResumableCallback {
  readonly #fit = new FitGuard(this);
  readonly #states = new States(this.#fit, {}, []);
  readonly #sinks: Values<typeof OPTIONS>;

  constructor(args: SparsityLoggerArgs = {}) {
    super();
    this.#sinks = read('SparsityLogger', args, OPTIONS);
  }

  state(): Promise<CallbackState> {
    return this.#states.state();
  }

  restore(state: CallbackState): Promise<void> {
    return this.#states.restore(state);
  }

  override onTrainBegin(): Promise<void> {
    expectMasks(prunableLayers(this.#fit.model));
    return Promise.resolve();
  }

  override async onEpochEnd(epoch: number, logs: Logs = {}): Promise<void> {
    const masked = prunableLayers(this.#fit.model).flatMap(({layer}) => layer.maskedWeights);
    const metrics = await numbersOf(logs);
    delete metrics['modelSparsity'];
    const count = masked.length > 0 ? await countModelZeros(this.#fit.model) : {weights: 0, zeros: 0};
    if (masked.length > 0) Object.assign(metrics, await sparsities(masked, count, metrics['sparsity']));
    await this.#sinks.jsonLines?.(JSON.stringify({epoch: epoch + 1, ...metrics, ...count}));
    const columns = [`epoch ${epoch + 1}/${this.params['epochs'] as number}`, ...Object.entries(metrics).map(column)];
    if (masked.length > 0) columns.push(`(${thousands(count.zeros)} of ${thousands(count.weights)} weights zero)`);
    await this.#sinks.print?.(columns.join('  '));
  }
}

/** The sparsity of the layers that a callback prunes, or of all wrapped ones; and the model's if it differs. */
async function sparsities(
  masked: readonly MaskedWeight[],
  {zeros, weights}: ZeroCount,
  ofPruned: number | undefined,
): Promise<Record<string, number>> {
  const wrapped = await countMasked(masked);
  const sparsity = ofPruned ?? wrapped.zeros / wrapped.weights;
  const modelSparsity = zeros / weights;
  return {sparsity, ...(modelSparsity !== sparsity && {modelSparsity})};
}

function column([name, value]: [string, number]): string {
  return `${name} ${value.toFixed(name.toLowerCase().endsWith('sparsity') ? 3 : 4)}`;
}

function thousands(n: number): string {
  return n.toLocaleString('en-US');
}

function expectTakesLines(name: string, sink: TakesLines): TakesLines {
  return expectFunction(name, sink, 'that takes a line');
}
