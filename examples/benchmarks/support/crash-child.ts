/** A training in its own process, which can be killed or kills itself during a save. */
import fs from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs';
import {useFastestBackend} from 'tfjs-pruning/wasm';
import {digest, train, type CrashTraining} from './crash-training.js';

/** What the parent passes to the child, as JSON in its argument. */
export interface ChildOrder extends CrashTraining {
  readonly place: string;
  /** Kills the process before this file operation, counted from the first one of the training. */
  readonly dieAtOperation?: number;
}

/** What the child sends to its parent. */
export type ChildMessage = {readonly step: number} | {readonly digest: string; readonly operations: number};

const tell = (message: ChildMessage) => void process.send!(message);

/** File operations in this process. */
let operations = 0;

const WATCHED = ['access', 'link', 'mkdir', 'open', 'readdir', 'rename', 'unlink'] as const;
const WATCHED_OF_FILES = ['writeFile', 'sync', 'close'] as const;

/** Kills the process before one of its file operations, as by `kill -9`. */
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
