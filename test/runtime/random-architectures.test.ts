import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import {modelOf} from '../support/random-architecture.js';
import {expectPredicted, thinOut} from './against-predict.js';
import {allRecipes, knownRecipes} from './known-recipes.js';

// tf.js warns of states that it saves all the same.
beforeEach(() => void jest.spyOn(console, 'warn').mockImplementation());
afterEach(() => jest.restoreAllMocks());

test('random architectures compute what predict does, at random sparsities and batches', async () => {
  const draws = fc.record({
    recipe: knownRecipes,
    sparsity: fc.constantFrom(0, 0.5, 0.9, 1),
    batch: fc.constantFrom(1, 1, 2, 3, 8),
  });
  const property = fc.asyncProperty(draws, async ({recipe, sparsity, batch}) => {
    const model = modelOf(recipe);
    thinOut(model, sparsity);
    await expectPredicted(model, {batch});
    tf.dispose(model.weights.map(weight => weight.read()));
  });
  await fc.assert(property, {numRuns: 120, seed: 1});
});

test('random architectures whose unknown layers tf.js runs compute what predict does', async () => {
  const draws = fc.record({recipe: allRecipes, batch: fc.constantFrom(1, 2, 3)});
  const property = fc.asyncProperty(draws, async ({recipe, batch}) => {
    const model = modelOf(recipe);
    await expectPredicted(model, {batch, others: true});
    tf.dispose(model.weights.map(weight => weight.read()));
  });
  await fc.assert(property, {numRuns: 60, seed: 3});
});
