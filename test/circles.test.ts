import {readdirSync, readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';

const ROOT = join(__dirname, '..');
const FILES = ['src', 'callbacks', 'schedules'].flatMap(room =>
  readdirSync(join(ROOT, room), {recursive: true, encoding: 'utf8'})
    .filter(file => file.endsWith('.ts'))
    .map(file => join(room, file)),
);

/** The files that a file imports, those for types alone included. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const paths = [...text.matchAll(/^(?:import|export)\b[^'";]*?'(\.[^']+)\.js';/gms)].map(([, path]) => path!);
  return paths.map(path => `${join(dirname(file), path)}.ts`);
}

/** A file that imports itself by way of others, with the way. */
function circleIn(imports: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const search = (file: string, way: readonly string[]): string[] | undefined => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
    if (done.has(file)) return undefined;
    done.add(file);
    for (const next of imports.get(file) ?? []) {
      const circle = search(next, [...way, file]);
      if (circle) return circle;
    }
    return undefined;
  };
  return [...imports.keys()].map(file => search(file, [])).find(circle => circle !== undefined);
}

test('no file imports itself by way of others, not even for a type', () => {
  const imports = new Map(FILES.map(file => [file, importsOf(file)]));
  expect([...imports.values()].flat().length).toBeGreaterThan(1000);
  expect(circleIn(imports)).toBeUndefined();
});

test('finds a circle', () => {
  const imports = {a: ['b'], b: ['c', 'd'], c: [], d: ['b']};
  expect(circleIn(new Map(Object.entries(imports)))).toEqual(['b', 'd', 'b']);
});
