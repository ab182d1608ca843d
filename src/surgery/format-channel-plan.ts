import {shortList} from '../display/short-list.js';
import {count, percent, table} from '../display/table.js';
import type {ChannelPlan, PlannedGroup} from './channel-plan.js';
import {expectPlan} from './expect-plan.js';

const HEADER = ['group', 'why others are kept', 'channels', 'left', 'removed'];
const TEXT_COLUMNS = 2;
const JOINT = ' + ';

/**
 * The plan as a table for the terminal: for each group how many channels are left and what keeps the others, then what
 * is left of the whole model, and by how much the target is missed.
 *
 *     group         why others are kept  channels  left  removed
 *     conv1                                    32    16    50.0%
 *     conv2 + skip  are held by minKept 8      64     8    87.5%
 *     ...
 *     parameters: 20,490 of 61,706 left (33.2%)
 *
 * @throws TypeError if `plan` is not a plan, or damaged.
 *
 * @example
 * console.log(formatChannelPlan(await planChannelPruning(model, {sparsity: 0.5})));
 */
export function formatChannelPlan(plan: ChannelPlan): string {
  expectPlan('formatChannelPlan expects what planChannelPruning returns', plan, ['groups', 'before', 'after']);
  const {groups, before, after, shortfall} = plan;
  const totals = ['total', '', ...cells(before.channels, after.channels)];
  return [
    table(HEADER, groups.map(rowOf), {textColumns: TEXT_COLUMNS, totals}),
    left('parameters', before.parameters, after.parameters),
    multiplyAddsLine(plan),
    ...(shortfall === undefined ? [] : [`missed: ${shortfall}`]),
  ].join('\n');
}

function multiplyAddsLine({before, after, multiplyAddsLeft, inputShapes}: ChannelPlan): string {
  if (multiplyAddsLeft !== undefined)
    return `multiply-adds: ${percent(multiplyAddsLeft)} left, at any size of the inputs`;
  const where = inputShapes ? ` at ${inputShapes.map(sizes => sizes.join('x')).join(', ')}` : '';
  return left(`multiply-adds${where}`, before.multiplyAdds, after.multiplyAdds);
}

function rowOf({name, reason = '', before, after}: PlannedGroup): string[] {
  return [shortList(name.split(JOINT), JOINT), reason, ...cells(before, after)];
}

function cells(before: number, after: number): string[] {
  return [count(before), count(after), percent(1 - after / before)];
}

function left(what: string, before: number | null, after: number | null): string {
  if (before === null || after === null) return `${what}: not known`;
  const share = before === 0 ? '' : ` (${percent(after / before)})`;
  return `${what}: ${count(after)} of ${count(before)} left${share}`;
}
