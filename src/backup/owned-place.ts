import type * as tf from '@tensorflow/tfjs-core';
import {endedArtifacts, readBackup, readWriter, type FoundBackup, type Place, type Writer} from './backup.js';

/** A place of one training, which must be the only one that writes there. */
export class OwnedPlace {
  readonly #place: Place;
  /** Unique for each training; not from `Math.random`, which a user may have seeded. */
  readonly #run = crypto.getRandomValues(new Uint32Array(4)).join('-');
  #saves = 0;
  /** The writer of the backup that this training resumed. */
  #before: Writer | undefined;

  constructor(place: Place) {
    this.#place = place;
  }

  /** The name in errors. */
  get name(): string {
    return this.#place.name;
  }

  /** Finds the backup to resume. */
  async find(): Promise<FoundBackup | undefined> {
    const found = await readBackup(this.#place);
    this.#before = found?.backup.writer;
    return found;
  }

  /**
   * Saves the artifacts made for this writer.
   *
   * @throws Error if another training has written there, or saving fails.
   */
  async save(make: (writer: Writer) => Promise<tf.io.ModelArtifacts>): Promise<void> {
    await this.#expectOwn();
    const writer = {run: this.#run, saves: this.#saves + 1};
    await this.#write(await make(writer));
    this.#saves = writer.saves;
  }

  /** Removes the backup; if the place can't be emptied, saves a note that the training has ended. */
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

  /** Expects that no other training has written here since. */
  async #expectOwn(): Promise<void> {
    const writer = await readWriter(this.#place);
    if (!writer || writer.run === this.#run || isSame(writer, this.#before)) return;
    throw new Error(
      `BackupAndRestore has found a backup of another training in ${this.name}, written since this one began; ` +
        'run only one of them, or use a different place for each',
    );
  }
}

function isSame(writer: Writer, other: Writer | undefined): boolean {
  return writer.run === other?.run && writer.saves === other.saves;
}
