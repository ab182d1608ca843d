import path from 'node:path';

const WIDTH = 120;

/** Lower rooms first: a room imports from itself and from those before it. */
const ROOMS = [
  'src/math',
  'src/options',
  'schedules',
  'src/display',
  'src/tfjs-internals.ts',
  'src/structures',
  'src/allocations',
  'src/parametrizations',
  'src/layers',
  'src/criteria',
  'src/optimizers',
  'src/passes',
  'src/masks',
  'src/units',
  'src/attention',
  'src/gates',
  'src/penalties',
  'src/files',
  'src/wire',
  'src/report',
  'src/recovery',
  'src/surgery',
  'src/search',
  'src/runtime',
  'src/wasm',
  'src/backup',
  'callbacks',
  'src/study',
  'src/cli',
];

/** The room of a file, given by its path from the project's root; undefined for what stands above all rooms. */
function roomOf(file) {
  return ROOMS.find(room => file === room || file.startsWith(`${room}/`));
}

const noClimbingImport = {
  meta: {type: 'problem', schema: []},
  create(context) {
    const file = path.relative(context.cwd, context.filename).split(path.sep).join('/');
    const room = roomOf(file);
    if (!room) return {};
    const check = ({source}) => {
      if (!source?.value.startsWith('.')) return;
      const target = path.posix.join(path.posix.dirname(file), source.value).replace(/\.js$/, '.ts');
      const other = roomOf(target);
      if (other && ROOMS.indexOf(other) <= ROOMS.indexOf(room)) return;
      context.report({node: source, message: `${room} is below ${other ?? target}: an import must not climb.`});
    };
    return {ImportDeclaration: check, ExportNamedDeclaration: check, ExportAllDeclaration: check};
  },
};

const lineWidth = {
  meta: {type: 'layout', schema: []},
  create(context) {
    return {
      Program() {
        context.sourceCode.lines.forEach((line, i) => {
          if (line.length <= WIDTH) return;
          context.report({
            loc: {line: i + 1, column: WIDTH},
            message: `The line has ${line.length} columns, over ${WIDTH}.`,
          });
        });
      },
    };
  },
};

export default {rules: {'no-climbing-import': noClimbingImport, 'line-width': lineWidth}};
