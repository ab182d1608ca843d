import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import {modelCost, prunable} from 'tfjs-pruning';
import {uniform} from '../../../src/allocations/uniform.js';
import {globalRanking} from '../../../src/allocations/global-ranking.js';
import {shrink} from '../../../src/surgery/cut/shrink.js';
import type {ChannelPlan} from '../../../src/surgery/plan/channel-plan.js';
import {planChannelPruning} from '../../../src/surgery/plan/plan-channel-pruning.js';
import {ARCHITECTURES} from '../../support/architectures.js';
import {modelOf, recipes} from '../../support/random-architecture.js';

/** Expects the model that is left to be exactly as large as the plan says. */
function expectExact(model: tf.LayersModel, plan: ChannelPlan): tf.LayersModel {
  const small = shrink(model, plan);
  const {parameters, multiplyAdds} = modelCost(small).total;
  expect(plan.after).toMatchObject({parameters, multiplyAdds});
  return small;
}

beforeEach(() => void jest.spyOn(console, 'warn').mockImplementation());
afterEach(() => jest.restoreAllMocks());

test.each(Object.entries(ARCHITECTURES))('%s', async (_name, build) => {
  const model = build();
  for (const sparsity of [0.5, 0.9, 0.99]) {
    const plan = await planChannelPruning(model, {sparsity, minChannels: 0});
    expectExact(model, plan);
    if (sparsity === 0.99) console.log(_name, JSON.stringify(plan.groups.map(g=>[g.name,g.before,g.after,g.reason])), plan.shortfall);
  }
});

test('models that grow at random', async () => {
  let vanished = 0;
  const fraction = fc.double({min: 0.01, max: 0.99, noNaN: true});
  await fc.assert(
    fc.asyncProperty(
      recipes,
      fraction,
      fc.constantFrom('sparsity', 'multiplyAdds', 'parameters'),
      fc.constantFrom(1, 1, 2),
      fc.constantFrom(uniform(), globalRanking(), globalRanking({normalise: 'mean'})),
      async (recipe, a, name, roundTo, allocation) => {
        const model = modelOf(recipe);
        const plan = await planChannelPruning(model, {[name]: a, roundTo, allocation, minChannels: 0});
        const small = expectExact(model, plan);
        if (plan.groups.some(({after}) => after === 0)) vanished++;
        for (const {weights} of [model, small]) for (const weight of weights) weight.dispose();
      },
    ),
    {seed: 1, numRuns: 300},
  );
  console.log(vanished);
});
