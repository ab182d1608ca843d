import * as tf from '@tensorflow/tfjs-core';
import {countOf} from '../math/count-of.js';
import {expectModel, modelLayers} from '../layers/model-layers.js';
import {valuesLater, type Model} from '../tfjs-internals.js';
import {expectFinite} from './expect-finite.js';
import {gatedLayers, isGatedLayer} from './gated-layers.js';
import type {WeightGate} from './weight-gate.js';

/** How many bins a histogram has, over [0, 1]. */
const BINS = 10;

/** The gates that one weight holds. */
export interface WeightGates {
  /** The weight that holds them, after the names of the models it is nested in: `base/conv1/kernel`. */
  weight: string;
  /** The name under which the gates are declared: 'HardConcrete'. */
  gate: string;
  /** How many groups they open and close. */
  groups: number;
  /** How many would stay if the gates were decided now. */
  open: number;
  /** `open / groups`. */
  openShare: number;
  /** Whether they are decided for good. */
  isDecided: boolean;
  /**
   * How many groups are how open: in each tenth of [0, 1], from closed to open, the last one with 1. What counts is the
   * openness that a cost pushes down, or the factor of gates without one.
   */
  histogram: number[];
}

/** What `gateReport` resolves to. */
export interface GateReport {
  /** One row for each weight that holds gates. */
  weights: WeightGates[];
  /** All gates together. */
  total: Pick<WeightGates, 'groups' | 'open' | 'openShare'>;
}

/**
 * What the gates of a model do: how many groups of each weight are open, and how open they are. Call it at any time, as
 * in a callback while they train.
 *
 * @throws TypeError if `model` is not a model or has no gates, Error if it was disposed or weights or gates are not
 *     finite.
 *
 * @example
 * console.log(formatGates(await gateReport(model)));
 */
export async function gateReport(model: Model): Promise<GateReport> {
  const placed = modelLayers(expectModel('gateReport', model)).flatMap(({layer, within}) =>
    isGatedLayer(layer) ? layer.weightGates.map(gate => ({gate, within})) : [],
  );
  if (placed.length === 0) throw new TypeError(`gateReport expects a model with gates, but "${model.name}" has none`);
  await expectFinite(gatedLayers(model));
  const weights: WeightGates[] = [];
  for (const {gate, within} of placed) weights.push(await rowOf(gate, within));
  const [groups, open] = [sum(weights.map(row => row.groups)), sum(weights.map(row => row.open))];
  return {weights, total: {groups, open, openShare: open / groups}};
}

async function rowOf(gate: WeightGate, within: string): Promise<WeightGates> {
  const open = countOf(await valuesLater(() => gate.open()), 1);
  const openness = await valuesLater(() => tf.clipByValue(gate.shown(), 0, 1));
  const histogram = Array.from({length: BINS}, () => 0);
  for (const value of openness) histogram[Math.min(BINS - 1, Math.floor(value * BINS))]!++;
  return {
    weight: within + gate.weight.name,
    gate: gate.declaredName,
    groups: gate.count,
    open,
    openShare: open / gate.count,
    isDecided: gate.isHard,
    histogram,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
