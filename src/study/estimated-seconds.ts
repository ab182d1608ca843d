import {dispose, slice} from '@tensorflow/tfjs-core';
import {mean} from './report/statistics.js';
import {countOf, mapExamples, shapesOf, type Examples} from './examples.js';
import type {RunResult} from './execute-run.js';
import type {Results} from './results.js';
import type {Run} from './run.js';
import type {Study} from './study.js';
import {compiled} from './train-part.js';

/** How many batches are timed, after as many to warm up. */
const TIMED = 5;

/**
 * How long runs will take: as long as those of the same data, net and method that are done, or else of the same net; or
 * else as long as a few batches of the dense net say. An estimate: methods that watch the training take longer.
 */
export async function estimatedSeconds(study: Study, runs: readonly Run[], results: Results): Promise<number[]> {
  const done = await results.all();
  const timed = new Map<string, number>();
  const seconds: number[] = [];
  for (const run of runs) {
    const alike = [sameMethod, sameNet].map(isAlike => done.filter(({run: other}) => isAlike(run, other)));
    const known = alike.find(list => list.length > 0);
    if (known) {
      seconds.push(mean(known.map(totalOf)));
      continue;
    }
    const key = JSON.stringify([run.data, run.net, run.train]);
    if (!timed.has(key)) timed.set(key, await timedRun(study, run));
    seconds.push(timed.get(key)!);
  }
  return seconds;
}

function sameNet(one: Run, other: Run): boolean {
  const keys = ['data', 'net', 'train'] as const;
  return keys.every(key => JSON.stringify(one[key]) === JSON.stringify(other[key]));
}

function sameMethod(one: Run, other: Run): boolean {
  return sameNet(one, other) && JSON.stringify(one.method) === JSON.stringify(other.method);
}

function totalOf({seconds: {train, prune, tune}}: RunResult): number {
  return train + prune + tune;
}

async function timedRun(study: Study, run: Run): Promise<number> {
  const {data, net} = study.partsOf(run);
  const {train, test} = await data.load();
  try {
    return await timedTraining(run, net, train);
  } finally {
    dispose([train, test] as never);
  }
}

async function timedTraining(
  {seed, train: recipe}: Run,
  net: ReturnType<Study['partsOf']>['net'],
  train: Examples,
): Promise<number> {
  const model = compiled(net.make({seed, ...shapesOf(train)}), recipe);
  const few = Math.min(countOf(train), TIMED * recipe.batchSize);
  const {xs, ys} = mapExamples(train, tensor => slice(tensor, 0, few));
  try {
    const args = {batchSize: recipe.batchSize, epochs: 1, verbose: 0 as const, shuffle: false};
    await model.fit(xs, ys, args);
    const began = performance.now();
    await model.fit(xs, ys, args);
    const perExample = (performance.now() - began) / 1000 / few;
    return perExample * countOf(train) * (recipe.epochs + recipe.tuneEpochs);
  } finally {
    model.optimizer.dispose();
    model.dispose();
    dispose([xs, ys] as never);
  }
}
