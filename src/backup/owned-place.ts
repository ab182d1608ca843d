import type * as tf from '@tensorflow/tfjs-core';
import {endedArtifacts, readBackup, readWriter, type FoundBackup, type Writer} from './backup.js';
import type {Place} from './place.js';

/** A place as one training has it, which must be the only one that writes there. */
export class OwnedPlace {
  readonly #place: Place;
  /** No two trainings have the same; not by `Math.random`, which a user may have seeded. */
  readonly #run = crypto.getRandomValues(new Uint32Array(4)).join('-');
  #saves = 0;
  /** Who has written what this training went on with. */
  #before: Writer | undefined;

  constructor(place: Place) {
    this.#place = place;
  }

  /** How it is named in errors. */
  get name(): string {
    return this.#place.name;
  }

  /** What is there, to go on with. */
  async find(): Promise<FoundBackup | undefined> {
    const found = await readBackup(this.#place);
    this.#before = found?.backup.writer;
    return found;
  }

  /**
   * Saves what is made for this writer.
   *
   * @throws Error where another training has written there, or it can't be written.
   */
  async save(make: (writer: Writer) => Promise<tf.io.ModelArtifacts>): Promise<void> {
    await this.#expectOwn();
    const writer = {run: this.#run, saves: this.#saves + 1};
    await this.#write(await make(writer));
    this.#saves = writer.saves;
  }

  /** Removes what is there; where that is impossible, what is there will say that the training has ended. */
  async remove(): Promise<void> {
    await this.#expectOwn();
    if (this.#place.remove) await this.#place.remove();
    else await this.#write(endedArtifacts({run: this.#run, saves: this.#saves}));
  }

  async #write(artifacts: tf.io.ModelArtifacts): Promise<void> {
    try {
      await this.#place.save(artifacts);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`BackupAndRestore could not save to ${this.name}, and training stops: ${reason}`, {cause});
    }
  }

  /** Whoever else has written here since is a training that goes on. */
  async #expectOwn(): Promise<void> {
    const writer = await readWriter(this.#place);
    if (!writer || writer.run === this.#run || isSame(writer, this.#before)) return;
    throw new Error(
      `BackupAndRestore has found the backup of another training in ${this.name}, which was written since this one began; let ` +
        'only one of them run, or give each a place of its own',
    );
  }
}

function isSame(writer: Writer, other: Writer | undefined): boolean {
  return writer.run === other?.run && writer.saves === other.saves;
}
