/**
 * What TypeDoc needs to know of this project:
 * - A type that is read off a table, such as one of options, is shown as what it comes to, with the table's comments.
 * - A member without a comment that overrides one of tf.js is for tf.js to document, and left out.
 * - A parameter needs a comment, unless the description of its function names it. One that refuses arguments is none.
 * - A page is titled by its heading, and names are listed under the headings of src/index.ts.
 */
import {readFileSync} from 'node:fs';
import {Application, CommentTag, Converter, ReflectionKind} from 'typedoc';
import ts from 'typescript';

const OF_A_TABLE = /\b(Args|Values|ExactlyOne)<|\btypeof\b/;
const FIRST = 1000;

/** The heading above each name in the list of all. */
const HEADINGS = headingOfName(readFileSync(new URL('../src/index.ts', import.meta.url), 'utf8'));

export function load(app) {
  app.on(Application.EVENT_BOOTSTRAP_END, () => app.options.setValue('categoryOrder', [...new Set(HEADINGS.values())]));
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, showTables, FIRST);
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, categorize, FIRST - 1);
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, titlePages, FIRST);
  app.converter.on(Converter.EVENT_RESOLVE_END, leaveOutOverrides, FIRST);
  app.converter.on(Converter.EVENT_RESOLVE_END, describeOptions, FIRST - 1);
  app.converter.addUnknownSymbolResolver(exportedName);
  app.on(Application.EVENT_VALIDATE_PROJECT, project => expectParameters(project, app.logger));
}

function showTables(context) {
  for (const alias of context.project.getReflectionsByKind(ReflectionKind.TypeAlias)) {
    const declaration = context.getSymbolFromReflection(alias)?.declarations?.find(ts.isTypeAliasDeclaration);
    if (!declaration || !OF_A_TABLE.test(declaration.type.getText())) continue;
    const {fileName} = declaration.getSourceFile();
    context.setActiveProgram(context.programs.find(program => program.getSourceFile(fileName)));
    const type = context.checker.getTypeAtLocation(declaration);
    if (alias.type) context.project.removeTypeReflections(alias.type);
    if (isOfLiterals(type)) showValues(context, alias, type);
    else showOptions(context, alias, type);
  }
}

function isOfLiterals(type) {
  return type.isUnion() && type.types.every(each => each.isLiteral());
}

function showValues(context, alias, type) {
  const scope = scopeOf(context, alias);
  alias.type = context.converter.convertType(scope, context.checker.getUnionType?.(type.types) ?? type);
}

function showOptions(context, alias, type) {
  delete alias.type;
  alias.kind = ReflectionKind.Interface;
  for (const option of type.getProperties()) {
    option.declarations = [...new Set(option.declarations)]; // in a union, one of each part
    context.converter.convertSymbol(scopeOf(context, alias), option);
  }
  // What a table says of a default is how it is checked; the comment says the default.
  for (const option of alias.children ?? []) delete option.defaultValue;
}

function scopeOf(context, reflection) {
  return reflection.isProject() ? context : scopeOf(context, reflection.parent).withScope(reflection);
}

function categorize({project}) {
  for (const reflection of project.getReflectionsByKind(ReflectionKind.SomeExport)) {
    const heading = HEADINGS.get(reflection.name);
    const comment = reflection.comment ?? reflection.signatures?.[0]?.comment;
    if (heading && comment) comment.blockTags.push(new CommentTag('@category', [{kind: 'text', text: heading}]));
  }
}

function headingOfName(list) {
  const headings = new Map();
  let heading;
  for (const line of list.split('\n')) {
    const comment = /^\/\/ (.*)/.exec(line);
    if (comment) heading = comment[1];
    else if (heading) for (const [name] of line.replace(/from '.*'/, '').matchAll(/\w+/g)) headings.set(name, heading);
  }
  return headings;
}

/** In place of the name of its file. */
function titlePages({project}) {
  for (const page of project.getReflectionsByKind(ReflectionKind.Document)) {
    const [, heading] = /^# (.*)$/m.exec(page.content.map(({text}) => text).join('')) ?? [];
    if (heading) page.name = heading.replaceAll('`', '');
  }
}

function leaveOutOverrides({project}) {
  for (const member of project.getReflectionsByKind(ReflectionKind.ClassMember)) {
    const said = [member, ...(member.signatures ?? []), member.getSignature, member.setSignature];
    const isSilent = said.every(reflection => !reflection?.hasComment());
    if (isSilent && isFromOutside(member)) project.removeReflection(member);
  }
}

/** Whether a member overrides one of a class that is not documented here. */
function isFromOutside(member) {
  const overwritten = member.overwrites ?? member.inheritedFrom;
  if (!overwritten) return false;
  const base = overwritten.reflection;
  return !base || isFromOutside(base);
}

/** A parameter of a documented type, such as that of the options, is what its type says. */
function describeOptions({project}) {
  for (const parameter of project.getReflectionsByKind(ReflectionKind.Parameter)) {
    if (parameter.name === 'none') project.removeReflection(parameter);
    else if (!parameter.hasComment()) parameter.comment = parameter.type?.reflection?.comment?.clone();
  }
}

/** What a link means that names an export of another entry. */
function exportedName({symbolReference}, {project}) {
  const name = symbolReference?.path?.map(({path}) => path).join('.');
  const target = project.getReflectionsByKind(ReflectionKind.SomeExport).find(reflection => reflection.name === name);
  return target && {target};
}

function expectParameters(project, logger) {
  for (const parameter of project.getReflectionsByKind(ReflectionKind.Parameter)) {
    if (parameter.hasComment() || textAbove(parameter).some(text => names(text, parameter.name))) continue;
    const {parent} = parameter;
    logger.validationWarning(
      `${parent.getFriendlyFullName()} says nothing of its parameter "${parameter.name}": name it, or add a @param`,
    );
  }
}

/** The comments of what a parameter belongs to, from its function outwards to the exported name. */
function textAbove({parent}) {
  if (!parent || parent.kindOf(ReflectionKind.SomeModule)) return [];
  const {summary = [], blockTags = []} = parent.comment ?? {};
  const parts = [...summary, ...blockTags.filter(({tag}) => tag !== '@category').flatMap(({content}) => content)];
  return [parts.map(({text}) => text).join(''), ...textAbove(parent)];
}

/** Whether a text has the name as a word, or its plural. */
function names(text, name) {
  return new RegExp(`\\b${name}(s|es)?\\b`, 'i').test(text);
}
