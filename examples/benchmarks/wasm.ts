/** Training on each backend: milliseconds a step at batch 64 with Adam, and how they compare to tfjs-node. */
import {fork, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {interleaved, median, medianRatio, report, type Figure} from './support/figures.js';
import type {Net} from './support/nets.js';
import type {Answer} from './support/train-steps.js';

const OURS = ['compiled', 'compiled, FusedAdam'];
const CONTENDERS = ['cpu', 'stock wasm', 'composed', ...OURS, 'tfjs-node'];

/** For each net the steps timed at a go, and what the ratio of ours to tfjs-node is held to. */
const NETS: Record<Net, {steps: number; target: number}> = {
  'LeNet-300-100': {steps: 20, target: 0.5},
  'LeNet-5': {steps: 3, target: 1.5},
  'ResNet-20-like': {steps: 1, target: 2.5},
  'MobileNet-like': {steps: 1, target: 2.5},
};

const startProcess = (contender: string) =>
  fork(new URL('./support/train-steps.ts', import.meta.url), [contender], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });

async function ask(process: ChildProcess, net: Net, steps: number): Promise<Answer> {
  process.send({net, steps});
  const [answer] = (await once(process, 'message')) as [Answer];
  return answer;
}

async function time(process: ChildProcess, net: Net, steps: number): Promise<number> {
  const answer = await ask(process, net, steps);
  if ('error' in answer) throw new Error(answer.error);
  return answer.milliseconds;
}

/** Those that can train the net; a step of cpu on convolutions takes up to a minute, so it is not even tried. */
async function able(processes: Map<string, ChildProcess>, net: Net): Promise<[string, ChildProcess][]> {
  const list: [string, ChildProcess][] = [];
  for (const [name, process] of processes) {
    if (name === 'cpu' && net !== 'LeNet-300-100') continue;
    const answer = await ask(process, net, 1);
    if ('error' in answer) console.log(`${net}, ${name}: ${answer.error}`);
    else list.push([name, process]);
  }
  return list;
}

async function compare(processes: Map<string, ChildProcess>, net: Net): Promise<Figure[]> {
  const {steps, target} = NETS[net];
  const list = await able(processes, net);
  const contenders = Object.fromEntries(list.map(([name, process]) => [name, () => time(process, net, steps)]));
  const times = await interleaved(contenders, {rounds: 11, warmUp: 2});
  const figures = list.map(([name]) => ({what: `${net}, ${name}`, value: median(times[name]!), unit: 'ms/step'}));
  const native = times['tfjs-node'];
  if (!native) return figures;
  const ratios = OURS.map(name => {
    return {what: `${net}, ${name} / tfjs-node`, value: medianRatio(times[name]!, native), unit: 'x', target};
  });
  return [...figures, ...ratios];
}

/** Runs the comparison, each backend in a process of its own. */
export async function main(): Promise<void> {
  const processes = new Map(CONTENDERS.map(name => [name, startProcess(name)]));
  const figures: Figure[] = [];
  for (const net of Object.keys(NETS) as Net[]) figures.push(...(await compare(processes, net)));
  for (const process of processes.values()) process.kill();
  report('wasm', figures);
}
