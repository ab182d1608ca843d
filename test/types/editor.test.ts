import {declarationsOf, Editor} from '../support/language-service.js';

const ENTRIES = [
  'src/index',
  'callbacks/index',
  'schedules/index',
  'src/runtime/index',
  'src/wasm/index',
  'src/wire/index',
];

/** What users have: the declarations of a build, in which the tables of options are types. */
let editor: Editor;
beforeAll(() => {
  const files = ENTRIES.map(entry => `${entry}.ts`);
  editor = new Editor('declared', declarationsOf(files, 'declared'));
});

const importing = (name: string) => `import {${name}} from './src/index.js';\n`;

describe('completion', () => {
  test('offers the options of a table, the required ones without a question mark, with their comments', () => {
    const offered = editor.completions(`${importing('polynomialDecay')}polynomialDecay({|})`);
    expect(Object.fromEntries(offered)).toEqual({
      endStep: {
        text: '(property) endStep: number',
        docs: 'The last step with an update, on the grid or not; at least `beginStep`.',
      },
      finalSparsity: {
        text: '(property) finalSparsity: number',
        docs: 'The sparsity from `endStep` on, in [0, 1).',
      },
      initialSparsity: {
        text: '(property) initialSparsity?: number',
        docs: 'The sparsity at `beginStep`, in [0, 1). Defaults to 0.',
      },
      beginStep: {
        text: '(property) beginStep?: number',
        docs: 'The first step with an update. Defaults to 0, before the first batch.',
      },
      frequency: {
        text: '(property) frequency?: number | undefined',
        docs: 'Steps between two updates. Defaults to 100, or to 0.01 if `endStep` is a fraction of the fit.',
      },
      power: {text: '(property) power?: number', docs: 'The exponent, above 0. Defaults to 3.'},
    });
  });

  test('shows the comment of an entry that takes the place of another', () => {
    const {docs} = editor.hover(`${importing('constantSparsity')}constantSparsity({targetSparsity: 0.5, |endStep: 3})`);
    expect(docs).toBe(
      'The last step with an update. Defaults to Infinity: masks are updated as long as training continues.',
    );
  });

  test('offers what excludes each other', () => {
    const offered = editor.completions(`${importing('iterative')}iterative({rounds: 3, |})`);
    expect([...offered.keys()].sort()).toEqual(['beginStep', 'finalSparsity', 'frequency', 'rate']);
    expect(offered.get('rate')!.docs).toBe('The fraction of what remains that each round prunes, in [0, 1).');
  });
});

describe('errors', () => {
  test('name the type of the options, and the option that was meant', () => {
    expect(editor.errors(`${importing('oneShot')}oneShot({targetSparsity: 0.5, beginSteps: 3});`)).toEqual([
      "Object literal may only specify known properties, but 'beginSteps' does not exist in type 'OneShotArgs'. " +
        "Did you mean to write 'beginStep'?",
    ]);
  });

  test('name what is missing', () => {
    expect(editor.errors(`${importing('oneShot')}oneShot({beginStep: 3});`)).toEqual([
      "Argument of type '{ beginStep: number; }' is not assignable to parameter of type 'OneShotArgs'.\n" +
        "  Property 'targetSparsity' is missing in type '{ beginStep: number; }' but required in type 'OneShotArgs'.",
    ]);
  });

  test('name what a value should be', () => {
    expect(editor.errors(`${importing('oneShot')}oneShot({targetSparsity: '0.5'});`)).toEqual([
      "Type 'string' is not assignable to type 'number'.",
    ]);
  });
});

/** Options of rooms that have no tables yet. */
const SILENT = ['PlanChannelPruningArgs.data', 'PlanChannelPruningArgs.loss'];

test.each(ENTRIES)('every option that %s knows has a comment', entry => {
  const types = [...editor.exportedTypes(`./${entry}.js`)].filter(([name]) => name.endsWith('Args'));
  const silent = types.flatMap(([name, options]) =>
    [...options].filter(([, {docs}]) => docs === '').map(([option]) => `${name}.${option}`),
  );
  expect(types.length).toBeGreaterThan(0);
  expect(types.filter(([, options]) => options.size === 0)).toEqual([]);
  expect(silent.filter(option => !SILENT.includes(option))).toEqual([]);
});
