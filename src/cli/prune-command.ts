import {progressBar} from '../display/progress-bar.js';
import {files} from '../files/files.js';
import {prunable} from '../layers/prunable.js';
import {prunableLayers} from '../layers/model-layers.js';
import {pruneOnce} from '../masks/prune-once.js';
import {percentsApart} from '../display/table.js';
import {say} from '../display/say.js';
import {expectSparsity} from '../options/expect.js';
import {reconstruct} from '../recovery/reconstruct.js';
import {formatSparsityReport} from '../report/format-sparsity-report.js';
import {sparsityReport} from '../report/sparsity-report.js';
import {COMMON} from './common-options.js';
import {DATA, examplesFor, FITTED} from './examples-for.js';
import {EXIT, UsageError} from './exit-codes.js';
import {loadModel, withoutMasks} from './load-model.js';
import {expectSeen, observedData, SEEN} from './observed-data.js';
import {freeFolder, OUT} from './free-place.js';
import {printFound} from './print.js';
import {allocationOf, CRITERION, criterionOf, RULE, structureOf} from './pruning-rule.js';
import {readArguments} from './read-arguments.js';
import {saveModel} from './save-model.js';
import {start} from './start.js';
import {usable} from './usable.js';
import {layersOf, numberOf} from './argument-values.js';

const OPTIONS = {
  ...COMMON,
  ...OUT,
  ...CRITERION,
  ...RULE,
  ...DATA,
  ...SEEN,
  ...FITTED,
  sparsity: {type: 'string'},
  layers: {type: 'string'},
} as const;

/** `tfjs-pruning prune MODEL --sparsity S --out FOLDER`. */
export async function command(args: readonly string[]): Promise<number> {
  const {values, positionals} = readArguments(args, OPTIONS, {places: 'one', what: 'the MODEL'});
  const sparsity = numberOf('--sparsity', values.sparsity, expectSparsity);
  if (sparsity === undefined) throw new UsageError('Expected --sparsity, the fraction of zeros, as in --sparsity 0.8');
  const [structure, allocation] = [structureOf(values.structure), allocationOf(values.allocation)];
  const criterion = criterionOf(values);
  expectSeen(criterion, values);
  const layers = layersOf('--layers', values.layers);
  const folder = await freeFolder(values);
  await start(values.backend);
  const {model} = await loadModel(positionals[0]!);
  const seen = await observedData(model, values, criterion);
  const fitted = values.reconstruct === undefined ? undefined : await examplesFor(model, values.reconstruct);
  const teacher = withoutMasks(model);
  const {pruned, reached} = await usable(async () => {
    const wrapped = prunableLayers(model).length > 0 ? model : prunable(model, layers && {layers});
    const rule = {sparsity, criterion, structure, allocation, ...(layers && {layers}), ...seen};
    const count = await pruneOnce(wrapped, {...rule, onProgress: progressBar()});
    if (fitted) await reconstruct(wrapped, {teacher, data: {xs: fitted.xs}, onProgress: progressBar()});
    return {pruned: withoutMasks(wrapped), reached: count.sparsity};
  });
  const report = await sparsityReport(pruned);
  const weightBytes = await saveModel(pruned, files(folder));
  printFound(
    {out: folder, weightBytes, ...report},
    () => `${formatSparsityReport(report)}\n\nsaved to ${folder}`,
    values.json,
  );
  if (reached > sparsity - TOLERATED) return EXIT.done;
  const [got, wanted] = percentsApart(reached, sparsity);
  const how = `a sparsity is one of groups (--structure ${values.structure ?? 'weights'}), which go as a whole`;
  say('prune', `${got} of the weights are zero instead of ${wanted}; ${how}`);
  return EXIT.missed;
}

/** How far the sparsity may be below the target without a word: whole groups can't always meet it. */
const TOLERATED = 0.01;
