import type {Progress} from 'tfjs-pruning';
import {LongWork} from '../../src/display/long-work.js';
import {nextTurn} from '../../src/display/next-turn.js';
import {letsOthersRun} from '../support/lets-others-run.js';

afterEach(() => jest.restoreAllMocks());

test('lets others run when 40 ms have passed, and counts anew then', async () => {
  const now = jest.spyOn(Date, 'now').mockReturnValue(1000);
  const work = new LongWork({});
  const pausedAt: number[] = [];
  for (const time of [1000, 1039, 1040, 1079, 1080]) {
    now.mockReturnValue(time);
    if (await letsOthersRun(() => work.pause())) pausedAt.push(time);
  }
  expect(pausedAt).toEqual([1040, 1080]);
});

test('reports steps that never fall and never exceed the total', async () => {
  const told: Progress[] = [];
  const work = new LongWork<{loss?: number}>({onProgress: progress => told.push(progress)});
  work.total = 3;
  await work.reach(1, 'a');
  await work.reach(0, 'b', {loss: 7});
  await work.reach(5, 'c');
  expect(told).toEqual([
    {done: 1, total: 3, label: 'a'},
    {done: 1, total: 3, label: 'b', loss: 7},
    {done: 3, total: 3, label: 'c'},
  ]);
});

test('throws the reason of the signal: at the start, at a pause, and when aborted in one', async () => {
  const reason = new Error('enough');
  expect(() => new LongWork({signal: AbortSignal.abort(reason)})).toThrow(reason);
  const controller = new AbortController();
  const now = jest.spyOn(Date, 'now').mockReturnValue(0);
  const work = new LongWork({signal: controller.signal});
  now.mockReturnValue(50);
  const pause = work.pause();
  controller.abort(reason);
  await expect(pause).rejects.toBe(reason);
  await expect(work.reach(1, 'a')).rejects.toBe(reason);
});

test('a hidden page waits for a message, which is not delayed, rather than for a timer; timers go on', async () => {
  const page = globalThis as {document?: {hidden: boolean}};
  for (const hidden of [true, false]) {
    const ticked = jest.fn();
    setTimeout(ticked, 5);
    const timers = jest.spyOn(globalThis, 'setTimeout');
    page.document = {hidden};
    let turns = 0;
    try {
      for (; ticked.mock.calls.length === 0; turns++) await nextTurn();
    } finally {
      delete page.document;
    }
    expect(timers).toHaveBeenCalledTimes(hidden ? 0 : turns);
    timers.mockRestore();
  }
});
