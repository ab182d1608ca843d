import {isList, isPlainObject, received} from '../options/expect.js';
import type {PlannedGroup} from './channel-plan.js';

type Fields = Readonly<Record<string, unknown>>;
type Part = 'remove' | 'groups' | 'before' | 'after';

/** The parts of a plan, each with a test of its value. */
const PARTS: Record<Part, (value: unknown) => boolean> = {
  remove: isPlainObject,
  groups: isList,
  before: isPlainObject,
  after: isPlainObject,
};
const COUNTS = ['initial', 'before', 'after'] as const;
const SIZES = ['channels', 'parameters', 'multiplyAdds'];

/**
 * Expects a plan, as planning returned it or as read from JSON: the needed parts are there, and no part is damaged.
 *
 * @param expected begins the messages: "Expected `previous` to be what planChannelPruning returned".
 */
export function expectPlan(expected: string, plan: unknown, needed: readonly Part[]): void {
  const fields = isPlainObject(plan) ? (plan as Fields) : {};
  const missing = needed.filter(part => !PARTS[part](fields[part]));
  if (missing.length > 0) throw new TypeError(`${expected}, with \`${missing.join('`, `')}\`, got ${received(plan)}`);
  const damage = damageIn(fields);
  if (damage !== undefined) throw new TypeError(`${expected}, but ${damage}; plan again`);
}

function damageIn(plan: Fields): string | undefined {
  const given = (Object.keys(PARTS) as Part[]).filter(part => plan[part] !== undefined);
  const wrong = given.find(part => !PARTS[part](plan[part]));
  if (wrong) return `its \`${wrong}\` is ${received(plan[wrong])}`;
  if (plan['shortfall'] !== undefined && typeof plan['shortfall'] !== 'string') {
    return `its \`shortfall\` is ${received(plan['shortfall'])}`;
  }
  const {multiplyAddsLeft, inputShapes} = plan;
  if (multiplyAddsLeft !== undefined && !(typeof multiplyAddsLeft === 'number' && multiplyAddsLeft >= 0)) {
    return `its \`multiplyAddsLeft\` is ${received(multiplyAddsLeft)}`;
  }
  if (inputShapes !== undefined && !(isList(inputShapes) && (inputShapes as unknown[]).every(isList))) {
    return `its \`inputShapes\` are ${received(inputShapes)}`;
  }
  const groups = (plan['groups'] ?? []) as readonly unknown[];
  const sizes = given.filter(part => part === 'before' || part === 'after');
  return (
    first(groups, (group, i) => damageInGroup(group, `groups[${i}]`)) ??
    first(sizes, part => damageInSizes(plan[part] as Fields, part))
  );
}

/** The first value that is found. */
function first<T>(values: readonly T[], find: (value: T, index: number) => string | undefined): string | undefined {
  for (const [i, value] of values.entries()) {
    const found = find(value, i);
    if (found !== undefined) return found;
  }
  return undefined;
}

function damageInGroup(group: unknown, where: string): string | undefined {
  if (!isPlainObject(group)) return `its \`${where}\` is ${received(group)}`;
  const {name, layers, reason, initial, before, after} = group as PlannedGroup;
  const wrong = COUNTS.find(count => !isCount((group as Fields)[count]));
  if (wrong) return `its \`${where}.${wrong}\` is ${received((group as Fields)[wrong])}`;
  if (typeof name !== 'string') return `its \`${where}.name\` is ${received(name)}`;
  if (reason !== undefined && typeof reason !== 'string') return `its \`${where}.reason\` is ${received(reason)}`;
  if (!isList(layers) || !layers.every(layer => typeof layer === 'string')) return `\`${where}.layers\` are not names`;
  if (after <= before && before <= initial) return undefined;
  return `in its \`${where}\` more channels are left than before: ${after} of ${before}, of ${initial} at first`;
}

function damageInSizes(sizes: Fields, where: string): string | undefined {
  const wrong = SIZES.find(size => !isCount(sizes[size]) && !(size === 'multiplyAdds' && sizes[size] === null));
  return wrong && `its \`${where}.${wrong}\` is ${received(sizes[wrong])}`;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
