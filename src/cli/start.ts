import {useFastestBackend, type FastestBackend} from '../wasm/fastest-backend.js';
import {UsageError} from './exit-codes.js';
import {oneOfNames} from './argument-values.js';

const NAMES = ['tensorflow', 'wasm', 'webgl', 'cpu'] as const;
const CHOICES: readonly FastestBackend[] = ['tensorflow', 'wasm'];

/**
 * Starts the backend of that name, or the fastest that is installed.
 *
 * @throws UsageError with the line that installs one if none starts.
 */
export async function start(name: string | undefined): Promise<FastestBackend> {
  const among = name === undefined ? CHOICES : [oneOfNames('--backend', name, NAMES)];
  try {
    return await useFastestBackend({among});
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\nnpm install @tensorflow/tfjs-backend-wasm`);
  }
}
