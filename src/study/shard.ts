import {received} from '../options/expect.js';
import type {Run} from './run.js';

/** A part of a study: shard `index` of `count`, from 1. */
export interface Shard {
  /** Which one, from 1. */
  readonly index: number;
  /** Of how many. */
  readonly count: number;
}

/** Reads `2/8`. @throws RangeError if it is no shard. */
export function parseShard(text: string): Shard {
  const [, index, count] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  if (index !== undefined && count !== undefined && index >= 1 && index <= count) return {index, count};
  throw new RangeError(`Expected a shard as 2/8, the second of eight, got ${received(text)}`);
}

/**
 * The shard that a cluster has given to this process: of a SLURM array (`SLURM_ARRAY_TASK_ID`, `_COUNT`, `_MIN`), or of
 * an Indexed Job of Kubernetes (`JOB_COMPLETION_INDEX`, with its `completions` as `JOB_COMPLETIONS`).
 *
 * @returns undefined outside of both.
 * @throws RangeError if the variables make no shard.
 */
export function shardOf(environment: Readonly<Record<string, string | undefined>>): Shard | undefined {
  const {
    SLURM_ARRAY_TASK_ID: task,
    SLURM_ARRAY_TASK_COUNT: tasks,
    SLURM_ARRAY_TASK_MIN: first = '0',
    SLURM_ARRAY_TASK_STEP: step = '1',
    JOB_COMPLETION_INDEX: job,
    JOB_COMPLETIONS: jobs,
  } = environment;
  if (task !== undefined && tasks !== undefined) {
    return parseShard(`${(Number(task) - Number(first)) / Number(step) + 1}/${tasks}`);
  }
  if (job === undefined) return undefined;
  if (jobs !== undefined) return parseShard(`${Number(job) + 1}/${jobs}`);
  throw new RangeError(
    'JOB_COMPLETION_INDEX says which shard this is, but not of how many; set JOB_COMPLETIONS to the `completions` of ' +
      'the Job, or pass --shard',
  );
}

/** The runs of a shard. Each run belongs to the one that its id, a hash, gives, whatever the others are. */
export function runsOfShard(runs: readonly Run[], {index, count}: Shard): Run[] {
  return runs.filter(({id}) => Number.parseInt(id, 16) % count === index - 1);
}
