import {Job} from 'bullmq';
import {jobOptions} from '../../src/cli/job-options.js';

/** What BullMQ itself expects of a job before it goes into the queue. */
const expectAccepted = (opts: object): void =>
  (Job.prototype as unknown as {validateOptions(this: object, data: object): void}).validateOptions.call({opts}, {});

test('BullMQ takes the job of any run, also of one whose id is of digits alone', () => {
  expect(() => expectAccepted({jobId: '123456789012'})).toThrow('cannot be integers');
  for (const id of ['123456789012', '012345678901', 'abcdef012345', '1e1000000000']) {
    expect(() => expectAccepted(jobOptions(id))).not.toThrow();
  }
  expect(jobOptions('123456789012').jobId).not.toBe(jobOptions('123456789013').jobId);
});
