import {createRequire} from 'node:module';

const require = createRequire(import.meta.url);

/** What a package exports that is too large for a dependency, or the line that installs it. */
export function packageOf(name) {
  try {
    return require(name);
  } catch (cause) {
    throw new Error(`This needs ${name}: npm install --no-save ${name}`, {cause});
  }
}
