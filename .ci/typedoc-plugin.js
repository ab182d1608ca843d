/**
 * What TypeDoc needs to know of this project:
 * - A type that is read off a table of options is shown as the interface it is, with the comments of the table.
 * - A member without a comment that overrides one of tf.js is tf.js' to document, and left out.
 * - Names are listed under the headings of src/index.ts.
 */
import {readFileSync} from 'node:fs';
import {CommentTag, Converter, ReflectionKind} from 'typedoc';
import ts from 'typescript';

const MADE_BY = ['Args', 'Values', 'ExactlyOne'];
const FIRST = 1000;

export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, showOptions, FIRST);
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, categorize, FIRST - 1);
  app.converter.on(Converter.EVENT_RESOLVE_END, leaveOutOverrides, FIRST);
}

function showOptions(context) {
  const {project} = context;
  for (const alias of project.getReflectionsByKind(ReflectionKind.TypeAlias)) {
    const declaration = context.getSymbolFromReflection(alias)?.declarations?.find(ts.isTypeAliasDeclaration);
    if (!declaration || !isReadOffTable(declaration.type)) continue;
    context.setActiveProgram(context.programs.find(program => program.getSourceFile(declaration.getSourceFile().fileName)));
    const options = context.checker.getTypeAtLocation(declaration).getProperties();
    if (alias.type) project.removeTypeReflections(alias.type);
    delete alias.type;
    alias.kind = ReflectionKind.Interface;
    for (const option of options) context.converter.convertSymbol(scopeOf(context, alias), option);
    // What a table says of a default is how it is checked; the comment says the default.
    for (const option of alias.children ?? []) delete option.defaultValue;
  }
}

function scopeOf(context, reflection) {
  return reflection.isProject() ? context : scopeOf(context, reflection.parent).withScope(reflection);
}

function isReadOffTable(type) {
  return ts.isTypeReferenceNode(type) && MADE_BY.includes(type.typeName.getText());
}

function categorize({project}) {
  const headings = headingOfName(readFileSync(new URL('../src/index.ts', import.meta.url), 'utf8'));
  for (const reflection of project.getReflectionsByKind(ReflectionKind.SomeModule | ReflectionKind.SomeExport)) {
    const heading = headings.get(reflection.name);
    const comment = reflection.comment ?? reflection.signatures?.[0]?.comment;
    if (heading && comment) comment.blockTags.push(new CommentTag('@category', [{kind: 'text', text: heading}]));
  }
}

/** The comment above each name in the list of all. */
function headingOfName(list) {
  const headings = new Map();
  let heading;
  for (const line of list.split('\n')) {
    const comment = /^\/\/ (.*)/.exec(line);
    if (comment) heading = comment[1];
    else for (const [name] of line.replace(/from '.*'/, '').matchAll(/\b(?!export\b|type\b)\w+/g)) headings.set(name, heading);
  }
  return headings;
}

function leaveOutOverrides({project}) {
  for (const member of project.getReflectionsByKind(ReflectionKind.ClassMember)) {
    const said = [member, ...(member.signatures ?? []), member.getSignature, member.setSignature];
    const isSilent = said.every(reflection => !reflection?.hasComment());
    if (isSilent && isFromOutside(member, project)) project.removeReflection(member);
  }
}

/** Whether a member overrides one of a class that is not documented here. */
function isFromOutside(member, project) {
  const overwritten = member.overwrites ?? member.inheritedFrom;
  if (!overwritten) return false;
  const base = overwritten.reflection;
  return !base || isFromOutside(base, project);
}
