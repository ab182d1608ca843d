import {readFileSync} from 'node:fs';
import {deadLinks} from './links.js';
import {pages} from './pages.js';
import {refreshed} from './snippets.js';

const textOf = (page: string) => readFileSync(page, 'utf8');

test.each(pages())('%s: its code is that of files which run; `npm run snippets` refreshes it', page => {
  expect(textOf(page)).toBe(refreshed(textOf(page)));
});

test('code that names no file, or a region that is not there, is refused', () => {
  expect(() => refreshed('```ts\nprunable(model);\n```')).toThrow(/above the code:\nprunable\(model\)/);
  const from = (source: string) => refreshed(`<!-- from ${source} -->\n\n\`\`\`ts\nold\n\`\`\``);
  expect(() => from('examples/run.ts#none')).toThrow('Expected a line "// #region none" in examples/run.ts');
  expect(from('examples/quick-start/page.html')).toContain('<pre id="log"></pre>\n');
  expect(refreshed('```sh\nnpm test\n```')).toBe('```sh\nnpm test\n```');
});

test.each(pages())('%s: its links lead to files, and to headings of them', page => {
  expect(deadLinks(page)).toEqual([]);
});

test('all pages are pages of the site', () => {
  const {projectDocuments} = JSON.parse(readFileSync('typedoc.json', 'utf8')) as {projectDocuments: string[]};
  expect(['README.md', ...projectDocuments].sort()).toEqual(pages().sort());
});

test('README names every guide', () => {
  const guides = pages().filter(page => page.startsWith('examples/'));
  expect(guides.filter(guide => !textOf('README.md').includes(`](${guide})`))).toEqual([]);
});

test('README can be read in a few minutes', () => {
  expect(readFileSync('README.md', 'utf8').trimEnd().split('\n').length).toBeLessThan(150);
});
