import {roundHalfEven} from '../../math/round-half-even.js';
import type {Proposal, SearchedLayer, SearchTask} from '../policies/policy.js';

/** A step of a walk: what the agent saw, and the fraction of the layer that it kept. */
export interface Step {
  readonly state: readonly number[];
  readonly action: number;
}

/** What the agent decides on: the fraction of a layer that is kept, between bounds. */
export type Decide = (state: readonly number[], bounds: Bounds, layer: number) => number | Promise<number>;

/** The least and the most of a layer that can be kept. */
export interface Bounds {
  readonly lower: number;
  readonly upper: number;
}

/** How many numbers a state has: what is known of the layer, and three that depend on the walk. */
export const STATE_SIZE = 10;

/**
 * Walks through the layers, and decides for each how much is kept. Before each layer the agent sees
 *
 *     (index, outputs, inputs, positions, window, multiply-adds, parameters,
 *      reduced so far, what can still go, last action)
 *
 * the first ones scaled to [0, 1] over the layers. No layer may keep so much that the target is out of reach, even if
 * all later ones lose all that they can.
 */
export async function walk(task: SearchTask, decide: Decide): Promise<{rates: number[]; steps: Step[]}> {
  const {layers} = task;
  const known = knownOf(layers);
  const full = await task.load({rates: layers.map(() => 0)});
  const rates: number[] = [];
  const steps: Step[] = [];
  for (const [i, layer] of layers.entries()) {
    const now = await task.load({rates: layers.map((_, at) => rates[at] ?? 0)});
    const least = await task.load({rates: layers.map(({most}, at) => rates[at] ?? most)});
    const last = steps.at(-1)?.action ?? 1;
    const state = [...known[i]!, 1 - now / full, (now - least) / full, last];
    const bounds = {lower: 1 - layer.most, upper: 1 - (await lowestRate(task, rates, i))};
    const action = await decide(state, bounds, i);
    steps.push({state, action});
    rates.push(1 - action);
    await task.pause();
  }
  return {rates, steps};
}

/** The smallest rate of a layer with which the target stays in reach. */
async function lowestRate({layers, reach}: SearchTask, before: readonly number[], layer: number): Promise<number> {
  const {size, least, most} = layers[layer]!;
  const at = (level: number): Proposal => ({
    rates: layers.map((other, i) => before[i] ?? (i === layer ? least + level * (most - least) : other.most)),
  });
  return roundHalfEven(size * (await reach(at)).rates![layer]!) / size;
}

/** What is known of each layer, each number scaled to [0, 1] over the layers. */
function knownOf(layers: readonly SearchedLayer[]): number[][] {
  const rows = layers.map(({shape: {inputs, outputs, positions, window}}, i) => {
    const parameters = inputs * outputs * window;
    return [i, outputs, inputs, positions, window, parameters * positions, parameters];
  });
  const lowest = rows[0]!.map((_, column) => Math.min(...rows.map(row => row[column]!)));
  const highest = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!)));
  return rows.map(row =>
    row.map((value, column) => (value - lowest[column]!) / (highest[column]! - lowest[column]! || 1)),
  );
}
