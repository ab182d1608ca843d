import {existsSync, readdirSync} from 'node:fs';

/** All pages that users read, by their paths from the root of the project, where this runs. */
export function pages(): string[] {
  const guides = readdirSync('examples').filter(name => name.endsWith('.md'));
  const others = ['README.md', 'RESULTS.md', 'CHANGELOG.md', 'CONTRIBUTING.md'];
  const ofFolders = ['examples/benchmarks/README.md', 'examples/page/README.md'];
  return [...[...others, ...ofFolders].filter(page => existsSync(page)), ...guides.map(name => `examples/${name}`)];
}
