import {existsSync, readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';

/** The links and images of a page that lead to no file, or to no heading of one. Other sites are not visited. */
export function deadLinks(page: string): string[] {
  return linksOf(readFileSync(page, 'utf8')).filter(link => !leadsSomewhere(page, link));
}

function linksOf(page: string): string[] {
  const links = [...page.replace(/```[\s\S]*?```/g, '').matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!);
  return links.filter(link => !/^[a-z]+:/.test(link));
}

function leadsSomewhere(page: string, link: string): boolean {
  const [path, heading] = link.split('#') as [string, string | undefined];
  const target = path === '' ? page : join(dirname(page), path);
  if (!existsSync(target)) return false;
  return heading === undefined || anchorsOf(readFileSync(target, 'utf8')).includes(heading);
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
