import {ShortFitNotice} from '../../../callbacks/parts/short-fit-notice.js';

const goal = {name: 'the end at step 9', isReachedAt: (step: number) => step >= 9, remedy: 'Train on'};
let warn: jest.SpyInstance;
beforeEach(() => (warn = jest.spyOn(console, 'warn').mockImplementation()));
afterEach(() => warn.mockRestore());

test('says once that a fit ends before its goal', () => {
  const notice = new ShortFitNotice('Mine', goal);
  notice.sayIfShort('will stop', 9);
  expect(warn).not.toHaveBeenCalled();
  notice.sayIfShort('will stop', 8);
  notice.sayIfShort('stopped', 8);
  expect(warn.mock.calls).toEqual([['Mine: this fit will stop at step 8, before the end at step 9. Train on.']]);
});

test('says it again after a reset, and not after a restart', () => {
  const [notice, resumed] = [new ShortFitNotice('Mine', goal), new ShortFitNotice('Mine', goal)];
  notice.sayIfShort('stopped', 3);
  resumed.remembered.restore(notice.remembered.state());
  resumed.sayIfShort('stopped', 5);
  expect(warn).toHaveBeenCalledTimes(1);
  notice.remembered.reset();
  notice.sayIfShort('stopped', 5);
  expect(warn.mock.calls[1]).toEqual(['Mine: this fit stopped at step 5, before the end at step 9. Train on.']);
});
