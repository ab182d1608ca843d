import {files} from '../files/files.js';
import {quantized} from '../wire/quantized.js';
import {COMMON} from './common-options.js';
import {EXIT} from './exit-codes.js';
import {loadModel, withoutMasks} from './load-model.js';
import {freeFolder, OUT} from './free-place.js';
import {printFound} from './print.js';
import {readArguments} from './read-arguments.js';
import {saveModel} from './save-model.js';
import {start} from './start.js';
import {layersOf, oneOfNames} from './argument-values.js';

const OPTIONS = {...COMMON, ...OUT, dtype: {type: 'string'}, layers: {type: 'string'}} as const;

/** `tfjs-pruning quantize MODEL --dtype uint8 --out FOLDER`. */
export async function command(args: readonly string[]): Promise<number> {
  const {values, positionals} = readArguments(args, OPTIONS, {places: 'one', what: 'the MODEL'});
  const dtype = oneOfNames('--dtype', values.dtype ?? 'uint8', ['uint8', 'uint16', 'float16'] as const);
  const layers = layersOf('--layers', values.layers);
  const folder = await freeFolder(values);
  await start(values.backend);
  const model = withoutMasks((await loadModel(positionals[0]!)).model);
  const weightBytes = await saveModel(model, quantized(files(folder), {dtype, ...(layers && {layers})}));
  const found = {out: folder, weightBytes, float32Bytes: 4 * model.countParams()};
  printFound(found, () => `saved to ${folder}: ${weightBytes.toLocaleString('en-US')} bytes of weights`, values.json);
  return EXIT.done;
}
