import {existsSync, readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
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
  expect(linksOf(textOf(page)).filter(link => !leadsSomewhere(page, link))).toEqual([]);
});

test('all pages are pages of the site', () => {
  const {projectDocuments} = JSON.parse(readFileSync('typedoc.json', 'utf8')) as {projectDocuments: string[]};
  expect(['README.md', ...projectDocuments].sort()).toEqual(pages().sort());
});

test('README names every guide', () => {
  const guides = pages().filter(page => page.startsWith('examples/'));
  expect(guides.filter(guide => !textOf('README.md').includes(`](${guide})`))).toEqual([]);
});

function linksOf(page: string): string[] {
  const links = [...page.replace(/```[\s\S]*?```/g, '').matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!);
  return links.filter(link => !/^[a-z]+:/.test(link));
}

function leadsSomewhere(page: string, link: string): boolean {
  const [path, heading] = link.split('#') as [string, string | undefined];
  const target = path === '' ? page : join(dirname(page), path);
  if (!existsSync(target)) return false;
  return heading === undefined || anchorsOf(textOf(target)).includes(heading);
}

/** As GitHub makes them of headings. */
function anchorsOf(page: string): string[] {
  const headings = [...page.replace(/```[\s\S]*?```/g, '').matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading!);
  return headings.map(heading =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
