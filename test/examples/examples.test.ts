import {seedShuffling} from '../../examples/benchmarks/support/figures.js';
import {main as attentionScores} from '../../examples/attention-scores.js';
import {main as comingFrom} from '../../examples/coming-from.js';
import {main as distill} from '../../examples/distill.js';
import {main as graphModels} from '../../examples/graph-models.js';
import {main as groupLasso} from '../../examples/group-lasso.js';
import {main as lassoScores} from '../../examples/lasso-scores.js';
import {main as learnedMasks} from '../../examples/learned-masks.js';
import {main as lotteryTicket} from '../../examples/lottery-ticket.js';
import {main as methods} from '../../examples/methods.js';
import {main as mnist} from '../../examples/mnist.js';
import {main as oneShot} from '../../examples/one-shot.js';
import {main as otherCallbacks} from '../../examples/other-callbacks.js';
import {main as ownMethod} from '../../examples/own-method.js';
import {main as ownParts} from '../../examples/own-parts.js';
import {main as publishedModel} from '../../examples/published-model.js';
import {main as reconstruct} from '../../examples/reconstruct.js';
import {main as resumeTraining} from '../../examples/resume-training.js';
import {main as searchRates} from '../../examples/search-rates.js';
import {main as shrink} from '../../examples/shrink.js';
import {main as shrinkOnPlateau} from '../../examples/shrink-on-plateau.js';
import {main as runPruned} from '../../examples/run-pruned.js';
import {main as smallFiles} from '../../examples/small-files.js';
import {main as trainingLoop} from '../../examples/training-loop.js';
import {main as trainOnWasm} from '../../examples/train-on-wasm.js';
import {main as wrapOneLayer} from '../../examples/wrap-one-layer.js';

beforeEach(() => {
  jest.spyOn(Math, 'random'); // put back with the others
  seedShuffling(1);
  jest.spyOn(console, 'log').mockImplementation();
  jest.spyOn(console, 'warn').mockImplementation();
});
afterEach(() => jest.restoreAllMocks());

test('mnist: dense and pruned twin, saved and loaded, on a slice', async () => {
  const {dense, sparse, compressed} = await mnist(2048, 500);
  expect(dense.accuracy).toBeGreaterThan(0.7);
  expect(sparse.accuracy).toBeGreaterThan(0.6);
  expect(compressed.accuracy).toBeGreaterThan(sparse.accuracy - 0.02);
  expect(sparse.kilobytes).toBeLessThan(0.2 * dense.kilobytes);
  expect(compressed.kilobytes).toBeLessThan(0.2 * sparse.kilobytes);
});

test('wrap-one-layer: only the hidden layer is pruned', async () => {
  const {layers} = await wrapOneLayer(1280);
  expect(layers.map(row => row.sparsity)).toEqual([0.8, 0]);
});

test('one-shot: ranking and sensitivity beat an equal sparsity for all layers', async () => {
  const results = await oneShot(2048, 500);
  expect(Object.keys(results)).toEqual(['uniform', 'global ranking', 'sensitivity']);
  const mean = (row: number[]) => row.reduce((sum, accuracy) => sum + accuracy, 0) / row.length;
  for (const better of ['global ranking', 'sensitivity']) {
    expect(mean(results[better]!)).toBeGreaterThan(mean(results['uniform']!) + 0.02);
  }
});

test('reconstruct: brings back what pruning took, without training', async () => {
  const {'90 % of the weights': weights, 'half of the multiply-adds': channels} = await reconstruct(2048, 500, 256);
  expect(weights![1]).toBeGreaterThan(weights![0] + 0.02);
  expect(channels![1]).toBeGreaterThan(channels![0]);
});

