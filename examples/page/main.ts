/** The page: hands what is chosen and drawn to the worker, and shows what it reports. */
import type {Choices} from './choices.js';
import type {Figures, Report} from './protocol.js';
import {Trainer} from './trainer.js';
import {showAnswers} from './view/answer-bars.js';
import {ChoicesForm} from './view/choices-form.js';
import {downloadFiles} from './view/download-files.js';
import {DrawingPad} from './view/drawing-pad.js';
import {byId} from './view/element.js';
import {clearSurgery, showFigures, showSurgery} from './view/figures-table.js';
import {KernelViews} from './view/kernel-views.js';
import {percent} from './view/number-format.js';
import {SpeedView} from './view/speed-view.js';
import {Status} from './view/status.js';
import {TrainingCharts} from './view/training-charts.js';

const charts = new TrainingCharts();
const kernels = new KernelViews();
const status = new Status();
const trainer = new Trainer(hear);
const speeds = new SpeedView(isOn => trainer.ask({type: 'runPruned', isOn}));
const pad = new DrawingPad(read);
const download = byId('download', HTMLButtonElement);
const load = byId('load', HTMLInputElement);
const kept = byId('kept', HTMLElement);
let drawn: Float32Array | undefined;

new ChoicesForm(train);
showFigures();
status.onPause(isPaused => trainer.ask({type: isPaused ? 'stop' : 'goOn'}));
byId('clear', HTMLButtonElement).addEventListener('click', clear);
byId('show-digit', HTMLButtonElement).addEventListener('click', () => trainer.ask({type: 'showDigit'}));
download.addEventListener('click', () => trainer.ask({type: 'save'}));
load.addEventListener('change', () => {
  if (load.files?.length) trainer.ask({type: 'load', files: [...load.files]});
  load.value = '';
});

function train(choices: Choices): void {
  trainer.reset();
  trainer.ask({type: 'train', choices});
  status.fetching();
  kernels.begin();
  charts.begin(1, 1);
  showFigures();
  clearSurgery();
  showAnswers({});
  speeds.reset();
  kept.textContent = '';
  download.disabled = true;
}

function read(pixels: Float32Array): void {
  drawn = pixels;
  trainer.ask({type: 'read', pixels});
}

function clear(): void {
  drawn = undefined;
  pad.clear();
  showAnswers({});
}

/** What is done with each report. */
const handlers: {readonly [T in Report['type']]: (report: Extract<Report, {readonly type: T}>) => void} = {
  began(report) {
    status.began(report);
    charts.begin(report.steps, report.stepsPerEpoch);
  },
  step(report) {
    status.step(report);
    charts.addStep(report);
  },
  kernel({picture}) {
    kernels.show(picture);
  },
  checkup(report) {
    status.checkup(report);
    charts.addCheckup(report.step, report.dense, report.sparse);
    showFigures(report.dense, report.sparse);
    askAgain();
  },
  ended(report) {
    status.ended(report);
    showFigures(report.dense, report.sparse, report.surgery?.figures);
    showSurgery(report.surgery);
    speeds.allow();
    download.disabled = false;
    askAgain();
  },
  answers({answers}) {
    if (drawn) showAnswers(answers);
  },
  digit({pixels}) {
    pad.show(pixels);
    read(pixels);
  },
  speeds(report) {
    speeds.show(report.speeds);
  },
  saved({files}) {
    downloadFiles(files);
    kept.textContent = 'Two files are saved.';
  },
  loaded({figures}) {
    kept.textContent = loadedText(figures);
    askAgain();
  },
  failed({request, reason}) {
    if (request === 'train') status.failed(reason);
    else if (request === 'runPruned') speeds.failed(reason);
    else kept.textContent = reason;
  },
};

function hear(report: Report): void {
  (handlers[report.type] as (report: Report) => void)(report);
}

/** The nets have changed: what do they say now? */
function askAgain(): void {
  if (drawn) read(drawn);
}

function loadedText({accuracy, weights, weightsLeft}: Figures): string {
  const zeros = percent(1 - weightsLeft / weights);
  return `Loaded: it reads ${percent(accuracy, 2)} of the test digits; ${zeros} of its weights are zero.`;
}
