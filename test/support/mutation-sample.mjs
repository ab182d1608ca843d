import {createHash} from 'node:crypto';
import {relative} from 'node:path';
import {CheckStatus} from '@stryker-mutator/api/check';
import {PluginKind, commonTokens, declareClassPlugin, tokens} from '@stryker-mutator/api/plugin';

/** Leaves out all mutants but a random share of them, which the seed decides. The others are not in the score. */
class SampleChecker {
  static inject = tokens(commonTokens.options);
  #share;
  #seed;

  constructor({sample}) {
    this.#share = sample.share;
    this.#seed = sample.seed;
  }

  async init() {}

  async check(mutants) {
    return Object.fromEntries(mutants.map(mutant => [mutant.id, this.#resultOf(mutant)]));
  }

  group(mutants) {
    return [mutants.map(({id}) => id)];
  }

  #resultOf({fileName, location, mutatorName, replacement}) {
    const text = JSON.stringify([this.#seed, relative(process.cwd(), fileName), location, mutatorName, replacement]);
    const number = createHash('sha256').update(text).digest().readUInt32LE() / 2 ** 32;
    return number < this.#share
      ? {status: CheckStatus.Passed}
      : {status: CheckStatus.CompileError, reason: 'not in the sample'};
  }
}

export const strykerPlugins = [declareClassPlugin(PluginKind.Checker, 'sample', SampleChecker)];