test('small-files: fewer bits make smaller files, and cost little', async () => {
  const files = await smallFiles(2048, 500, 4);
  const [plain, uint8, stock, eight, five, four] = Object.values(files);
  expect(uint8!.bytes).toBeLessThan(0.6 * plain!.bytes);
  expect(stock!.bytes).toBeLessThan(0.8 * uint8!.bytes);
  expect(eight!.bytes).toBeLessThan(0.8 * uint8!.bytes);
  expect(five!.bytes).toBeLessThan(0.8 * eight!.bytes);
  expect(four!.bytes).toBeLessThan(five!.bytes);
  for (const {accuracy} of Object.values(files)) expect(accuracy).toBeGreaterThan(plain!.accuracy - 0.02);
});

test('run-pruned: says what the model says, and faster', async () => {
  const {predict, run, agreement} = await runPruned(2048, 200, 3);
  expect(agreement).toBeGreaterThan(0.98);
  expect(run).toBeLessThan(predict);
});

test('lasso-scores: what the others can make up for costs least, and reconstruct brings it back', async () => {
  const {LASSO: lasso, magnitude} = await lassoScores(2048, 500, 256);
  expect(lasso![0]).toBeGreaterThan(magnitude![0]);
  expect(lasso![1]).toBeGreaterThan(lasso![0]);
});

test('methods: each trains the same net, and is better than chance at 90 % zeros', async () => {
  const results = await methods(960, 500);
  expect(Object.keys(results)).toHaveLength(12);
  for (const accuracy of Object.values(results)) expect(accuracy).toBeGreaterThan(0.2);
  const lines = jest.mocked(console.log).mock.calls.flat().slice(2);
  for (const line of lines) expect(line).toMatch(/ 9\d\.\d % zeros /);
});

test('own-method: exchanges weights for others, and ends as sparse as it was told to', async () => {
  const {sparsity, accuracy} = await ownMethod(1280, 500);
  expect(sparsity).toBeCloseTo(0.95, 6);
  expect(accuracy).toBeGreaterThan(0.5);
});

test('resume-training: resumes where it stopped', async () => {
  expect(await resumeTraining(1280)).toEqual({resumedAt: 2, step: 80, sparsity: 0.9});
});

test('training-loop: does what fit does, bit by bit, and clips gradients', async () => {
  const {isEqual, accuracies} = await trainingLoop(1280, 500);
  expect(isEqual).toBe(true);
  expect(accuracies[1]).toBe(accuracies[0]);
  expect(accuracies[2]).not.toBe(accuracies[0]);
  for (const accuracy of accuracies) expect(accuracy).toBeGreaterThan(0.6);
});

test('shrink-on-plateau: trains on after each cut, until it is small', async () => {
  const stages = await shrinkOnPlateau(2048, 500, 20_000);
  const parameters = stages.map(stage => stage.parameters);
  expect(parameters).toEqual([...parameters].sort((a, b) => b - a));
  expect(parameters.at(-1)).toBeLessThan(20_000);
  expect(stages.at(-1)!.trained).toBeGreaterThan(0.8);
});

test('train-on-wasm: a convolutional net learns without pruning', async () => {
  expect(await trainOnWasm(8192, 500, false)).toBeGreaterThan(0.7);
  const rows = jest
    .mocked(console.log)
    .mock.calls.flat()
    .filter(line => / ms$/.test(String(line)));
  expect(rows).toEqual(expect.arrayContaining([expect.stringMatching(/^wasm, completed +[\d.]+ ms$/)]));
});

test('published-model: learns a new task, is pruned, and loads as a plain model that answers the same', async () => {
  const {fineTuned, pruned, loaded, sparsity} = await publishedModel(2048, 500);
  expect(fineTuned).toBeGreaterThan(0.8);
  expect(pruned).toBeGreaterThan(0.8);
  expect(loaded).toBe(pruned);
  expect(sparsity).toBeCloseTo(0.8, 4);
});

test('shrink: a plan halves the multiply-adds; new statistics and training bring accuracy back', async () => {
  const {cut, trained, multiplyAdds} = await shrink(2048, 500);
  expect(multiplyAdds[1]).toBeLessThanOrEqual(0.5 * multiplyAdds[0]);
  expect(trained).toBeGreaterThan(cut + 0.1);
});

