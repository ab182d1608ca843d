import {join} from 'node:path';
import ts from 'typescript';

const ROOT = join(__dirname, '../..');

/** What an editor shows of a property: `(property) rounds: number`, and its comment. */
export interface Shown {
  readonly text: string;
  readonly docs: string;
}

/** The TypeScript that editors ask, about a file in a folder. */
export class Editor {
  readonly #service: ts.LanguageService;
  readonly #file: string;
  #text = '';
  #version = 0;

  /** @param files that are on no disk, by their paths from the root. */
  constructor(folder: string, files: ReadonlyMap<string, string>) {
    this.#file = join(ROOT, folder, 'typed-now.ts');
    const virtual = new Map([...files].map(([path, text]) => [join(ROOT, path), text]));
    const read = (path: string) => (path === this.#file ? this.#text : (virtual.get(path) ?? ts.sys.readFile(path)));
    const exists = (path: string) => path === this.#file || virtual.has(path) || ts.sys.fileExists(path);
    this.#service = ts.createLanguageService({
      getCompilationSettings: compilerOptions,
      getScriptFileNames: () => [this.#file],
      getScriptVersion: path => (path === this.#file ? String(this.#version) : '1'),
      getScriptSnapshot: path => {
        const text = exists(path) ? read(path) : undefined;
        return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
      },
      getCurrentDirectory: () => ROOT,
      getDefaultLibFileName: ts.getDefaultLibFilePath,
      fileExists: exists,
      readFile: read,
      directoryExists: path => ts.sys.directoryExists(path) || [...virtual.keys()].some(file => file.startsWith(path)),
    });
  }

  /** What is offered where the text has a `|`, by its name. */
  completions(text: string): Map<string, Shown> {
    const at = this.#type(text);
    const entries = this.#service.getCompletionsAtPosition(this.#file, at, {})?.entries ?? [];
    const shown = (name: string): Shown => {
      const details = this.#service.getCompletionEntryDetails(this.#file, at, name, {}, undefined, {}, undefined)!;
      return {text: joined(details.displayParts), docs: joined(details.documentation)};
    };
    return new Map(entries.map(({name}) => [name, shown(name)]));
  }

  /** What is shown of what stands behind the `|`. */
  hover(text: string): Shown {
    const info = this.#service.getQuickInfoAtPosition(this.#file, this.#type(text))!;
    return {text: joined(info.displayParts), docs: joined(info.documentation)};
  }

  /** The errors in a text. */
  errors(text: string): string[] {
    this.#type(text);
    const all = this.#service.getSemanticDiagnostics(this.#file);
    return all.map(({messageText}) => ts.flattenDiagnosticMessageText(messageText, '\n'));
  }

  /** The types that a module exports, by their names: of each its properties with what is shown of them. */
  exportedTypes(module: string): Map<string, Map<string, Shown>> {
    this.#type(`export * from '${module}';`);
    const program = this.#service.getProgram()!;
    const checker = program.getTypeChecker();
    const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(this.#file)!)!);
    const properties = (symbol: ts.Symbol) =>
      checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol)).map(property => {
        const docs = joined(property.getDocumentationComment(checker));
        return [property.name, {text: checker.symbolToString(property), docs}] as const;
      });
    return new Map(exported.map(symbol => [symbol.name, new Map(properties(aliased(checker, symbol)))]));
  }

  #type(text: string): number {
    const at = text.indexOf('|');
    this.#text = text.replace('|', '');
    this.#version++;
    return at;
  }
}

/** Those of the project. */
function compilerOptions(): ts.CompilerOptions {
  const {config} = ts.readConfigFile(join(ROOT, 'tsconfig.json'), path => ts.sys.readFile(path)) as {config: object};
  return ts.parseJsonConfigFileContent({...config, include: []}, ts.sys, ROOT).options;
}

function joined(parts: readonly ts.SymbolDisplayPart[] | undefined): string {
  return ts.displayPartsToString([...(parts ?? [])]);
}

function aliased(checker: ts.TypeChecker, symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** The declarations that a build makes of some files and all that they import of ours, by their paths in `folder`. */
export function declarationsOf(files: readonly string[], folder: string): Map<string, string> {
  const declared = new Map<string, string>();
  const options = {...compilerOptions(), noEmit: false, declaration: true, emitDeclarationOnly: true, noCheck: true};
  const roots = files.map(file => join(ROOT, file));
  ts.createProgram(roots, options).emit(undefined, (path, text) => declared.set(path.replace(ROOT, folder), text));
  return declared;
}
