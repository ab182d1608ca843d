import {builtin} from '../files/builtin.js';
import {codeOf} from '../files/failure.js';
import {files} from '../files/files.js';
import {parseModel, textOf} from '../files/model-json.js';
import {folderOf, pathsOf} from '../files/place.js';
import {ifThere} from '../files/plain-file.js';
import type {Place} from './backup.js';

/** A place in a folder. The handler of tfjs-node for `file://` would overwrite the old files in place. */
export function folderPlace(url: string): Omit<Place, 'name'> {
  const handler = files(url);
  const nothing = (error: unknown) => {
    if (codeOf((error as Error).cause) === 'ENOENT') return undefined;
    throw error;
  };
  return {
    save: artifacts => handler.save(artifacts),
    remove: () => handler.remove(),
    load: () => handler.load().catch(nothing),
    head: async () => {
      const file = builtin('node:path').join(await folderOf(pathsOf(url)[0]), 'model.json');
      const text = await ifThere(textOf(file));
      return text === undefined ? undefined : parseModel(file, text).json;
    },
  };
}
