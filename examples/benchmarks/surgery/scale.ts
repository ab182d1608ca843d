/** Traces and plans a net of 514 layers, and shrinks one of 21 M parameters: medians of five runs. */
import {planChannelPruning, shrink, traceChannels} from 'tfjs-pruning';
import {median, report} from '../support/figures.js';
import {largeVgg, resnet} from '../support/surgery-nets.js';

const TIMES = 5;

async function timeOf(act: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < TIMES; i++) {
    const start = performance.now();
    await act();
    times.push(performance.now() - start);
  }
  return median(times);
}

/** Measures both. */
export async function main(): Promise<void> {
  const deep = resnet({seed: 1, inputShape: [32, 32, 3], blocks: 24});
  const large = largeVgg(1);
  const traced = await timeOf(() => traceChannels(deep));
  // planning includes tracing
  const planned = await timeOf(() => planChannelPruning(deep, {multiplyAdds: 0.5}));
  const plan = await planChannelPruning(large, {multiplyAdds: 0.5});
  const shrunk = await timeOf(async () => (await shrink(large, plan)).dispose());
  const parameters = (large.countParams() / 1e6).toFixed(1);
  report('surgery/scale', [
    {what: `${deep.layers.length} layers, traced`, value: traced, unit: 'ms'},
    {what: `${deep.layers.length} layers, traced and planned`, value: planned, unit: 'ms', target: 1000},
    {what: `${parameters} M parameters, shrunk`, value: shrunk, unit: 'ms', target: 2000},
  ]);
  for (const model of [deep, large]) model.dispose();
}