test('distill: a small net learns from the dense one, also without labels', async () => {
  const {accuracies, left} = await distill(640, 500, 6);
  expect(left).toBeLessThanOrEqual(0.25);
  expect(Object.keys(accuracies)).toHaveLength(6);
  for (const way of ['distilled', 'distilled, and by features', 'distilled without labels']) {
    expect(accuracies[way]).toBeGreaterThan(accuracies['cut out']! + 0.1);
  }
});

test('learned-masks: gates are decided near the target, and cut out without changing an output', async () => {
  const {gated, small, multiplyAdds} = await learnedMasks(3200, 500, 8);
  expect(Math.abs(multiplyAdds[1] / multiplyAdds[0] - 0.4)).toBeLessThan(0.05);
  expect(small).toBe(gated);
  expect(small).toBeGreaterThan(0.85);
});

test('attention-scores: what gets little attention can be cut out, and the rest learns on', async () => {
  const {cut, trained} = await attentionScores(1280, 500);
  expect(Object.keys(cut)).toEqual(['least attended', 'most attended', 'random', 'magnitude', 'taylor']);
  expect(cut['least attended']).toBeGreaterThan(cut['most attended']!);
  expect(trained['least attended']).toBeGreaterThan(cut['least attended']! + 0.1);
});

test('search-rates: no policy is worse than uniform rates, and a search that was stopped goes on', async () => {
  const {uniform, policies, resumed} = await searchRates(1280, 500, 12);
  expect(Object.keys(policies)).toEqual(['bisection', 'greedy', 'evolution', 'reinforcement', 'agents']);
  const best = Math.max(...Object.values(policies));
  expect(best).toBeGreaterThanOrEqual(uniform);
  expect(resumed[0]).toBe(resumed[1]);
});

test('lottery-ticket: a ticket and its control are pruned in the same rounds', async () => {
  const {ticket, control, sparsity} = await lotteryTicket(640, 500);
  expect(sparsity).toBeCloseTo(1 - 0.7 ** 5, 2);
  expect(Math.min(ticket, control)).toBeGreaterThan(0.4);
});

test('own-parts: parts of your own decide what is pruned', async () => {
  const {allocation, ...others} = await ownParts(1280);
  expect(allocation).toBeGreaterThan(0.4);
  expect(allocation).toBeLessThan(0.6);
  const half = {criterion: 0.5, 'criterion of gradients': 0.5, structure: 0.5};
  for (const [name, sparsity] of Object.entries({...half, schedule: 0.8, layer: 0.8})) {
    expect(others[name]).toBeCloseTo(sparsity, 3);
  }
});

test('group-lasso: filters become zero while the net trains, and are cut out', async () => {
  const {sparsity, parametersLeft} = await groupLasso(6400, 500);
  expect(sparsity).toBeGreaterThan(0.1);
  expect(parametersLeft).toBeLessThan(0.95);
});

test('other-callbacks: EarlyStopping and checkpoints wait until the model is pruned', async () => {
  const {epochs, hasCheckpoint} = await otherCallbacks(1280);
  expect(epochs).toBeGreaterThan(3);
  expect(hasCheckpoint).toBe(true);
});

test('coming-from: the calls of tfmot and of torch have counterparts that run', async () => {
  const {tfmot, torch} = await comingFrom(640);
  expect(tfmot).toBeCloseTo(0.8, 3);
  expect(torch).toBeGreaterThan(0.5);
});

test('graph-models: one is refused, and a layers model with its weights answers the same, and is pruned', async () => {
  const {refusal, difference, sparsity, onTop} = await graphModels();
  expect(refusal).toBe(
    'prunable expects a tf.Sequential or tf.LayersModel, got a GraphModel, which has no layers; convert the original ' +
      'to the layers format',
  );
  expect(difference).toBeLessThan(1e-5);
  expect([sparsity, onTop]).toEqual([0.5, 0.5]);
});
