import {files} from '../files/files.js';
import {COMMON} from './common-options.js';
import {EXIT, UsageError} from './exit-codes.js';
import {loadModel} from './load-model.js';
import {freeFolder, OUT} from './free-place.js';
import {printFound} from './print.js';
import {readArguments} from './read-arguments.js';
import {saveModel} from './save-model.js';
import {start} from './start.js';

const OPTIONS = {...COMMON, ...OUT} as const;

/** `tfjs-pruning decompress FILE --out FOLDER`. */
export async function command(args: readonly string[]): Promise<number> {
  const {values, positionals} = readArguments(args, OPTIONS, {places: 'one', what: 'the compressed FILE'});
  const folder = await freeFolder(values);
  await start(values.backend);
  const {model, isCompressed} = await loadModel(positionals[0]!);
  if (!isCompressed) throw new UsageError(`${positionals[0]} is no compressed file; tf.js loads it as it is`);
  const weightBytes = await saveModel(model, files(folder));
  printFound(
    {out: folder, weightBytes},
    () => `saved to ${folder}: ${weightBytes.toLocaleString('en-US')} bytes of weights`,
    values.json,
  );
  return EXIT.done;
}
