/** Training on each backend: milliseconds per step at batch 64 with Adam, and the ratio to tfjs-node. */
import {backend, pytorch, type Contender} from './support/contenders.js';
import {interleaved, median, medianRatio, report, type Figure} from './support/figures.js';
import type {Net} from './support/nets.js';

const TOLD = 'compiled';
/** The fastest contender of this package, which the targets are for. */
const FASTEST = 'compiled, FusedAdam';
const NATIVE = 'tfjs-node';
const PYTORCH = ['PyTorch, 1 thread', 'PyTorch'] as const;

/** For each net the steps timed in a row, and the target for the ratio of our fastest to tfjs-node. */
const NETS: Record<Net, {steps: number; rounds: number; target: number}> = {
  'LeNet-300-100': {steps: 100, rounds: 11, target: 0.5},
  'LeNet-5': {steps: 5, rounds: 11, target: 1.5},
  'ResNet-20-like': {steps: 1, rounds: 7, target: 2.5},
  'MobileNet-like': {steps: 1, rounds: 7, target: 2.5},
};

/** The nets of which a single step on the cpu backend takes less than a minute. */
const CPU_NETS: readonly Net[] = ['LeNet-300-100', 'LeNet-5'];

async function time(contender: Contender, net: Net, steps: number): Promise<number> {
  const answer = await contender.ask({net, steps});
  if ('error' in answer) throw new Error(answer.error);
  return answer.milliseconds;
}

async function able(contenders: readonly Contender[], net: Net): Promise<Contender[]> {
  const list: Contender[] = [];
  for (const contender of contenders) {
    const answer = await contender.ask({net, steps: 1});
    if ('error' in answer) console.log(`${net}, ${contender.name}: ${answer.error}`);
    else list.push(contender);
  }
  return list;
}

function ratios(net: Net, times: Record<string, number[]>): Figure[] {
  const pairs = [FASTEST, TOLD].flatMap(ours => [NATIVE, ...PYTORCH].map(theirs => [ours, theirs] as const));
  return pairs.flatMap(([ours, theirs]) => {
    const [a, b] = [times[ours], times[theirs]];
    if (!a || !b) return [];
    const figure = {what: `${net}, ${ours} / ${theirs}`, value: medianRatio(a, b), unit: 'x'};
    return [ours === FASTEST && theirs === NATIVE ? {...figure, target: NETS[net].target} : figure];
  });
}

async function compare(contenders: readonly Contender[], net: Net): Promise<Figure[]> {
  const {steps, rounds} = NETS[net];
  const list = await able(contenders, net);
  const runs = Object.fromEntries(list.map(contender => [contender.name, () => time(contender, net, steps)]));
  const times = await interleaved(runs, {rounds, warmUp: 3});
  const figures = list.map(({name}) => ({what: `${net}, ${name}`, value: median(times[name]!), unit: 'ms/step'}));
  return [...figures, ...ratios(net, times)];
}

/** One step on the cpu backend, after a warm-up step if that takes about a second. */
async function cpuStep(cpu: Contender, net: Net): Promise<Figure> {
  if (net === 'LeNet-300-100') await time(cpu, net, 5);
  return {what: `${net}, cpu (one step)`, value: await time(cpu, net, 1), unit: 'ms/step'};
}

/** Runs the comparison, each contender in its own process. */
export async function main(): Promise<void> {
  const cpu = backend('cpu');
  const contenders = [
    ...['stock wasm', 'composed', TOLD, FASTEST, NATIVE].map(backend),
    ...PYTORCH.map((name, i) => pytorch(name, i === 0 ? 1 : 0)),
  ];
  const figures: Figure[] = [];
  for (const net of Object.keys(NETS) as Net[]) {
    if (CPU_NETS.includes(net)) figures.push(await cpuStep(cpu, net));
    figures.push(...(await compare(contenders, net)));
  }
  for (const contender of [cpu, ...contenders]) contender.stop();
  report('wasm', figures);
}
