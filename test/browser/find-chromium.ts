import {execFileSync} from 'node:child_process';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const NOT_POSSIBLE = 3;

/** Before all tests: puts the Chromium to use into CHROME_PATH; where there is none, says so and exits with 3. */
export default function findChromium(): void {
  const given = process.env['CHROME_PATH'];
  const failures: string[] = [];
  for (const name of given ? [given] : NAMES) {
    try {
      execFileSync(name, ['--version'], {stdio: 'pipe', timeout: 30_000});
      process.env['CHROME_PATH'] = name;
      return;
    } catch (error) {
      failures.push((error as Error).message.trim());
    }
  }
  console.error(`no Chromium that runs (${failures.join('; ')}); install one, or name it in CHROME_PATH`);
  process.exit(NOT_POSSIBLE);
}
