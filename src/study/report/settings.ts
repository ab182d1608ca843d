import uniq from 'lodash/uniq.js';
import {labelOf, type PartId} from '../named.js';
import type {Run} from '../run.js';

/** What tells runs apart that are not the same study, as words; empty where nothing does. */
export interface Settings {
  /** Of a run: `epochs 30, backend wasm`. */
  readonly of: (run: Run) => string;
  /** The method of a run, with its version if there are several: `gradual version 2`. */
  readonly methodOf: (method: PartId) => string;
}

/**
 * A folder may hold results of several recipes, versions or backends: a mean over them would mean nothing. This names
 * what differs.
 */
export function settingsOf(runs: readonly Run[]): Settings {
  const all = runs.map(traitsOf);
  const differing = uniq(all.flatMap(traits => Object.keys(traits))).filter(
    key => uniq(all.flatMap(traits => (key in traits ? [traits[key]] : []))).length > 1,
  );
  const versions = uniq(runs.flatMap(({method}) => (method ? [versionOf(method)] : [])));
  return {
    of(run) {
      const traits = traitsOf(run);
      return differing.flatMap(key => (key in traits ? [`${key} ${traits[key]}`] : [])).join(', ');
    },
    methodOf(method) {
      const label = labelOf(method);
      const isOnly = versions.every(one => one === versionOf(method) || !one.startsWith(`${label} version `));
      return isOnly ? label : versionOf(method);
    },
  };
}

function traitsOf({data, net, train, denseClassifier, metrics, versions}: Run): Record<string, string | number> {
  return {
    [`data ${labelOf(data)} version`]: data.version,
    [`net ${labelOf(net)} version`]: net.version,
    ...train,
    tuneLearningRate: train.tuneLearningRate ?? train.learningRate,
    classifier: denseClassifier ? 'dense' : 'pruned',
    metrics: metrics.map(versionOf).join(' and '),
    ...versions,
  };
}

function versionOf(part: PartId): string {
  return `${labelOf(part)} version ${part.version}`;
}
