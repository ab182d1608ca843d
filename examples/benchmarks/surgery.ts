/** Runs the fast benchmarks of surgery; `npm run bench -- surgery/lenet` and `surgery/fashion` train for minutes. */
import {main as scale} from './surgery/scale.js';
import {main as speed} from './surgery/speed.js';

/** Runs both. */
export async function main(): Promise<void> {
  await speed();
  await scale();
}
