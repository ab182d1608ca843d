import * as tf from '@tensorflow/tfjs';
import {EventLoopPauses} from '../../../callbacks/parts/event-loop-pauses.js';

test('pauses when an eighth of a second has passed, and counts anew then', async () => {
  let now = 1000;
  jest.spyOn(Date, 'now').mockImplementation(() => now);
  const nextFrame = jest.spyOn(tf, 'nextFrame').mockResolvedValue(undefined);
  const pauses = new EventLoopPauses();
  pauses.begin();
  const taken: number[] = [];
  for (const time of [1000, 1124, 1125, 1249, 1250]) {
    now = time;
    await pauses.pauseIfDue();
    taken.push(nextFrame.mock.calls.length);
  }
  jest.restoreAllMocks();
  expect(taken).toEqual([0, 0, 1, 1, 2]);
});
