import * as tf from '@tensorflow/tfjs';
import {Projection} from '../../../src/recovery/distillation/projection.js';
import {expectNoLeak} from '../../support/tensors.js';

const STUDENT = [[1, 2], [0, 1], [-1, 0.5], [2, -1]]; // prettier-ignore
const TEACHER = [[1, 0, 2], [0.5, 1, -1], [0, 2, 1], [-1, 1, 0]]; // prettier-ignore

/** By numpy.linalg.solve from zeros, and then from there by the first row alone. */
const AFTER_ALL = [-0.07092938, 0.00333785, 0.09429436, 0.27996245, 0.08094294, 0.28663816];
const AFTER_ONE = [-0.00279545, -0.01869198, 0.2719516, 0.41623031, 0.03688328, 0.64195264];

function expectMatrix({matrix}: Projection, expected: readonly number[]): void {
  const values = [...matrix.read().dataSync()];
  values.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
}

test('moves as numpy computes it, also by fewer rows than channels', async () => {
  await expectNoLeak(() => {
    const projection = new Projection('p', 2, 3);
    const [student, teacher] = [tf.tensor2d(STUDENT), tf.tensor2d(TEACHER)];
    projection.learn(student, teacher);
    expectMatrix(projection, AFTER_ALL);
    const [one, other] = [student.slice([0], [1]), teacher.slice([0], [1])];
    projection.learn(one, other);
    expectMatrix(projection, AFTER_ONE);
    tf.dispose([student, teacher, one, other, projection.matrix.read()]);
  });
});

test('finds a projection that there is, over batches smaller than the number of channels', () => {
  const projection = new Projection('p', 12, 20);
  const truth = tf.randomNormal<tf.Rank.R2>([12, 20], 0, 1, 'float32', 1);
  const mixing = tf.randomNormal<tf.Rank.R2>([12, 12], 0, 1, 'float32', 2);
  let error = NaN;
  for (let batch = 0; batch < 150; batch++) {
    tf.tidy(() => {
      const student: tf.Tensor2D = tf.matMul(tf.randomNormal<tf.Rank.R2>([8, 12], 0, 1, 'float32', 10 + batch), mixing);
      const teacher: tf.Tensor2D = tf.matMul(student, truth);
      const missed = tf.sub(projection.project(student), teacher);
      error = tf.div(tf.norm(missed), tf.norm(teacher)).dataSync()[0]!;
      projection.learn(student, teacher);
    });
  }
  expect(error).toBeLessThan(0.05);
});

test('stays where it is by features of zeros', () => {
  const projection = new Projection('p', 2, 3);
  projection.learn(tf.tensor2d(STUDENT), tf.tensor2d(TEACHER));
  const before = [...projection.matrix.read().dataSync()];
  projection.learn(tf.zeros([4, 2]), tf.tensor2d(TEACHER));
  expect([...projection.matrix.read().dataSync()]).toEqual(before);
});
