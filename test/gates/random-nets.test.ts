import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import {coupledChannels, filters, hardConcrete, prunable, shrink, stripPruning, weights} from 'tfjs-pruning';
import {gatedLayers} from '../../src/gates/gated-layers.js';
import {hardenGates} from '../../src/gates/harden-gates.js';
import {modelOf, recipes, type Recipe} from '../support/random-architecture.js';
import {difference, randomInputs} from '../support/surgery-oracle.js';
import {saveAndLoad} from '../support/tensors.js';

const STRUCTURES = {weights, filters: () => filters(), coupledChannels: () => coupledChannels()};
const RUNS = 10;

/** Refusals that are right: there is nothing to gate, or groups span nested models. */
const REFUSED = /finds nothing to prune|models that are nested in each other/;

function gated(recipe: Recipe, structure: keyof typeof STRUCTURES): tf.LayersModel | undefined {
  try {
    return prunable(modelOf(recipe), {gate: hardConcrete({gateSpeed: 1}), structure: STRUCTURES[structure]()});
  } catch (error) {
    if (REFUSED.test((error as Error).message)) return undefined;
    throw error;
  }
}

/** Closes some gates, and leaves some half open. */
function setGates(model: tf.LayersModel, seed: number): void {
  let i = seed;
  for (const {
    auxiliary: [first],
    count,
  } of gatedLayers(model).flatMap(({weightGates}) => weightGates)) {
    const values = Float32Array.from({length: count}, () => [-5, 0.4, 5, -5, -0.4][i++ % 5]!);
    tf.tidy(() => void first!.variable.write(tf.tensor(values, first!.variable.shape as number[])));
  }
}

let said: jest.SpyInstance;
beforeEach(() => (said = jest.spyOn(console, 'warn').mockImplementation()));
afterEach(() => said.mockRestore());

test.each(Object.keys(STRUCTURES) as (keyof typeof STRUCTURES)[])(
  'random nets with gates of %s compute the same decided, stripped and shrunk',
  async structure => {
    await fc.assert(
      fc.asyncProperty(recipes, async recipe => {
        const model = gated(recipe, structure);
        if (!model) return;
        setGates(model, recipe.seed % 5);
        const inputs = randomInputs(model);
        const plain = stripPruning(model);
        const expectEqual = (other: tf.LayersModel) => {
          const {error, scale} = difference(model, other, inputs);
          expect(error).toBeLessThanOrEqual(1e-4 * Math.max(1, scale));
        };
        expectEqual(await saveAndLoad(model));
        expectEqual(plain);
        const small = await shrink(plain);
        expectEqual(small);
        hardenGates(gatedLayers(model));
        expectEqual(plain);
        expectEqual(small);
        for (const {weights: all} of [model, plain, small]) for (const weight of all) weight.dispose();
      }),
      {numRuns: RUNS, seed: 7},
    );
  },
);
