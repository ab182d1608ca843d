import {randomUUID} from 'node:crypto';
import {mkdir, readFile, rename, rm, stat, utimes, writeFile} from 'node:fs/promises';
import {hostname} from 'node:os';
import {join} from 'node:path';
import {setTimeout as wait} from 'node:timers/promises';

/** A lease is renewed so often, and is over if it was not for so long. */
const [RENEWED_MS, OVER_MS] = [5_000, 30_000];
/** Within this time of two processes that take over a lease the later one writes. */
const SETTLED_MS = 200;

interface Holder {
  readonly token: string;
  readonly host: string;
  readonly pid: number;
}

/**
 * The right to do a run: a file in the folder of the study, which its holder renews. So no two processes, on one
 * machine or on several with the same folder, do a run at the same time; and where one was killed, another takes over.
 */
export class Lease {
  readonly #path: string;
  readonly #holder: Holder;
  readonly #timer: NodeJS.Timeout;

  private constructor(path: string, holder: Holder) {
    this.#path = path;
    this.#holder = holder;
    this.#timer = setInterval(() => void renew(path), RENEWED_MS).unref();
  }

  /** Takes the lease of a run; undefined if another process holds it. */
  static async take(folder: string, id: string): Promise<Lease | undefined> {
    await mkdir(join(folder, 'leases'), {recursive: true});
    const path = join(folder, 'leases', `${id}.json`);
    const holder = {token: randomUUID(), host: hostname(), pid: process.pid};
    const isTaken = (await created(path, holder)) || (await takenOver(path, holder));
    return isTaken ? new Lease(path, holder) : undefined;
  }

  /** Gives it back. */
  async release(): Promise<void> {
    clearInterval(this.#timer);
    if ((await holderOf(this.#path))?.token === this.#holder.token) await rm(this.#path, {force: true});
  }
}

async function created(path: string, holder: Holder): Promise<boolean> {
  try {
    await writeFile(path, JSON.stringify(holder), {flag: 'wx'});
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function takenOver(path: string, holder: Holder): Promise<boolean> {
  const aside = `${path}.${holder.token}`;
  // Its time is that of the file system, which other machines may see, too.
  await writeFile(aside, JSON.stringify(holder));
  if (await isHeld(path, (await stat(aside)).mtimeMs)) {
    await rm(aside);
    return false;
  }
  await rename(aside, path);
  await wait(SETTLED_MS);
  return (await holderOf(path))?.token === holder.token;
}

async function isHeld(path: string, now: number): Promise<boolean> {
  const holder = await holderOf(path);
  if (!holder) return false;
  if (holder.host === hostname() && !isAlive(holder.pid)) return false;
  try {
    return now - (await stat(path)).mtimeMs < OVER_MS;
  } catch {
    return false; // released meanwhile
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Who holds a lease; undefined if nobody does, or the file was cut off. */
async function holderOf(path: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

async function renew(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now).catch(() => undefined);
}
