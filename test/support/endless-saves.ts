import {generation} from './generations.js';
import {files} from '../../src/files/files.js';

/** A process that saves one generation after the other into a folder: `endless-saves.ts <folder> [<how many>]`. */
async function main([folder, count]: readonly string[]): Promise<void> {
  for (let number = 1; number <= Number(count ?? Infinity); number++) {
    await files(folder!).save(generation(number, 250_000));
    process.send?.(number);
  }
}

void main(process.argv.slice(2));
