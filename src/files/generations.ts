import {builtin} from './builtin.js';
import {codeOf} from './failure.js';
import {namedWeights, removeAll} from './named-weights.js';
import {ifThere} from './plain-file.js';

/**
 * The file names of one save. A save writes its weights into a new file, and beside it a mark, a temporary file that
 * one rename turns into the new model.json. So weights without a mark that model.json does not name belong to a model
 * that was replaced, whatever process wrote them; and a save whose mark was deleted can't put anything in place.
 */
export interface Generation {
  readonly weightsName: string;
  readonly markName: string;
}

const WEIGHTS = /^weights\.([0-9a-f]{12})\.bin$/;
const MARK = /^model\.json\.([0-9a-f]{12})\.(\d+)-([0-9a-f]{8})\.tmp$/;
const DAY = 24 * 3600 * 1000;

/** Unique names for a save. */
export function newGeneration(): Generation {
  const id = builtin('node:crypto').randomBytes(6).toString('hex');
  const {pid} = builtin('node:process');
  return {weightsName: `weights.${id}.bin`, markName: `model.json.${id}.${pid}-${machine()}.tmp`};
}

function machine(): string {
  return builtin('node:crypto').createHash('sha256').update(builtin('node:os').hostname()).digest('hex').slice(0, 8);
}

/**
 * Deletes files that are no longer needed: marks of killed saves, and weights of replaced models. What can't be deleted
 * now is left to the next save.
 */
export async function removeLeftOver(folder: string): Promise<void> {
  try {
    await removeAll(folder, await leftOver(folder));
  } catch {
    // the folder can't be listed, or another program is writing model.json
  }
}

/**
 * Lists leftover files. Marks come first, since a save without its mark puts nothing in place; model.json is read last,
 * since saves may end meanwhile.
 */
async function leftOver(folder: string): Promise<readonly string[]> {
  const {readdir} = builtin('node:fs/promises');
  const weights = (await readdir(folder)).filter(name => WEIGHTS.test(name));
  const marks = (await readdir(folder)).filter(name => MARK.test(name));
  const dead: string[] = [];
  for (const mark of marks) if (await isDead(folder, mark)) dead.push(mark);
  const inUse = new Set(marks.filter(mark => !dead.includes(mark)).map(mark => MARK.exec(mark)![1]));
  const named = await namedWeights(folder);
  return [...dead, ...weights.filter(name => !inUse.has(WEIGHTS.exec(name)![1]) && !named.has(name))];
}

/** Whether other saves are running in a folder, or were killed there. */
export async function otherMarks(folder: string, mark: string): Promise<boolean> {
  const names = await builtin('node:fs/promises').readdir(folder);
  return names.some(name => name !== mark && MARK.test(name));
}

/** Whether the process that wrote a mark has ended; a process of another machine gets a day. */
async function isDead(folder: string, mark: string): Promise<boolean> {
  const [, , pid, host] = MARK.exec(mark)!;
  if (host === machine()) return !isAlive(Number(pid));
  const {lstat} = builtin('node:fs/promises');
  const status = await ifThere(lstat(builtin('node:path').join(folder, mark)));
  return status !== undefined && Date.now() - status.mtimeMs > DAY;
}

function isAlive(pid: number): boolean {
  try {
    builtin('node:process').kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== 'ESRCH';
  }
}
