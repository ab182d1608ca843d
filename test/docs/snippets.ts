import {readFileSync} from 'node:fs';

/** A block of code in a page; one that is cut from a file has a comment above it that says from which. */
const SOURCE = /<!-- from (?<file>[^\s#]+)(?:#(?<region>\S+))? -->\n+/.source;
const FENCED = /```(?<language>[a-z]+)\n(?<code>[\s\S]*?)```/.source;
const BLOCK = new RegExp(`(?:${SOURCE})?${FENCED}`, 'g');

/** Languages of code that must be that of a file; what users type into a shell, and what is printed, is not. */
const CODE = new Set(['ts', 'js', 'mjs', 'tsx', 'jsx', 'typescript', 'javascript']);

/**
 * The page with each block of code as its file has it now.
 *
 * A page names the file, and the part of it, in a comment above the block: `<!-- from examples/mnist.ts#prune -->`.
 * Paths are from the root of the project, where this runs. The file marks the part by `// #region prune` and
 * `// #endregion`; without a name, the whole file is meant.
 *
 * @throws Error if a block of code names no file, or the file has no such region.
 */
export function refreshed(page: string): string {
  return page.replace(BLOCK, (block, ...rest) => {
    const groups = rest.at(-1) as {file?: string; region?: string; language: string; code: string};
    const {file, region, language, code} = groups;
    if (file === undefined) {
      if (!CODE.has(language)) return block;
      throw new Error(`Expected a comment such as <!-- from examples/mnist.ts#train --> above the code:\n${code}`);
    }
    const source = region === undefined ? file : `${file}#${region}`;
    return `<!-- from ${source} -->\n\n\`\`\`${language}\n${codeOf(file, region)}\`\`\``;
  });
}

function codeOf(file: string, region: string | undefined): string {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  const part = region === undefined ? lines : regionOf(lines, region, file);
  return `${dedented(part.filter(line => !/^\s*\/\/ #(end)?region\b/.test(line)))}\n`;
}

function regionOf(lines: readonly string[], region: string, file: string): string[] {
  const begin = lines.findIndex(line => line.trim() === `// #region ${region}`);
  if (begin < 0) throw new Error(`Expected a line "// #region ${region}" in ${file}, got none`);
  let depth = 1;
  const end = lines.findIndex((line, i) => {
    if (i <= begin) return false;
    if (/^\s*\/\/ #region\b/.test(line)) depth++;
    if (/^\s*\/\/ #endregion\b/.test(line)) depth--;
    return depth === 0;
  });
  if (end < 0) throw new Error(`Expected a line "// #endregion" after "// #region ${region}" in ${file}, got none`);
  return lines.slice(begin + 1, end);
}

function dedented(lines: readonly string[]): string {
  const indents = lines.filter(line => line !== '').map(line => /^ */.exec(line)![0].length);
  const indent = Math.min(...indents);
  return lines.map(line => line.slice(indent)).join('\n');
}
