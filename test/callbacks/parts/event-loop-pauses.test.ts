import {EventLoopPauses} from '../../../callbacks/parts/event-loop-pauses.js';
import {letsOthersRun} from '../../support/lets-others-run.js';

afterEach(() => jest.restoreAllMocks());

test('lets the event loop run when an eighth of a second has passed, and counts anew then', async () => {
  const now = jest.spyOn(Date, 'now').mockReturnValue(1000);
  const pauses = new EventLoopPauses();
  pauses.begin();
  const ranAt: number[] = [];
  for (const time of [1000, 1124, 1125, 1249, 1250]) {
    now.mockReturnValue(time);
    if (await letsOthersRun(() => pauses.pauseIfDue())) ranAt.push(time);
  }
  expect(ranAt).toEqual([1125, 1250]);
});
