import type * as tf from '@tensorflow/tfjs';

/** A place in memory, which copies as a file does. */
export class MemoryPlace {
  saved: tf.io.ModelArtifacts | undefined;
  saves = 0;

  save(artifacts: tf.io.ModelArtifacts): Promise<tf.io.SaveResult> {
    this.saved = copied(artifacts);
    this.saves++;
    return Promise.resolve({modelArtifactsInfo: {dateSaved: new Date(), modelTopologyType: 'JSON'}});
  }

  load(): Promise<tf.io.ModelArtifacts> {
    return this.saved ? Promise.resolve(copied(this.saved)) : Promise.reject(new Error('There is nothing in memory'));
  }

  remove(): Promise<void> {
    this.saved = undefined;
    return Promise.resolve();
  }
}

function copied({weightData, ...json}: tf.io.ModelArtifacts): tf.io.ModelArtifacts {
  return {
    ...(JSON.parse(JSON.stringify(json)) as tf.io.ModelArtifacts),
    weightData: (weightData as ArrayBuffer).slice(0),
  };
}
