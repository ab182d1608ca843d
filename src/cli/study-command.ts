import {expectInteger} from '../options/expect.js';
import {chosenRuns, folderOf, openRuns, outcome, runStudy, type StudyProgress} from '../study/run-study.js';
import {estimatedSeconds} from '../study/estimated-seconds.js';
import {formatStudy} from '../study/report/format-study.js';
import {Results} from '../study/results.js';
import {runText} from '../study/run.js';
import {parseShard, shardOf} from '../study/shard.js';
import {duration} from '../study/duration.js';
import {EXIT, UsageError} from './exit-codes.js';
import {loadStudy} from './load-study.js';
import {readArguments} from './read-arguments.js';
import {start} from './start.js';
import {usableNow} from './usable.js';
import {print} from './print.js';
import {workOffQueue} from './work-off-queue.js';

const OPTIONS = {
  folder: {type: 'string'},
  backend: {type: 'string'},
  list: {type: 'boolean'},
  'dry-run': {type: 'boolean'},
  run: {type: 'string'},
  shard: {type: 'string'},
  'retry-failed': {type: 'boolean'},
  queue: {type: 'string'},
  workers: {type: 'string'},
} as const;

/** `tfjs-pruning study FILE`. */
export async function command(args: readonly string[]): Promise<number> {
  const {values, positionals} = readArguments(args, OPTIONS, {places: 'one', what: 'the FILE of a study'});
  expectUsed(values);
  const study = await loadStudy(positionals[0]!);
  await start(values.backend);
  const folder = folderOf(study, values.folder);
  const results = new Results(folder);
  const all = study.runs();
  const choice = usableNow(() => ({
    shard: values.shard === undefined ? shardOf(process.env) : parseShard(values.shard),
  }));
  const chosen = usableNow(() => chosenRuns(all, {...choice, run: values.run}));
  if (values.list) {
    for (const run of chosen) print(`${run.id}  ${(await stateOf(run.id, results)).padEnd(6)}  ${runText(run)}`);
    return EXIT.done;
  }
  const retryFailed = values['retry-failed'] === true;
  if (values['dry-run']) {
    const open = await openRuns(chosen, results, retryFailed);
    const seconds = await estimatedSeconds(study, open, results);
    open.forEach((run, i) => print(`${run.id}  ${hours(seconds[i]!)}  ${runText(run)}`));
    const total = seconds.reduce((a, b) => a + b, 0);
    print(`${open.length} of ${chosen.length} runs are left: about ${hours(total).trim()} on this machine`);
    return EXIT.done;
  }
  if (values.queue === undefined) {
    const shard = choice.shard && {shard: choice.shard};
    const run = values.run !== undefined && {run: values.run};
    await runStudy(study, {folder, ...shard, ...run, retryFailed, onProgress: progressLine()});
  } else {
    if (retryFailed) await results.forgetFailures(chosen);
    const backend = values.backend === undefined ? [] : ['--backend', values.backend];
    await workOffQueue({
      url: values.queue,
      name: study.name,
      runs: chosen,
      results,
      workers: usableNow(() => expectInteger('--workers', Number(values.workers ?? 1), {min: 1})),
      child: ['study', positionals[0]!, '--folder', folder, ...backend],
      print,
    });
  }
  const {results: done, failed} = await outcome(chosen, results);
  if (done.length > 0) print(`\n${formatStudy(done)}`);
  print(`\n${done.length} of ${chosen.length} runs are done; results are in ${folder}`);
  for (const {run: broken, error} of failed) {
    process.stderr.write(`\n${broken.id}  ${runText(broken)} failed:\n${error}\n`);
  }
  if (failed.length > 0) process.stderr.write(`\n${failed.length} runs failed; --retry-failed tries them again\n`);
  if (failed.length > 0) return EXIT.neverRetry;
  return done.length < chosen.length ? EXIT.elsewhere : EXIT.done;
}

/** @throws UsageError if an argument would have no effect. */
function expectUsed({folder, workers, queue, run, shard}: Partial<Record<string, unknown>>): void {
  if (folder === '') throw new UsageError('Expected --folder to be the path of a folder, got nothing');
  if (workers !== undefined && queue === undefined) throw new UsageError('--workers needs --queue');
  if (run !== undefined && shard !== undefined) throw new UsageError('Expected --run or --shard, got both');
}

async function stateOf(id: string, results: Results): Promise<string> {
  if (await results.read(id)) return 'done';
  return (await results.failure(id)) ? 'failed' : 'open';
}

/** One line in a terminal, a line for each run elsewhere. */
function progressLine(): (progress: StudyProgress) => void {
  const {stderr} = process;
  return ({done, total, epoch, epochs, label, secondsLeft, result, failed, isElsewhere}) => {
    const left = Number.isNaN(secondsLeft) ? '' : `, ${duration(secondsLeft)} left`;
    const ended = result ?? failed ?? isElsewhere;
    // A parent with a queue is told what was done here.
    if (ended && !isElsewhere) process.send?.('done');
    const state = ended ? endOf({result, failed}) : `, epoch ${epoch}/${epochs}`;
    const line = `[${done}/${total}${left}] ${label}${state}`;
    if (stderr.isTTY) stderr.write(`\r\u001b[K${line.slice(0, stderr.columns - 1)}${ended ? '\n' : ''}`);
    else if (ended) stderr.write(`${line}\n`);
  };
}

function endOf({result, failed}: {[K in 'result' | 'failed']: StudyProgress[K] | undefined}): string {
  if (failed) return `: failed: ${failed.error.split('\n')[0]}`;
  if (!result) return ': another process is doing it';
  const values = Object.entries(result.after.metrics).map(([name, value]) => `${name} ${value.toFixed(2)}`);
  return `: ${values.join(', ')}`;
}

function hours(seconds: number): string {
  return `${(seconds / 3600).toFixed(2)} h`.padStart(8);
}
