/** Trains, answers, saves and loads, off the page's own thread. */
import './trains-when-hidden.js';
import * as tf from '@tensorflow/tfjs-core';
import {loadLayersModel, type LayersModel, type Sequential} from '@tensorflow/tfjs-layers';
import {stripPruning} from 'tfjs-pruning';
import {STRUCTURES, type Choices} from '../choices.js';
import type {NetName, Report, Request} from '../protocol.js';
import {startBackend} from './backend.js';
import {brightness, images, SIDE, someOf} from './digits.js';
import {testDigits, trainingDigits} from './fetched-digits.js';
import {figuresOf} from './figures.js';
import {Gate} from './gate.js';
import {modelFiles} from './model-files.js';
import {cutLayers, cutOut} from './surgery.js';
import {measureSpeeds, newRuns} from './speeds.js';
import {trainTwins} from './train-twins.js';
import {newTwins} from './twins.js';

const FILE_NAME = 'pruned-digits';

const started = startBackend();
const test = testDigits();
const gate = new Gate();
const nets: Partial<Record<NetName, LayersModel>> = {};
let shipped: Sequential | undefined;
let running: AbortController | undefined;

function report(message: Report): void {
  self.postMessage(message, {transfer: transferred(message)});
}

function transferred(message: Report): Transferable[] {
  if (message.type === 'kernel') return [message.picture.ink.buffer];
  return message.type === 'saved' ? [message.files.weights] : [];
}

async function train(choices: Choices): Promise<void> {
  const twins = newTwins(choices.net);
  Object.assign(nets, twins);
  const [training, all] = [await trainingDigits(), await test];
  await trainTwins({choices, twins, training, test: all, gate, report});
  const cuts = STRUCTURES[choices.structure].cuts;
  shipped = cuts ? await cutOut(twins.sparse) : stripPruning(twins.sparse);
  report({
    type: 'ended',
    dense: await figuresOf(twins.dense, all),
    sparse: await figuresOf(twins.sparse, all),
    ...(cuts && {surgery: {figures: await figuresOf(shipped, all), layers: cutLayers(twins.dense, shipped)}}),
  });
}

function read(pixels: Float32Array): void {
  const answers = Object.entries(nets).map(([name, net]) => {
    const probabilities = tf.tidy(() => (net.predict(images(pixels)) as tf.Tensor).dataSync());
    return [name, [...probabilities]];
  });
  report({type: 'answers', answers: Object.fromEntries(answers) as Partial<Record<NetName, number[]>>});
}

async function showDigit(): Promise<void> {
  const digits = await test;
  const index = Math.floor(Math.random() * digits.labels.length);
  const {pixels, labels} = someOf(digits, index, index + 1);
  report({type: 'digit', pixels: brightness(pixels), label: labels[0]!});
}

async function runPruned(isOn: boolean): Promise<void> {
  running?.abort();
  if (!isOn) return;
  if (!shipped) throw new Error('There is no model yet: train one first');
  running = new AbortController();
  const runs = await newRuns(nets.dense as Sequential, shipped);
  await measureSpeeds(runs, await test, {signal: running.signal, report});
  runs.dispose();
}

async function save(): Promise<void> {
  if (!shipped) throw new Error('There is no model yet: train one first');
  report({type: 'saved', files: await modelFiles(shipped, FILE_NAME)});
}

async function load(files: readonly File[]): Promise<void> {
  const json = files.filter(({name}) => name.endsWith('.json'));
  if (json.length !== 1) throw new Error('Choose both files of one model: its .json and its .bin');
  const others = files.filter(file => !json.includes(file));
  const model = (await loadLayersModel(tf.io.browserFiles([...json, ...others]))) as Sequential;
  const [input] = model.inputs;
  if (String(input!.shape) !== String([null, SIDE, SIDE, 1])) {
    model.dispose();
    throw new Error(
      `This page needs a model of images of ${SIDE} x ${SIDE} pixels, got one of [${String(input!.shape)}]`,
    );
  }
  nets.loaded?.dispose();
  nets.loaded = model;
  report({type: 'loaded', figures: await figuresOf(model, await test)});
}

/** What is done at each request. */
const handlers: {
  readonly [T in Request['type']]: (request: Extract<Request, {readonly type: T}>) => void | Promise<void>;
} = {
  train: ({choices}) => train(choices),
  stop: () => gate.close(),
  goOn: () => gate.open(),
  read: ({pixels}) => read(pixels),
  showDigit: () => showDigit(),
  runPruned: ({isOn}) => runPruned(isOn),
  save: () => save(),
  load: ({files}) => load(files),
};

async function answer(request: Request): Promise<void> {
  await started;
  await (handlers[request.type] as (request: Request) => void | Promise<void>)(request);
}

self.onmessage = ({data}: MessageEvent<Request>) => {
  answer(data).catch((error: unknown) => {
    report({type: 'failed', request: data.type, reason: error instanceof Error ? error.message : String(error)});
  });
};
