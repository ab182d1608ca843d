/** A training in a process of its own, which can be killed, or kills itself in the middle of a save. */
import fs from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs';
import {useFastestBackend} from 'tfjs-pruning/wasm';
import {digest, train, type CrashTraining} from './crash-training.js';

/** What the parent tells the child, as JSON in its argument. */
export interface ChildOrder extends CrashTraining {
  readonly place: string;
  /** The operation on files, counted from the first of the training, before which the process is killed. */
  readonly dieAtOperation?: number;
}

/** What the child tells its parent. */
export type ChildMessage = {readonly step: number} | {readonly digest: string; readonly operations: number};

const tell = (message: ChildMessage) => void process.send!(message);

/** Operations on files in this process. */
let operations = 0;

const WATCHED = ['access', 'link', 'mkdir', 'open', 'readdir', 'rename', 'unlink'] as const;
const WATCHED_OF_FILES = ['writeFile', 'sync', 'close'] as const;

/** Lets the process die before one of its operations on files, as by `kill -9`. */
function dieAt(operation: number): void {
  const counted = (object: object, names: readonly string[]) => {
    const methods = object as Record<string, (...args: unknown[]) => Promise<unknown>>;
    for (const name of names) {
      const method = methods[name]!.bind(object);
      methods[name] = async (...args) => {
        if (operations++ === operation) process.kill(process.pid, 'SIGKILL');
        const result = await method(...args);
        if (name === 'open') counted(result as object, WATCHED_OF_FILES);
        return result;
      };
    }
  };
  counted(fs, WATCHED);
}

const order = JSON.parse(process.argv[2]!) as ChildOrder;
await useFastestBackend({among: ['wasm']});
dieAt(order.dieAtOperation ?? Infinity);
let step = 0;
const model = await train(order, () => new tf.CustomCallback({onBatchEnd: () => tell({step: ++step})}));
tell({digest: digest(model), operations});
process.disconnect();
