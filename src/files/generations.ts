import {builtin} from './builtin.js';
import {codeOf} from './failure.js';
import {namedWeights, removeAll} from './named-weights.js';
import {ifThere} from './plain-file.js';

/**
 * Who may still need a file: a save writes its weights into a file of their own, and beside it a mark, a temporary file
 * that becomes the new model.json by one rename. So weights without a mark that model.json does not name are those of a
 * model that was replaced, whoever wrote them and whenever; and a save whose mark was taken away can't put anything in
 * place.
 */
export interface Generation {
  readonly weightsName: string;
  readonly markName: string;
}

const WEIGHTS = /^weights\.([0-9a-f]{12})\.bin$/;
const MARK = /^model\.json\.([0-9a-f]{12})\.(\d+)-([0-9a-f]{8})\.tmp$/;
const DAY = 24 * 3600 * 1000;

/** Names that no other save has. */
export function newGeneration(): Generation {
  const id = builtin('node:crypto').randomBytes(6).toString('hex');
  const {pid} = builtin('node:process');
  return {weightsName: `weights.${id}.bin`, markName: `model.json.${id}.${pid}-${machine()}.tmp`};
}

function machine(): string {
  return builtin('node:crypto').createHash('sha256').update(builtin('node:os').hostname()).digest('hex').slice(0, 8);
}

/**
 * Deletes what nobody needs any more: marks of saves that were killed, and weights of models that were replaced. What
 * can't be deleted now is left to the next save.
 */
export async function removeLeftOver(folder: string): Promise<void> {
  try {
    await removeAll(folder, await leftOver(folder));
  } catch {
    // A folder that can't be listed, or a model.json that another program writes at this moment.
  }
}

/**
 * Marks come first: once its mark is gone, a save puts nothing in place. What model.json names is asked last: saves end
 * meanwhile.
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

/** Whether there are other saves under way in a folder, or were killed there. */
export async function otherMarks(folder: string, mark: string): Promise<boolean> {
  const names = await builtin('node:fs/promises').readdir(folder);
  return names.some(name => name !== mark && MARK.test(name));
}

/** Whether the process that wrote a mark is gone; one of another machine can't be asked, and has a day. */
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
