import {progressBar, type ProgressBarArgs} from 'tfjs-pruning';

function terminal(isTTY: boolean) {
  const written: string[] = [];
  return {isTTY, written, write: (text: string) => written.push(text)};
}

test('draws one line, anew at each call, that leaves nothing of a longer one, and ends with the work', () => {
  const stream = terminal(true);
  const draw = progressBar({stream, width: 6});
  draw({done: 1, total: 3, label: 'conv1 at 0.25'});
  draw({done: 2, total: 3, label: 'out at 0.5'});
  draw({done: 3, total: 3});
  expect(stream.written).toEqual([
    '\r[##....] 1/3 conv1 at 0.25',
    '\r[####..] 2/3 out at 0.5   ',
    '\r[######] 3/3              \n',
  ]);
});

test('draws nothing where there is no terminal', () => {
  const stream = terminal(false);
  progressBar({stream})({done: 1, total: 3});
  expect(stream.written).toEqual([]);
});

test.each<[unknown, string]>([
  [{width: 0}, '`width`'],
  [{wide: 3}, 'wide'],
])('%j is refused', (args, message) => {
  expect(() => progressBar(args as ProgressBarArgs)).toThrow(message);
});
