/**
 * Sparse inference: `compile(model).run` beside `model.predict`, by sparsity, in time of the processor, for others may
 * use the machine, too. `npm run bench -- runtime`, or only some nets: `RUNTIME_NETS=LeNet npm run bench -- runtime`.
 * With `RUNTIME_LAYERS=1` what each layer takes, too.
 */
import {report, type Figure} from './support/figures.js';
import {compareOn, netsNamed} from './support/runtime-comparison.js';

const processorMs = () => process.cpuUsage().user / 1000;

/** Runs the comparison. */
export async function main(): Promise<void> {
  const layers = Boolean(process.env['RUNTIME_LAYERS']);
  const all: Figure[] = [];
  for (const name of netsNamed(process.env['RUNTIME_NETS'])) {
    const {figures, tables} = await compareOn(name, processorMs, layers);
    if (layers) console.log(tables.join('\n\n'));
    all.push(...figures);
  }
  report('runtime', all);
}
